/** Signed session tokens: which MySQL connection, if any, a client's next statement belongs to. */
import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { WireSession } from "./protocol.ts";

/** What a session is bound to: nothing, or one connection inside a transaction or with state of its own. */
export type Binding =
  | { readonly kind: "none" }
  | { readonly kind: "transaction"; readonly id: string }
  | { readonly kind: "reserved"; readonly id: string };

export interface Session {
  readonly uuid: string;
  readonly binding: Binding;
}

/** A session nobody has used before: autocommit, any connection. */
export function newSession(): Session {
  return { uuid: randomUUID(), binding: { kind: "none" } };
}

/** Turns sessions into what clients carry and back. Tokens of another gateway, or changed ones, are refused. */
export class SessionSigner {
  readonly #key = randomBytes(32);

  /** The token for `session`, valid for `database` only. */
  seal(database: string, session: Session): WireSession {
    const { binding } = session;
    const target = { keyspace: database, shard: "-", tabletType: "PRIMARY" };
    const bound = binding.kind === "transaction" ? { transactionId: binding.id } : { reservedId: idOf(binding) };
    return {
      signature: this.#sign(database, session).toString("base64"),
      vitessSession: {
        autocommit: true,
        inTransaction: binding.kind === "transaction",
        shardSessions: binding.kind === "none" ? [] : [{ target, ...bound }],
        options: { includedFields: "ALL", clientFoundRows: true },
        rowCount: "-1",
        DDLStrategy: "direct",
        SessionUUID: session.uuid,
        enableSystemSettings: true,
      },
    };
  }

  /** The session that a token stands for; undefined when its signature doesn't fit. */
  open(database: string, wire: WireSession): Session | undefined {
    const [shard] = wire.vitessSession.shardSessions;
    const session: Session = { uuid: wire.vitessSession.SessionUUID, binding: bindingOf(shard) };
    if (wire.vitessSession.inTransaction !== (session.binding.kind === "transaction")) return undefined;
    const given = Buffer.from(wire.signature, "base64");
    const expected = this.#sign(database, session);
    return given.length === expected.length && timingSafeEqual(given, expected) ? session : undefined;
  }

  #sign(database: string, { uuid, binding }: Session): Buffer {
    const text = JSON.stringify([database, uuid, binding.kind, idOf(binding)]);
    return createHmac("sha256", this.#key).update(text).digest();
  }
}

function idOf(binding: Binding): string {
  return binding.kind === "none" ? "" : binding.id;
}

function bindingOf(shard: WireSession["vitessSession"]["shardSessions"][number] | undefined): Binding {
  if (shard?.transactionId !== undefined) return { kind: "transaction", id: shard.transactionId };
  if (shard?.reservedId !== undefined) return { kind: "reserved", id: shard.reservedId };
  return { kind: "none" };
}
