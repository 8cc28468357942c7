/** Buyers' frozen money, over REST: for services and operators. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startAfresh } from "../support/afresh.ts";
import { confirmFreeze, providerFreezes } from "../support/pre-authorisations.ts";
import { OPERATOR, SERVICE, unique } from "../support/shop.ts";
import { openApi } from "./support.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const api = openApi();
const AUDITOR = { id: "auditor-1", role: "auditor" } as const;
const REQUEST = { channel: "qr", title: "押金", amount: "10.00" };

function post(path: string, body: object = {}, headers: Record<string, string> = { "Idempotency-Key": unique("key") }) {
  return api.call("POST", path, { as: SERVICE, body, headers });
}

async function frozen(): Promise<string> {
  const made = await post("/pre-authorisations", REQUEST);
  await confirmFreeze(String(made.body.outOrderNo));
  const path = `/pre-authorisations/${made.body.outOrderNo}`;
  expect((await api.call("GET", path, { as: SERVICE })).body.status).toBe("FROZEN");
  return path;
}

it("freezes, captures a part, releases the rest, and shows all of it to auditors", async () => {
  const made = await post("/pre-authorisations", REQUEST);
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    status: "PENDING",
    amount: "10.00",
    available: "0.00",
    credential: { channel: "qr", qrCode: expect.any(String) },
    requestedBy: SERVICE.id,
    operations: [],
  });
  const path = await frozen();
  const captured = await post(`${path}/capture`, { amount: "3.00" });
  expect([captured.status, captured.body.captured, captured.body.available]).toEqual([200, "3.00", "7.00"]);
  const released = await post(`${path}/unfreeze`, { amount: "7.00" });
  expect(released.body).toMatchObject({ status: "FINISHED", captured: "3.00", released: "7.00" });
  expect((await api.call("GET", path, { as: AUDITOR })).body).toEqual(released.body);
  // Others on the same database may have been made in days to come.
  const newest = `/pre-authorisations?state=FINISHED&limit=1&before=${released.body.outOrderNo}Z`;
  const listed = await api.call("GET", newest, { as: OPERATOR });
  expect(listed.body.preAuthorisations).toMatchObject([{ outOrderNo: released.body.outOrderNo }]);
});

it("gives one up that nobody has confirmed, at once or later", async () => {
  const made = await post("/pre-authorisations", REQUEST);
  const cancelled = await post(`/pre-authorisations/${made.body.outOrderNo}/cancel`);
  expect([cancelled.status, cancelled.body.status]).toEqual([202, "CANCELLING"]);
});

describe("refuses", () => {
  it.each([
    ["nothing to freeze", "amount", { amount: "0.00" }],
    ["a way that nobody knows", "channel", { channel: "telepathy" }],
    ["a bar code without what was scanned", "authCode", { channel: "barcode" }],
    ["what no phone shows", "authCode", { channel: "barcode", authCode: "12" }],
    ["a title with an emoji", "title", { title: "🧧" }],
    ["a field that nobody knows", "outOrderNo", { outOrderNo: "A1" }],
  ])("%s, naming %s", async (_, path, changes) => {
    const answer = await post("/pre-authorisations", { ...REQUEST, ...changes });
    expect(answer).toMatchObject({ status: 400, body: { code: "BAD_INPUT", issues: [{ path }] } });
    expect(await providerFreezes()).toEqual([]);
  });

  it.each(["", "/capture", "/unfreeze"])("a call of …%s without an Idempotency-Key", async (verb) => {
    const path = verb === "" ? "/pre-authorisations" : `${await frozen()}${verb}`;
    const answer = await post(path, verb === "" ? REQUEST : { amount: "1.00" }, {});
    expect([answer.status, answer.body.code]).toEqual([400, "IDEMPOTENCY_KEY_REQUIRED"]);
  });

  it("more than is left, and to cancel what is frozen", async () => {
    const path = await frozen();
    const more = await post(`${path}/capture`, { amount: "10.01" });
    expect([more.status, more.body.code]).toEqual([409, "AUTHORISATION_EXCEEDED"]);
    const cancelled = await post(`${path}/cancel`);
    expect([cancelled.status, cancelled.body.code]).toEqual([409, "AUTHORISATION_FROZEN"]);
  });
});
