/** Every error of WeChat Pay's, over HTTP, for every call: what it means the first time and what it can't mean later. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { CODES, plainCode } from "../../src/providers/wechat/codes.ts";
import type { CallOptions, Outcome } from "../../src/providers/wechat/wechat-pay.ts";
import { startAfresh } from "./support/afresh.ts";
import { misbehave, sandbox } from "./support/controls.ts";
import { casesOf, type Operation, SHOWN, TROUBLE } from "./support/wechat-errors.ts";
import { CALLS, certificateConfig, openWechat } from "./support/wechat-merchant.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const wechat = openWechat();
const OPERATIONS = Object.keys(CALLS) as Operation[];
const WRITES = ["create", "combine_create", "refund", "abnormal_refund", "transfer", "transfer_cancel"] as const;

const call = (operation: Operation, options: CallOptions = {}) => CALLS[operation](wechat, options);

/** An outcome in two words: its arm, and its code, its cause or what was found. */
function summary(outcome: Outcome<unknown>): string {
  if (outcome.kind === "unknown") return `unknown ${outcome.cause}`;
  if (outcome.kind !== "ok") return `${outcome.kind} ${outcome.code}`;
  const { value } = outcome;
  return `ok ${typeof value === "object" && value !== null && "status" in value ? value.status : value}`;
}

/** What each of some calls comes to, all at the same time. */
async function heardBy<T extends Operation>(
  operations: readonly T[],
  make: (operation: T) => Promise<Outcome<unknown>>,
) {
  const heard = operations.map(async (operation) => [operation, summary(await make(operation))] as const);
  return Object.fromEntries(await Promise.all(heard));
}

const allOf = (operations: readonly string[], expected: string) =>
  Object.fromEntries(operations.map((operation) => [operation, expected]));

const leftOver = () => sandbox<unknown[]>("GET", "faults");

const seen = new Set<string>();
beforeEach(() => seen.clear());

async function noting(response: Response): Promise<Response> {
  seen.add(`${response.status} ${JSON.stringify(await response.clone().text())}`);
  return response;
}

/** A way to WeChat Pay that leads to paths or methods which are not there. */
const elsewhere: typeof fetch = async (url, init) =>
  noting(await fetch(String(url).replace("/v3/", "/v3/nowhere/"), init));
const otherwise: typeof fetch = async (url, init) => noting(await fetch(String(url), { ...init, method: "PUT" }));

describe("an error", () => {
  it.each(OPERATIONS)("of %s means what the pages say, first and later, in either spelling", async (operation) => {
    const cases = casesOf(operation);
    const heard: string[] = [];
    for (const { status, code, send } of cases) {
      await misbehave({ kind: "refuse", operation, status, code });
      heard.push(`${status} ${code}, ${send}: ${summary(await call(operation, { firstSend: send === "first" }))}`);
    }
    expect(heard).toEqual(cases.map(({ status, code, send, expected }) => `${status} ${code}, ${send}: ${expected}`));
    expect(await leftOver()).toEqual([]);
  });

  it("has no row in the product's table that isn't shown here with each of its statuses", () => {
    const shown = new Set(SHOWN.map(([status, code]) => `${status} ${plainCode(code)}`));
    const listed = CODES.flatMap(({ code, statuses }) => statuses.map((status) => `${status} ${plainCode(code)}`));
    expect(listed.filter((row) => !shown.has(row))).toEqual([]);
  });

  it.each([404, 405])("%d with an empty body says nothing, of no call", async (status) => {
    const astray = openWechat(undefined, { fetch: status === 404 ? elsewhere : otherwise });
    const heard = await heardBy(OPERATIONS, (operation) => CALLS[operation](astray, {}));
    expect(heard).toEqual(allOf(OPERATIONS, "unknown unlisted"));
    expect(seen).toEqual(new Set([`${status} ""`]));
  });
});

describe("a server in trouble", () => {
  it.each(TROUBLE)("is asked three times by each call, which then knows nothing: $name", async ({ faults }) => {
    for (const fault of faults) {
      await Promise.all(OPERATIONS.map((operation) => misbehave({ ...fault, operation })));
    }
    expect(await heardBy(OPERATIONS, call)).toEqual(allOf(OPERATIONS, "unknown server"));
    expect(await leftOver()).toEqual([]);
  });

  it("that recovers may have done what it refuses then", async () => {
    for (const operation of WRITES) {
      await misbehave({ kind: "http_500", operation });
      await misbehave({ kind: "refuse", operation, status: 403, code: "NO_AUTH" });
    }
    expect(await heardBy(WRITES, call)).toEqual(allOf(WRITES, "unknown echo"));
    expect(await leftOver()).toEqual([]);
  });
});

it("leaves a merchant without certificates waiting, whatever error their download ends in", async () => {
  const cases = casesOf("create").filter(({ send }) => send === "first");
  const heard = new Set<string>();
  for (const { status, code } of cases) {
    await misbehave({ kind: "refuse", operation: "certificates", status, code });
    heard.add(summary(await openWechat(certificateConfig()).encryptField("张三丰")));
  }
  expect([...heard]).toEqual(["unknown network"]);
  expect(await leftOver()).toEqual([]);
  expect(await openWechat(certificateConfig()).encryptField("张三丰")).toMatchObject({ kind: "ok" });
});
