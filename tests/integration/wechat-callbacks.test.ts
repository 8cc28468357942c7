/** Every kind of callback of WeChat Pay's, over HTTP: spoilt in every way it changes nothing, genuine it counts, once. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { type SignedDelivery, signedCallback } from "./support/controls.ts";
import { changed, textOf, withBody } from "./support/hostile.ts";
import { openShop, type Shop } from "./support/shop.ts";
import { KINDS, type Subject, V2_KIND } from "./support/wechat-subjects.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

const api = openApi();

type Spoilt = readonly (readonly [name: string, reason: string, callback: SignedDelivery])[];

const signed = (subject: Subject, more: object = {}) =>
  signedCallback({ provider: "wechat", ...subject.order, ...more });

/** Posts a callback to the shop. Gives the answer, and why it does not count as far as the operator's log says. */
async function post({ headers, body }: SignedDelivery) {
  const from = api.lines.length;
  const url = "https://shop.test/api/v1/payments/wechat/notify";
  const response = await api.send(new Request(url, { method: "POST", headers, body }));
  const unverified = api.lines.slice(from).find((line) => line.includes('"callback.unverified"'));
  return [response.status, await response.text(), unverified && JSON.parse(unverified).reason];
}

/** Fails unless each is turned away for its own reason, and leaves the books as they were. */
async function expectTurnedAway(subject: Subject, spoilt: Spoilt, answer: string): Promise<void> {
  const before = await subject.books();
  const heard: Record<string, unknown> = {};
  for (const [name, , callback] of spoilt) heard[name] = await post(callback);
  await api.idle();
  expect(heard).toEqual(Object.fromEntries(spoilt.map(([name, reason]) => [name, [401, answer, reason]])));
  expect(await subject.books()).toEqual(before);
}

const UNVERIFIED = '{"code":"FAIL","message":"验签失败"}';
const ACCEPTED = '{"code":"SUCCESS","message":"成功"}';

const FLAWS = [
  ["forged by a stranger", "bad_signature", { signer: "foreign" }],
  ["signed over other bytes", "bad_signature", { flaw: "bad_signature" }],
  ["a SIGNTEST probe", "bad_signature", { flaw: "sigtest" }],
  ["a SIGNTEST probe that is no base64", "bad_signature", { flaw: "sigtest_undecodable" }],
  ["not signed", "missing_signature", { flaw: "unsigned" }],
  ["ten minutes old", "stale", { flaw: "stale_timestamp" }],
  ["signed another way", "bad_signature", { flaw: "other_algorithm" }],
  ["under a serial that nobody has", "unknown_serial", { flaw: "unknown_serial" }],
  ["signed, with half of a text inside", "malformed", { plaintext: '{"mchid":"1' }],
  ["signed, with a list inside", "malformed", { plaintext: "[]" }],
  ["signed, without anything sealed", "malformed", { envelope: { resource: {} } }],
  ["signed, without a number", "malformed", { envelope: { id: null } }],
] as const;

async function spoiltOf(subject: Subject, { name, foreign }: (typeof KINDS)[number]): Promise<Spoilt> {
  const isNews = name !== "echo" && name !== "complaint";
  const flaws = FLAWS.filter(([, , more]) => isNews || !("plaintext" in more));
  const made = flaws.map(async ([flaw, reason, more]) => [flaw, reason, await signed(subject, more)] as const);
  const others = Object.entries(foreign).map(async ([whose, fields]) => {
    return [`of another ${whose}`, `foreign_${whose}`, await signed(subject, { fields })] as const;
  });
  const genuine = await signed(subject);
  const { resource } = JSON.parse(textOf(genuine)) as { resource: Record<string, string> };
  const sealedFor = (members: object) => signed(subject, { envelope: { resource: { ...resource, ...members } } });
  const text = textOf(genuine);
  return [
    ...(await Promise.all([...made, ...others])),
    ["cut off", "bad_signature", withBody(genuine, text.slice(0, text.length / 2))],
    ["garbled", "bad_signature", { ...genuine, body: genuine.body.map((byte) => byte ^ 0x55) }],
    ["signed, sealed for another purpose", "undecryptable", await sealedFor({ associated_data: "certificate" })],
    ["signed, sealed for no purpose", "undecryptable", await sealedFor({ associated_data: null })],
    ["signed, the seal broken", "undecryptable", await sealedFor({ ciphertext: changed(resource.ciphertext ?? "") })],
  ];
}

/** What the notifications say of a callback: how it was dealt with, and how often it came. */
async function recorded(shop: Shop, notifyId: string) {
  await api.idle();
  const rows = await shop.db.select().from(notifications).where(eq(notifications.notifyId, notifyId));
  return rows.map(({ outcome, deliveries }) => [outcome, deliveries]);
}

describe.each(KINDS)("a callback about a $name", (kind) => {
  it("that is spoilt changes nothing", async () => {
    const subject = await kind.stage(openShop());
    const spoilt = await spoiltOf(subject, kind);
    expect(spoilt.length).toBeGreaterThanOrEqual(15);
    await expectTurnedAway(subject, spoilt, UNVERIFIED);
    expect(await post(await signed(subject))).toEqual([200, ACCEPTED, undefined]);
  });

  it("that is genuine counts once, however often it comes, also without associated data", async () => {
    const shop = openShop();
    const subject = await kind.stage(shop);
    const before = await subject.books();
    const callback = await signed(subject);
    const { id } = JSON.parse(textOf(callback)) as { id: string };
    expect(await post(callback)).toEqual([200, ACCEPTED, undefined]);
    const after = await subject.books();
    const isNews = kind.name !== "echo" && kind.name !== "complaint";
    expect(JSON.stringify(after) !== JSON.stringify(before)).toBe(isNews);
    for (const _copy of [2, 3]) expect(await post(callback)).toEqual([200, ACCEPTED, undefined]);
    expect(await post(await signed(subject, { associatedData: null }))).toEqual([200, ACCEPTED, undefined]);
    expect(await subject.books()).toEqual(after);
    const outcome = kind.name === "refund that is abnormal" ? "APPLIED" : isNews ? "REPEATED" : "IGNORED";
    expect(await recorded(shop, id)).toEqual([[outcome, 3]]);
  });
});

describe("a V2 refund notice", () => {
  const words = (code: string, message: string) =>
    `<xml><return_code><![CDATA[${code}]]></return_code><return_msg><![CDATA[${message}]]></return_msg></xml>`;

  it("that is spoilt changes nothing, and is answered in its own words", async () => {
    const subject = await V2_KIND.stage(openShop());
    const genuine = await signed(subject);
    const text = textOf(genuine);
    const spoilt: Spoilt = [
      ["sealed by a stranger", "undecryptable", await signed(subject, { signer: "foreign" })],
      ["of another merchant", "foreign_merchant", await signed(subject, { envelope: { mch_id: "1880000002" } })],
      ["with nothing sealed", "malformed", await signed(subject, { envelope: { req_info: "" } })],
      ["of no success", "malformed", await signed(subject, { envelope: { return_code: "FAIL" } })],
      ["with nonsense inside", "malformed", await signed(subject, { plaintext: "<root>" })],
      ["without a number", "malformed", await signed(subject, { fields: { out_refund_no: null } })],
      ["cut off", "malformed", withBody(genuine, text.slice(0, text.length / 2))],
      ["garbled behind its first tag", "malformed", withBody(genuine, text.replaceAll("CDATA", "cdata"))],
      [
        "with another sealed part",
        "undecryptable",
        withBody(genuine, text.replace(/(req_info><!\[CDATA\[.{20})./, "$1!")),
      ],
    ];
    await expectTurnedAway(subject, spoilt, words("FAIL", "签名失败"));
    expect(await post(genuine)).toEqual([200, words("SUCCESS", "OK"), undefined]);
  });

  it("that is genuine counts once, however often it comes", async () => {
    const shop = openShop();
    const subject = await V2_KIND.stage(shop);
    const before = await subject.books();
    const callback = await signed(subject);
    expect(await post(callback)).toEqual([200, words("SUCCESS", "OK"), undefined]);
    const after = await subject.books();
    expect(after).not.toEqual(before);
    for (const _copy of [2, 3]) expect(await post(callback)).toEqual([200, words("SUCCESS", "OK"), undefined]);
    expect(await subject.books()).toEqual(after);
  });
});
