/** PlanetScale's two calls, Execute and CreateSession, for one database, with its faults and counts around them. */
import { setTimeout as sleep } from "node:timers/promises";
import { encodeResult } from "./encode.ts";
import { injectedDeadlock } from "./errors.ts";
import { type Failure, type Fate, Faults } from "./faults.ts";
import { type Answer, failure } from "./http.ts";
import { Pauses } from "./pauses.ts";
import { executeRequest, type WireSession } from "./protocol.ts";
import { newSession, type Session, type SessionSigner } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { Stats } from "./stats.ts";

export class GatewayDatabase {
  readonly faults = new Faults();
  readonly pauses = new Pauses();
  readonly stats = new Stats();
  readonly #name: string;
  readonly #sessions: Sessions;
  readonly #signer: SessionSigner;

  constructor(name: string, sessions: Sessions, signer: SessionSigner) {
    this.#name = name;
    this.#sessions = sessions;
    this.#signer = signer;
  }

  /** `POST /psdb.v1alpha1.Database/Execute`. */
  async execute(body: unknown, requestId: string | undefined): Promise<Answer> {
    const parsed = executeRequest.safeParse(body);
    if (!parsed.success) return failure(400, "invalid_argument", "query must be a string, session an object or null");
    const { query, session: wire } = parsed.data;
    const session = wire ? this.#signer.open(this.#name, wire) : newSession();
    if (!session) return failure(400, "invalid_argument", "session signature does not fit");
    this.stats.count(query, requestId);
    return this.#throughFaults(this.faults.fateOf(query), session, query);
  }

  /** `POST /psdb.v1alpha1.Database/CreateSession`. */
  createSession(): Answer {
    const session = this.#signer.seal(this.#name, newSession());
    return { status: 200, body: { branch: "main", user: { username: this.#name, psid: this.#name }, session } };
  }

  async #throughFaults(fate: Fate, session: Session, sql: string): Promise<Answer> {
    if (fate.latencyMs > 0) await sleep(fate.latencyMs);
    if (fate.before.pause !== undefined) await this.pauses.hold(fate.before.pause);
    if (fate.before.failure) return this.#fail(fate.before.failure, session);
    const answer = await this.#run(session, sql);
    if (fate.after.pause !== undefined) await this.pauses.hold(fate.after.pause);
    return fate.after.failure ? this.#fail(fate.after.failure, session) : answer;
  }

  #fail(how: Failure, session: Session): Answer {
    if (how === "drop") return "drop";
    if (how === "503") return { status: 503, body: "no healthy upstream" };
    this.#sessions.endTransaction(session);
    return { status: 200, body: { session: this.#seal(session), error: injectedDeadlock(this.#name) } };
  }

  async #run(session: Session, sql: string): Promise<Answer> {
    const startedAt = performance.now();
    const { session: next, outcome } = await this.#sessions.execute(this.#name, session, sql);
    const timing = (performance.now() - startedAt) / 1000;
    const rest = "error" in outcome ? outcome : { result: encodeResult(outcome.result) };
    return { status: 200, body: { session: this.#seal(next), ...rest, timing } };
  }

  #seal(session: Session): WireSession {
    return this.#signer.seal(this.#name, session);
  }
}
