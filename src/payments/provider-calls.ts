/** Calls to providers on record: gathered while a request or a job's row is worked on, and written behind it. */
import { insertOnce } from "../../db/run.ts";
import { type CallOutcome, providerCalls } from "../../db/schema/history.ts";
import { memberOf, type ProviderCall, type RecordCall } from "../providers/record.ts";
import { redact } from "../telemetry/redact.ts";
import { asKey } from "./anomalies.ts";
import type { PaymentContext } from "./context.ts";
import { newId } from "./ids.ts";

/** More than one request or row ever makes. */
const MOST_CALLS = 200;

/** What has been gathered and not been written yet. Holds redacted rows only. */
export class CallLog {
  readonly #watch: RecordCall | undefined;
  #rows: Row[] = [];

  /** @param watch is shown each call as well, and must not throw */
  constructor(watch?: RecordCall) {
    this.#watch = watch;
  }

  /** Takes a call. Never throws: whoever sends must not fail because of who watches. */
  readonly record: RecordCall = (call) => {
    this.#watch?.(call);
    if (this.#rows.length < MOST_CALLS) this.#rows.push(rowOf(call));
  };

  get isEmpty(): boolean {
    return this.#rows.length === 0;
  }

  /** Gives what has been gathered, once. */
  take(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }
}

type Row = Omit<typeof providerCalls.$inferInsert, "id" | "requestId">;

/**
 * Writes down what has been gathered, in one statement; does nothing when nothing has. What can't be written is lost, and
 * the log says how much: no fact of the books hangs on it.
 */
export async function writeProviderCalls(ctx: PaymentContext): Promise<void> {
  const rows = ctx.calls?.take() ?? [];
  if (rows.length === 0) return;
  const { requestId } = ctx;
  const named = rows.map((row) => ({ ...row, id: newId(row.sentAt.getTime()), requestId: asKey(requestId, 64) }));
  try {
    await insertOnce(() => ctx.db.insert(providerCalls).values(named));
  } catch (error) {
    ctx.log.error("provider_calls.lost", error, { calls: rows.length });
  }
}

/** Numbers without a known trade stand in its place, so that they are found by the same index. */
function rowOf(call: ProviderCall): Row {
  const { provider, operation, number, outTradeNo, status, code } = call;
  return {
    ...{ provider, operation: asKey(operation, 32), number: asKey(number, 64) },
    outTradeNo: asKey(outTradeNo ?? number, 64),
    status: status ?? null,
    outcome: outcomeOf(call),
    code: code === undefined ? null : asKey(code, 64),
    request: redact(provider, call.request),
    response: call.response === undefined ? null : redact(provider, call.response),
    sentAt: new Date(call.sentAt),
    durationMs: Math.max(0, call.durationMs),
  };
}

function outcomeOf({ status, code, response }: ProviderCall): CallOutcome {
  if (memberOf(response, "unknown") !== undefined) return status === undefined ? "silent" : "unclear";
  return code !== undefined || (status ?? 200) >= 400 ? "error" : "ok";
}
