/** MySQL connections of all databases behind one gateway: few, reused, and in line for when there are none left. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, type ConnectionOptions, createConnection } from "mysql2/promise";
import { SQL_MODE } from "./sql-mode.ts";

const SESSION_DEFAULTS = `set session time_zone = '+00:00', session sql_mode = '${SQL_MODE}'`;

/** How long a killed connection may take to notice. */
const KILL_WAIT_MS = 1000;

/** A connection in use by one statement or session. */
export interface Lease {
  readonly database: string;
  readonly connection: Connection;
}

export interface ConnectionCounts {
  readonly open: number;
  readonly peak: number;
}

export class ConnectionPool {
  readonly #mysqlUrl: string;
  readonly #limit: number;
  readonly #idle: Lease[] = [];
  readonly #leased = new Set<Lease>();
  readonly #waiting: (() => void)[] = [];
  readonly #counts = new Map<string, ConnectionCounts>();
  #open = 0;
  #closed = false;

  /** `mysqlUrl` is `mysql://user:password@host:port`; `limit` bounds the connections of all databases together. */
  constructor(mysqlUrl: string, limit: number) {
    this.#mysqlUrl = mysqlUrl;
    this.#limit = limit;
  }

  /** A clean connection to `database`; waits its turn when all are in use. Throws mysql2's error when it can't be had. */
  async acquire(database: string): Promise<Lease> {
    for (;;) {
      const lease = this.#takeIdle(database) ?? (await this.#openIfAllowed(database));
      if (lease) {
        this.#leased.add(lease);
        return lease;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Gives back a connection that carries no transaction and no session state. */
  release(lease: Lease): void {
    if (!this.#leased.delete(lease)) return;
    this.#idle.push(lease);
    this.#waiting.shift()?.();
  }

  /** Closes a connection that nobody should use again. */
  discard(lease: Lease): void {
    if (!this.#leased.delete(lease)) return;
    lease.connection.destroy();
    this.#forget(lease.database);
  }

  /**
   * Ends a connection at the server too, so that its locks are freed even while it waits inside a statement. That
   * statement learns its outcome before this resolves.
   */
  async kill(lease: Lease): Promise<void> {
    const gone = Promise.race([once(lease.connection, "end"), once(lease.connection, "error")]);
    gone.catch(() => {});
    try {
      const control = await createConnection(this.#options());
      await control.query(`kill ${lease.connection.threadId}`).finally(() => control.destroy());
      await Promise.race([gone, sleep(KILL_WAIT_MS, undefined, { ref: false })]);
    } catch {
      // Closing the connection has to do, then: the server notices as soon as it looks.
    } finally {
      this.discard(lease);
    }
  }

  /** How many connections `database` has now, and has had at most. */
  counts(database: string): ConnectionCounts {
    return this.#counts.get(database) ?? { open: 0, peak: 0 };
  }

  /** Forgets the peak of `database`. */
  resetPeak(database: string): void {
    const { open } = this.counts(database);
    this.#counts.set(database, { open, peak: open });
  }

  /** Closes all connections, idle or not. */
  close(): void {
    this.#closed = true;
    for (const lease of [...this.#idle, ...this.#leased]) lease.connection.destroy();
    this.#idle.length = 0;
    this.#leased.clear();
  }

  #takeIdle(database: string): Lease | undefined {
    const index = this.#idle.findLastIndex((lease) => lease.database === database);
    return index < 0 ? undefined : this.#idle.splice(index, 1)[0];
  }

  async #openIfAllowed(database: string): Promise<Lease | undefined> {
    if (this.#open >= this.#limit && !this.#evict()) return undefined;
    this.#count(database, 1);
    try {
      const connection = await this.#connect(database);
      const lease = { database, connection };
      connection.on("error", () => this.#dropIdle(lease));
      connection.on("end", () => this.#dropIdle(lease));
      return lease;
    } catch (error) {
      this.#forget(database);
      throw error;
    }
  }

  async #connect(database: string): Promise<Connection> {
    const connection = await createConnection({ ...this.#options(), database });
    try {
      if (this.#closed) throw new Error("the gateway is closed");
      await connection.query(SESSION_DEFAULTS);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Makes room by closing the connection, of whatever database, that has been idle longest. */
  #evict(): boolean {
    const oldest = this.#idle[0];
    if (oldest) this.#dropIdle(oldest);
    return oldest !== undefined;
  }

  #dropIdle(lease: Lease): void {
    const index = this.#idle.indexOf(lease);
    if (index < 0) return;
    this.#idle.splice(index, 1);
    lease.connection.destroy();
    this.#forget(lease.database);
  }

  #forget(database: string): void {
    this.#count(database, -1);
    this.#waiting.shift()?.();
  }

  #count(database: string, change: 1 | -1): void {
    const { open, peak } = this.counts(database);
    this.#open += change;
    this.#counts.set(database, { open: open + change, peak: Math.max(peak, open + change) });
  }

  #options(): ConnectionOptions {
    return {
      uri: this.#mysqlUrl,
      charset: "utf8mb4",
      supportBigNumbers: true,
      bigNumberStrings: true,
      // FOUND_ROWS, on by default, makes updates count matched rows, as PlanetScale's sessions do.
      flags: ["-IGNORE_SPACE", "-LOCAL_FILES"],
    };
  }
}
