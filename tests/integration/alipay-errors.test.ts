/** Every error of Alipay's, over HTTP, for every call: what it means the first time and what it can't mean later. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alipay, Outcome } from "../../src/providers/alipay/alipay.ts";
import { CODES, type CodeRow, GATEWAY_CODES } from "../../src/providers/alipay/code-rows.ts";
import { startAfresh } from "./support/afresh.ts";
import { CALLS, openAlipay } from "./support/alipay-application.ts";
import { meaningFor, meantFor, type Operation, ROWS } from "./support/alipay-errors.ts";
import { misbehave, sandbox } from "./support/controls.ts";

const ALL = Object.keys(CALLS) as Operation[];
/** Calls that are sent once, whatever happens: money could move twice, or a bar code be scanned again. */
const ONCE = ["capture", "transfer", "freeze", "unfreeze"] as const;
/** All others that change something, and how faults tell them apart. */
const REPEATED = {
  precreate: { operation: "create", outTradeNo: "err-precreate" },
  create: { operation: "create", outTradeNo: "err-create" },
  pay: { operation: "create", outTradeNo: "err-pay" },
  refund: { operation: "refund" },
  cancel: { operation: "cancel" },
  auth_cancel: { operation: "auth_cancel" },
} as const;
/** As often as all calls are sent that hear of trouble only. */
const ALL_SENDS = 3 * (ALL.length - ONCE.length) + ONCE.length;

let alipay: Alipay;
// Certificate mode, since transfers want it.
beforeAll(async () => {
  await startAfresh();
  alipay = await openAlipay({ mode: "certificate" });
});
afterAll(startAfresh);

/** An outcome in two words: its arm, and its code, its cause or what was found. */
function summary(outcome: Outcome<unknown>): string {
  if (outcome.kind === "unknown") return `unknown ${outcome.cause}`;
  if (outcome.kind !== "ok") return `${outcome.kind} ${outcome.code}`;
  const { value } = outcome;
  return `ok ${typeof value === "object" && value !== null && "status" in value ? value.status : value}`;
}

/** What each of some calls comes to, all at the same time. */
async function heardBy(operations: readonly Operation[], firstSend = true) {
  const heard = operations.map(
    async (operation) => [operation, summary(await CALLS[operation](alipay, { firstSend }))] as const,
  );
  return Object.fromEntries(await Promise.all(heard));
}

const allOf = (operations: readonly string[], expected: string) =>
  Object.fromEntries(operations.map((operation) => [operation, expected]));

const leftOver = () => sandbox<unknown[]>("GET", "faults");

/** The codes of bills have no prefix; all others of the trade core are given one. */
const spelt = ({ code, gatewayCode }: (typeof ROWS)[number]) =>
  gatewayCode !== "40004" || /^(?:BILL_|INVAILID_|UNKNOWN_ERROR)/.test(code) ? code : `ACQ.${code}`;

describe("an error", () => {
  it("means what the pages say when a number is sent for the first time", async () => {
    for (const row of ROWS) {
      const meant = meantFor(row);
      const operations = row.isFirstOfItsKind || meant.length === 0 ? ALL : meant;
      await misbehave({ kind: "refuse", code: spelt(row), times: operations.length });
      const expected = meaningFor(row, operations, "first", spelt(row));
      expect([row.code, await heardBy(operations)]).toEqual([row.code, expected]);
    }
    expect(await leftOver()).toEqual([]);
  });

  it("is no refusal when the number was sent before, also under the misspelt prefix", async () => {
    for (const row of ROWS) {
      const operations = meantFor(row);
      if (operations.length === 0) continue;
      const code = row.gatewayCode === "40004" ? `AQC.${row.code}` : row.code;
      await misbehave({ kind: "refuse", code, times: operations.length });
      const expected = meaningFor(row, operations, "later", code);
      expect([code, await heardBy(operations, false)]).toEqual([code, expected]);
    }
    expect(await leftOver()).toEqual([]);
  });

  it("has no row in the product's table that isn't shown here for each of its calls", () => {
    const shown = (named: (row: (typeof ROWS)[number]) => boolean) => new Set(ROWS.filter(named).flatMap(meantFor));
    const unseen = (row: CodeRow, seen: ReadonlySet<string>) =>
      [...(row.refused ?? []), ...(row.later ?? []), ...(row.echo ?? [])]
        .filter((operation) => !seen.has(operation))
        .map((operation) => `${row.code} ${operation}`);
    const ofFamily = (family: string) => {
      const [start = "", end = ""] = family.split("*");
      return shown(({ code }) =>
        family.includes("*") ? code.startsWith(start) && code.endsWith(end) : code === family,
      );
    };
    expect(CODES.flatMap((row) => unseen(row, ofFamily(row.code)))).toEqual([]);
    const byGateway = (code: string) => shown(({ gatewayCode }) => gatewayCode === code);
    expect(GATEWAY_CODES.flatMap((row) => unseen(row, byGateway(row.code)))).toEqual([]);
  });

  it("whose text is GBK is read as such, and counts", async () => {
    const operations = [...ONCE, "precreate", "create", "pay", "refund"] as const;
    await misbehave({ kind: "gbk_error", code: "ACQ.INVALID_PARAMETER", times: operations.length });
    const heard = await Promise.all(operations.map((operation) => CALLS[operation](alipay, {})));
    const refusal = { kind: "refused", code: "ACQ.INVALID_PARAMETER", message: "模拟器按要求拒绝" };
    expect(heard).toEqual(operations.map(() => refusal));
  });
});

describe("a gateway in trouble", () => {
  it.each([
    ["http_500", "http_502", "isp.unknow-error"],
    ["http_503", "gbk_error", "aop.unknow-error"],
  ])("is asked three times by most calls, and none knows more then: %s, %s, %s", async (...troubles) => {
    for (const [index, trouble] of troubles.entries()) {
      const fault = trouble.includes(".") ? { kind: "refuse", code: trouble } : { kind: trouble };
      await misbehave({ ...fault, times: Math.floor((ALL_SENDS + index) / troubles.length) });
    }
    expect(await heardBy(ALL)).toEqual(allOf(ALL, "unknown server"));
    expect(await leftOver()).toEqual([]);
  });

  it("that recovers may have done what it refuses then", async () => {
    for (const fault of Object.values(REPEATED)) {
      await misbehave({ kind: "http_500", ...fault });
      await misbehave({ kind: "refuse", ...fault });
    }
    const repeated = Object.keys(REPEATED) as (keyof typeof REPEATED)[];
    expect(await heardBy(repeated)).toEqual(allOf(repeated, "unknown echo"));
    expect(await leftOver()).toEqual([]);
  });

  it("that wants fewer calls may take the same later", async () => {
    await misbehave({ kind: "http_429", times: ALL.length });
    expect(await heardBy(ALL)).toEqual(allOf(ALL, "later isv.app-call-limited"));
  });
});

describe("an answer that nobody can be sure of", () => {
  it.each(["error_response", "unsigned", "bad_signature", "duplicate_node", "unknown_serial"])(
    "says nothing, error or success: %s",
    async (kind) => {
      // A certificate that is not known is asked for once.
      const downloads = kind === "unknown_serial" ? 1 : 0;
      await misbehave({ kind, times: ALL.length + downloads });
      expect(await heardBy(ALL)).toEqual(allOf(ALL, "unknown unverified"));
      expect(await leftOver()).toEqual([]);
    },
  );

  it("is another thing than one whose signature comes first", async () => {
    const operations = ["query", "close", "refund_query", "transfer_query", "auth_query"] as const;
    await openNothing();
    await misbehave({ kind: "sign_first", times: operations.length });
    const missing = { ...allOf(operations, "ok not_found"), close: "ok not_started" };
    expect(await heardBy(operations)).toEqual(missing);
    expect(await leftOver()).toEqual([]);
  });
});

/** Forgets what calls above have opened. */
async function openNothing(): Promise<void> {
  await startAfresh();
  alipay = await openAlipay({ mode: "certificate" });
}
