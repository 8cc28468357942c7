/** Counts of round trips, for tests that hold the service to its budget. */

const REMEMBERED_STATEMENTS = 200;
const HEAD_LENGTH = 120;

export class Stats {
  #roundTrips = 0;
  #byRequest = new Map<string, number>();
  #statements: string[] = [];

  /** Counts one statement; `requestId` is the X-Request-Id it came with. */
  count(sql: string, requestId: string | undefined): void {
    this.#roundTrips += 1;
    if (requestId !== undefined) this.#byRequest.set(requestId, (this.#byRequest.get(requestId) ?? 0) + 1);
    this.#statements.push(sql.slice(0, HEAD_LENGTH));
    if (this.#statements.length > REMEMBERED_STATEMENTS) this.#statements.shift();
  }

  reset(): void {
    this.#roundTrips = 0;
    this.#byRequest = new Map();
    this.#statements = [];
  }

  /** The counts since the last reset, and the beginnings of the newest statements, oldest first. */
  snapshot() {
    return {
      roundTrips: this.#roundTrips,
      byRequest: Object.fromEntries(this.#byRequest),
      statements: [...this.#statements],
    };
  }
}
