/**
 * Statements by session, as Vitess sees them: autocommit on any connection, or on the one connection that holds the
 * session's transaction or state. A transaction that is gone answers Aborted; it never goes on as autocommit.
 */
import { randomInt } from "node:crypto";
import { abortedError, ER_LOCK_DEADLOCK, errorNumber, isConnectionLost, statementError } from "./errors.ts";
import type { ConnectionPool, Lease } from "./pool.ts";
import type { WireError } from "./protocol.ts";
import type { Binding, Session } from "./session.ts";
import { changesSessionState, isRollback, runStatement, type StatementResult } from "./statement.ts";

/** What a statement came to, and the session to go on with. */
export interface Execution {
  readonly session: Session;
  readonly outcome: { readonly result: StatementResult } | { readonly error: WireError };
}

export interface SessionLimits {
  readonly transactionMs: number;
  /** How long a connection is kept for session state that nobody uses. */
  readonly idleMs: number;
}

interface Held {
  readonly id: string;
  readonly lease: Lease;
  inTransaction: boolean;
  stateful: boolean;
  busy: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Resolves when the connection has been taken away, for a statement that would wait for its answer forever. */
  readonly ended: PromiseWithResolvers<"ended">;
}

const ROLLED_BACK = "rolled back by the database";

const REMEMBERED_ENDS = 1000;

export class Sessions {
  readonly #pool: ConnectionPool;
  readonly #limits: SessionLimits;
  readonly #held = new Map<string, Held>();
  /** Why connections that sessions may still ask for are gone, by id. */
  readonly #ends = new Map<string, string>();

  constructor(pool: ConnectionPool, limits: SessionLimits) {
    this.#pool = pool;
    this.#limits = limits;
  }

  /** Runs `sql` for `session`. Database errors are part of the outcome; nothing is thrown for them. */
  async execute(database: string, session: Session, sql: string): Promise<Execution> {
    const { binding } = session;
    if (binding.kind === "none") return this.#executeFree(database, session, sql);
    const held = this.#held.get(session.uuid);
    if (held?.id !== binding.id) return this.#answerLost(database, session, binding, sql);
    if (held.busy) return failed(session, abortedError(database, `session ${session.uuid} already in use`));
    return this.#executeHeld(held, session, sql);
  }

  /** Ends the session's transaction from outside, as a deadlock would. A session without one is left alone. */
  endTransaction(session: Session): void {
    const held = this.#held.get(session.uuid);
    if (held && session.binding.kind === "transaction" && session.binding.id === held.id) {
      this.#end(session.uuid, held, ROLLED_BACK);
    }
  }

  /** Stops all timers. The connections belong to the pool. */
  close(): void {
    for (const held of this.#held.values()) clearTimeout(held.timer);
    this.#held.clear();
  }

  async #executeFree(database: string, session: Session, sql: string): Promise<Execution> {
    let lease: Lease | undefined;
    try {
      lease = await this.#pool.acquire(database);
      const result = await runStatement(lease.connection, sql);
      const inTransaction = result.kind === "done" && result.inTransaction;
      const stateful = changesSessionState(sql);
      if (inTransaction || stateful) return succeeded(this.#hold(session, lease, inTransaction, stateful), result);
      this.#pool.release(lease);
      return succeeded(session, result);
    } catch (error) {
      if (lease) this.#giveBack(lease, error);
      return failed(session, statementError(database, error));
    }
  }

  #giveBack(lease: Lease, error: unknown): void {
    if (isConnectionLost(error)) this.#pool.discard(lease);
    else this.#pool.release(lease);
  }

  async #executeHeld(held: Held, session: Session, sql: string): Promise<Execution> {
    const { database } = held.lease;
    held.busy = true;
    try {
      const result = await Promise.race([runStatement(held.lease.connection, sql), held.ended.promise]);
      if (result === "ended") return this.#answerLost(database, session, session.binding, sql);
      if (this.#ends.has(held.id)) return this.#answerLate(database, session, sql, result);
      return succeeded(this.#afterStatement(held, session, sql, result), result);
    } catch (error) {
      const end = this.#ends.get(held.id);
      if (end !== undefined) return failed(session, abortedError(database, end));
      if (endsTransaction(error)) this.#end(session.uuid, held, ROLLED_BACK);
      return failed(session, statementError(database, error));
    } finally {
      held.busy = false;
    }
  }

  #afterStatement(held: Held, session: Session, sql: string, result: StatementResult): Session {
    const inTransaction = result.kind === "done" ? result.inTransaction : held.inTransaction;
    const stateful = held.stateful || changesSessionState(sql);
    if (!inTransaction && !stateful) {
      clearTimeout(held.timer);
      this.#held.delete(session.uuid);
      this.#pool.release(held.lease);
      return { uuid: session.uuid, binding: { kind: "none" } };
    }
    if (inTransaction !== held.inTransaction || !inTransaction) this.#arm(session.uuid, held, inTransaction);
    held.inTransaction = inTransaction;
    held.stateful = stateful;
    return bound(session.uuid, held);
  }

  #hold(session: Session, lease: Lease, inTransaction: boolean, stateful: boolean): Session {
    const id = String(randomInt(2 ** 47));
    const ended = Promise.withResolvers<"ended">();
    const held: Held = { id, lease, inTransaction, stateful, busy: false, timer: undefined, ended };
    // A stale token of the same session may have begun before: that transaction can't be reached any more.
    const before = this.#held.get(session.uuid);
    if (before) this.#end(session.uuid, before, "its session began another one");
    this.#held.set(session.uuid, held);
    this.#arm(session.uuid, held, inTransaction);
    return bound(session.uuid, held);
  }

  #arm(uuid: string, held: Held, inTransaction: boolean): void {
    clearTimeout(held.timer);
    const ms = inTransaction ? this.#limits.transactionMs : this.#limits.idleMs;
    held.timer = setTimeout(() => this.#end(uuid, held, `exceeded timeout: ${ms / 1000}s`), ms);
    held.timer.unref();
  }

  #end(uuid: string, held: Held, reason: string): void {
    clearTimeout(held.timer);
    if (this.#held.get(uuid) === held) this.#held.delete(uuid);
    this.#remember(held.id, `transaction ${held.id}: ended at ${new Date().toISOString()} (${reason})`);
    void this.#pool.kill(held.lease).then(() => held.ended.resolve("ended"));
  }

  #remember(id: string, end: string): void {
    this.#ends.set(id, end);
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > REMEMBERED_ENDS && oldest !== undefined) this.#ends.delete(oldest);
  }

  /** A COMMIT that came through before its transaction could be ended counts; nothing else does. */
  #answerLate(database: string, session: Session, sql: string, result: StatementResult): Execution {
    if (result.kind === "done" && !result.inTransaction) {
      return succeeded({ uuid: session.uuid, binding: { kind: "none" } }, result);
    }
    return this.#answerLost(database, session, session.binding, sql);
  }

  #answerLost(database: string, session: Session, binding: Binding, sql: string): Execution {
    if (isRollback(sql)) {
      const result = { kind: "done", rowsAffected: "0", insertId: "0", inTransaction: false } as const;
      return succeeded({ uuid: session.uuid, binding: { kind: "none" } }, result);
    }
    const id = binding.kind === "none" ? "" : binding.id;
    return failed(session, abortedError(database, this.#ends.get(id) ?? `transaction ${id}: not found`));
  }
}

/** A deadlock's victim has been rolled back as a whole; without its connection a transaction is gone too. */
function endsTransaction(error: unknown): boolean {
  return isConnectionLost(error) || errorNumber(error) === ER_LOCK_DEADLOCK;
}

function bound(uuid: string, held: Held): Session {
  return { uuid, binding: { kind: held.inTransaction ? "transaction" : "reserved", id: held.id } };
}

function succeeded(session: Session, result: StatementResult): Execution {
  return { session, outcome: { result } };
}

function failed(session: Session, error: WireError): Execution {
  return { session, outcome: { error } };
}
