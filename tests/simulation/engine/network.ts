/** The way between the shop, its database and the providers, with everything that goes wrong on it. */
import type { Call, Incoming } from "./call.ts";
import { type Fate, type FaultRates, fateOf } from "./faults.ts";
import { contention, type Mysql } from "./mysql.ts";
import { runOutside } from "./party.ts";
import type { Providers } from "./providers.ts";
import type { Random } from "./random.ts";
import type { Carrier, Scheduler } from "./scheduler.ts";

/** The fault of a call that took effect after nobody waited for it any more. */
const ARRIVES_LATE = "arrives late";

/** A repeat of something that took effect unheard is often refused: that proves nothing. */
const ECHO_RATE = 0.4;
/** The requests that orders, payments and refunds begin with. */
const MOVES_MONEY = /^POST \S*(refunds|trade\.(refund|pay|create|precreate)|\/(jsapi|native|app|h5))$/;
const UNVERIFIABLE: readonly string[] = ["bad_signature", "unsigned", "stale_timestamp", "unknown_serial"];

export class Network implements Carrier {
  rates: FaultRates;
  /** What requests to pay or refund said that reached a provider after nobody waited for them any more. */
  readonly lateRequests: string[] = [];
  /** Calls that were carried out, by target. */
  readonly carried = { database: 0, provider: 0 };
  readonly #scheduler: Scheduler;
  readonly #mysql: Mysql;
  readonly #providers: Providers;
  readonly #random: Random;
  /** Called after the processes of an isolate have died. */
  readonly #onIsolateDeath: (isolate: string) => void;
  /** Requests that took effect without their sender's knowledge. */
  readonly #unheard = new Set<string>();
  readonly #carriedOut = new WeakSet<Call>();

  constructor(
    parts: { readonly scheduler: Scheduler; readonly mysql: Mysql; readonly providers: Providers },
    rates: FaultRates,
    random: Random,
    onIsolateDeath: (isolate: string) => void,
  ) {
    this.rates = rates;
    this.#scheduler = parts.scheduler;
    this.#mysql = parts.mysql;
    this.#providers = parts.providers;
    this.#random = random;
    this.#onIsolateDeath = onIsolateDeath;
  }

  async carry(call: Call): Promise<void> {
    const fate = this.#fateOf(call);
    const { timeline } = this.#scheduler;
    if (fate.kind === "carried") {
      const incoming = await this.#carryOut(call);
      timeline.note(call.task.name, `${call.label}  → ${summary(call, incoming)}`);
      return call.answer(incoming);
    }
    timeline.fault(call.task.name, nameOf(call, fate), call.label);
    await this.#strike(call, fate);
  }

  async carryLate(call: Call): Promise<void> {
    if (MOVES_MONEY.test(call.label)) this.lateRequests.push(contentOf(call));
    this.#scheduler.timeline.fault(call.task.name, ARRIVES_LATE, call.label);
    await this.#carryOut(call);
  }

  mayArriveLate(call: Call): boolean {
    return !this.#carriedOut.has(call) && this.#random.chance(this.rates.late);
  }

  #fateOf(call: Call): Fate {
    const { target } = call.request;
    const fate = fateOf(target, this.rates, this.#random);
    if (target !== "provider") return fate;
    const content = contentOf(call);
    const echoes = this.#unheard.has(content) && this.rates.provider > 0 && this.#random.chance(ECHO_RATE);
    if (tookEffectUnheard(fate) && MOVES_MONEY.test(call.label)) this.#unheard.add(content);
    return echoes ? { kind: "misbehaviour", fault: { kind: "refuse" } } : fate;
  }

  async #strike(call: Call, fate: Exclude<Fate, { kind: "carried" }>): Promise<void> {
    if ("effect" in fate && fate.effect) await this.#carryOut(call);
    switch (fate.kind) {
      case "lost":
        return call.fail();
      case "hangs":
        return this.#scheduler.hang(call);
      case "status":
        return call.answer({ status: fate.status, headers: { "content-type": "text/plain" }, body: "no upstream" });
      case "contention":
        return call.answer(contention(fate.errno));
      case "misbehaviour":
        this.#providers.misbehave(fate.fault);
        return call.answer(await this.#carryOut(call));
      case "death":
        if (fate.of === "task") return this.#scheduler.kill(call.task);
        this.#scheduler.killIsolate(call.task.isolate);
        return this.#onIsolateDeath(call.task.isolate);
    }
  }

  async #carryOut(call: Call): Promise<Incoming> {
    const { target, body } = call.request;
    this.#carriedOut.add(call);
    this.carried[target] += 1;
    if (target === "database") return await runOutside(() => this.#mysql.execute(body));
    const incoming = await this.#providers.serve(call.request);
    this.#providers.settle();
    return incoming;
  }
}

/** What stays the same when a request is sent again. */
function contentOf({ request: { method, url, body } }: Call): string {
  return `${method} ${url.pathname} ${new URLSearchParams(body).get("biz_content") ?? body}`;
}

/** Answers that can't be verified were made by a provider that has done what it was asked. */
function tookEffectUnheard(fate: Fate): boolean {
  if (fate.kind === "misbehaviour") return fate.fault.effect === true || UNVERIFIABLE.includes(fate.fault.kind);
  return fate.kind !== "carried" && fate.kind !== "contention" && fate.effect;
}

function nameOf(call: Call, fate: Exclude<Fate, { kind: "carried" }>): string {
  const { target } = call.request;
  switch (fate.kind) {
    case "lost":
    case "hangs":
      return `${target} ${fate.kind} ${fate.effect ? "after" : "before"} its effect`;
    case "status":
      return `${target} answers ${fate.status} ${fate.effect ? "after" : "before"} its effect`;
    case "contention":
      return `errno ${fate.errno}`;
    case "misbehaviour":
      return `${fate.fault.kind}${fate.fault.effect ? " with effect" : ""}`;
    case "death":
      return `${fate.of} dies ${fate.effect ? "after" : "before"} the call's effect`;
  }
}

/** What the answer was, without anything that keys or signatures are part of. */
function summary(call: Call, { status, body }: Incoming): string {
  if (call.request.target === "provider") return String(status);
  if (typeof body !== "string") return String(status);
  const errno = /\(errno (\d+)\)/.exec(body)?.[1];
  if (errno !== undefined) return `errno ${errno}`;
  const affected = /"rowsAffected":"(\d+)"/.exec(body)?.[1];
  if (affected !== undefined) return `${affected} rows`;
  const rows = body.match(/"lengths":/g)?.length;
  return `${rows ?? 0} rows`;
}
