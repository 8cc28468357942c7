/** Every kind of notice of Alipay's, over HTTP: spoilt in every way it changes nothing, genuine it counts, once, in any form. */
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { notifications } from "../../db/schema/records.ts";
import { environment, openApi } from "./api/support.ts";
import { startAfresh } from "./support/afresh.ts";
import { KINDS, type Kind, NOTIFY_URL, type Subject, signedAnew } from "./support/alipay-subjects.ts";
import type { SignedDelivery } from "./support/controls.ts";
import { textOf, withBody } from "./support/hostile.ts";
import { openShop } from "./support/shop.ts";

beforeEach(startAfresh);
afterAll(startAfresh);

/** The account that the simulator's merchant has. */
const api = openApi(environment({ ALIPAY_SELLER_ID: "2088000000000001" }));

/** Posts a notice to the shop. Gives the answer, and why it does not count as far as the operator's log says. */
async function post({ headers, body }: SignedDelivery): Promise<readonly [string, string | undefined]> {
  const from = api.lines.length;
  const response = await api.send(new Request(NOTIFY_URL, { method: "POST", headers, body }));
  const log = api.lines.slice(from).find((line) => line.includes('"callback.unverified"'));
  return [`${response.status} ${await response.text()}`, log && JSON.parse(log).reason];
}

const ACCEPTED = ["200 success", undefined];

/** A notice's name, why it must not count, and the notice. */
type Spoilt = readonly [name: string, reason: string | RegExp, notice: SignedDelivery];

/** What anybody could make of a genuine notice who has no key. */
function tampered({ genuine }: Subject, { amount, number }: Kind): readonly Spoilt[] {
  const text = textOf(genuine);
  const pairs = text.split("&");
  const decisive = number ?? amount;
  const body = (name: string, reason: string | RegExp, changed: string): Spoilt => {
    if (changed === text) throw new Error(`${name}: nothing was changed`);
    return [name, reason, withBody(genuine, changed)];
  };
  const inOrder = [...pairs].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)).join("&");
  const twice = pairs.map((pair) => `${nameOf(pair)}=${encodeURIComponent(pair.slice(nameOf(pair).length + 1))}`);
  return [
    body("encoded twice", "bad_signature", twice.join("&")),
    body("cut off", /^(?:missing_signature|malformed)$/, text.slice(0, text.length / 2)),
    body("cut off within its signature", /^(?:bad_signature|malformed)$/, text.slice(0, -20)),
    body("with a field twice, the forged one first", "malformed", `${decisive}=1&${text}`),
    body("with a field twice, the forged one last", "malformed", `${text}&${decisive}=1`),
    body(
      "with a field twice, both the same",
      "malformed",
      `${text}&${pairs.find((pair) => nameOf(pair) === decisive)}`,
    ),
    body("with a signature twice", "malformed", `${text}&sign=AAAA`),
    body("with a field emptied", "bad_signature", text.replace(new RegExp(`(^|&)${amount}=[^&]*`), `$1${amount}=`)),
    body("with a field more", "bad_signature", `${text}&extra=1`),
    body("with a field inside of another", "malformed", inOrder.replace(`&${decisive}=`, `%26${decisive}%3D`)),
    body("called GBK", "bad_signature", text.replace("charset=utf-8", "charset=GBK")),
    body("called SHA-1", "bad_signature", text.replace("sign_type=RSA2", "sign_type=RSA")),
    body("without its signature", "missing_signature", text.replace(/&sign=[^&]*/, "")),
  ];
}

const nameOf = (pair: string) => pair.slice(0, pair.indexOf("="));

/** What nobody signed, somebody else did, or Alipay did for others or in nonsense. */
async function foreign(subject: Subject, { amount, number, seller }: Kind): Promise<readonly Spoilt[]> {
  const made = [
    ["forged by a stranger", "bad_signature", { signer: "foreign" }],
    ["signed over other bytes", "bad_signature", { flaw: "bad_signature" }],
    ["not signed", "missing_signature", { flaw: "unsigned" }],
    ["of another application", "foreign_application", { fields: { app_id: "9021000000000002" } }],
    ["of no application", "foreign_application", { fields: { app_id: null } }],
    ["in half a form, signed before", /^(?:missing_signature|malformed)$/, { form: "callback_truncated" }],
    ...(seller ? ([["of another account", "foreign_merchant", { fields: seller }]] as const) : []),
    ...(number ? ([["of no number", "malformed", { fields: { [number]: null } }]] as const) : []),
    ...(number ? ([["of an amount that is none", "malformed", { fields: { [amount]: "30.001" } }]] as const) : []),
  ] as const;
  return await Promise.all(
    made.map(async ([name, reason, more]): Promise<Spoilt> => [name, reason, await signedAnew(subject, more)]),
  );
}

/** Forms that a genuine notice may come in. */
async function formsOf(subject: Subject): Promise<ReadonlyMap<string, SignedDelivery>> {
  const { genuine } = subject;
  const text = textOf(genuine);
  const forms = new Map([
    ["as it comes", genuine],
    ["in another order", withBody(genuine, text.split("&").reverse().join("&"))],
    [
      "encoded another way",
      withBody(
        genuine,
        text.replaceAll("+", "%20").replaceAll(/%../g, (hex) => hex.toLowerCase()),
      ),
    ],
    ["without sign_type", withBody(genuine, text.replace("&sign_type=RSA2", ""))],
    ["of no content type", { ...genuine, headers: {} }],
    ["as JSON, it says", { ...genuine, headers: { "Content-Type": "application/json; charset=gbk" } }],
  ]);
  const odd = [
    "gbk",
    "content_type",
    "empty_values",
    "empty_values_signed",
    "sign_type_signed",
    "cert_sn",
    "extra_fields",
  ];
  for (const form of odd) forms.set(form, await signedAnew(subject, { form: `callback_${form}` }));
  return forms;
}

describe.each(KINDS)("a notice of a $name", (kind) => {
  it("that is spoilt changes nothing, and is answered with failure", async () => {
    const subject = await kind.stage(openShop());
    const before = await subject.books();
    const spoilt = [...tampered(subject, kind), ...(await foreign(subject, kind))];
    const heard: Record<string, unknown> = {};
    for (const [name, , notice] of spoilt) heard[name] = await post(notice);
    await api.idle();
    const reasons = spoilt.map(([name, reason]) => {
      return [name, ["401 failure", typeof reason === "string" ? reason : expect.stringMatching(reason)]];
    });
    expect(heard).toEqual(Object.fromEntries(reasons));
    expect(await subject.books()).toEqual(before);
    expect(await post(subject.genuine)).toEqual(ACCEPTED);
  });

  it("counts once, in whatever form and order it comes", async () => {
    const shop = openShop();
    const subject = await kind.stage(shop);
    const before = await subject.books();
    const forms = [...(await formsOf(subject))];
    // Another form comes first with each kind.
    const at = (2 * KINDS.indexOf(kind)) % forms.length;
    const inTurn = [...forms.slice(at), ...forms.slice(0, at), ...forms.slice(0, 1), ...forms.slice(0, 1)];
    const [[firstForm, firstNotice] = ["", subject.genuine], ...repeats] = inTurn;
    expect([firstForm, ...(await post(firstNotice))]).toEqual([firstForm, ...ACCEPTED]);
    await api.idle();
    const after = await subject.books();
    expect(JSON.stringify(after) !== JSON.stringify(before)).toBe(kind.isNews);
    for (const [name, notice] of repeats) expect([name, ...(await post(notice))]).toEqual([name, ...ACCEPTED]);
    await api.idle();
    expect(await subject.books()).toEqual(after);
    const notifyId = new URLSearchParams(textOf(subject.genuine)).get("notify_id") ?? "";
    const rows = await shop.db.select().from(notifications).where(eq(notifications.notifyId, notifyId));
    expect(rows.map(({ deliveries }) => deliveries)).toEqual([inTurn.length]);
  });
});
