import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type NoticeForm, noticeBody, PAYMENT_NOTICE } from "../support/alipay.ts";
import { receive, receiveBytes } from "../support/alipay-notices.ts";
import { testKeys } from "../support/keys.ts";

describe("how notices are signed", () => {
  const forms = [{}, { signEmpty: true }, { signType: true }, { signEmpty: true, signType: true }];
  const emptied = [{}, { body: "" }, { body: "", passback_params: "" }];

  test.each(forms.flatMap((form) => emptied.map((empty) => [form, empty] as const)))(
    "%j, with %j",
    async (form, empty) => {
      const fields = { ...PAYMENT_NOTICE, ...empty };
      expect(await receive(fields, form)).toMatchObject({ verified: true, event: { kind: "trade" } });
    },
  );

  test.each(["ext[0]", "备注", "$x", "a b", "x%41", "__proto__"])("with a field named %j", async (name) => {
    const fields = Object.fromEntries([...Object.entries(PAYMENT_NOTICE), [name, "一"]]);
    expect(await receive(fields)).toMatchObject({ verified: true, event: { kind: "trade" } });
  });

  test("in GBK, over the bytes that were posted", async () => {
    const { platform } = await testKeys();
    const subject = Uint8Array.of(0xd6, 0xd0, 0xb5, 0xc0, 0x81, 0x5c);
    const { subject: _, ...others } = PAYMENT_NOTICE;
    const fields = { ...others, charset: "GBK" };
    const text = (value: string) => [...new TextEncoder().encode(value)];
    const signed = Object.entries({ ...fields, subject: "" })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value], index) => [
        ...text(`${index === 0 ? "" : "&"}${name}=${value}`),
        ...(name === "subject" ? subject : []),
      ]);
    const sign = await platform.sign(Uint8Array.from(signed));
    const query = new URLSearchParams({ ...fields, sign, sign_type: "RSA2" }).toString();
    const body = `${query}&subject=${[...subject].map((byte) => `%${byte.toString(16)}`).join("")}`;
    expect(await receiveBytes(Uint8Array.from(text(body)))).toMatchObject({ verified: true, event: { kind: "trade" } });
  });

  test("any byte changed is refused, or means the same as before", async () => {
    const body = await noticeBody(PAYMENT_NOTICE);
    const verdict = await receiveBytes(body);
    let refused = 0;
    for (let at = 0; at < body.length; at += 1) {
      for (const bit of [1, 4, 32]) {
        const changed = body.slice();
        changed[at] = (changed[at] ?? 0) ^ bit;
        const other = await receiveBytes(changed);
        if (other.verified) expect(other).toEqual(verdict);
        else refused += 1;
      }
    }
    // What may pass is the case of hex digits behind a percent sign.
    expect(refused).toBeGreaterThan(body.length * 2.9);
  });

  test("whatever is posted, the answer is a verdict", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (body) => {
        expect((await receiveBytes(body)).verified).toBe(false);
      }),
    );
  });
});

describe("forms that parser and verifier could read differently", () => {
  const post = async (change: (body: string) => string) =>
    receiveBytes(new TextEncoder().encode(change(new TextDecoder().decode(await noticeBody(PAYMENT_NOTICE)))));

  test.each([
    ["a field twice", (body: string) => `${body}&total_amount=0.01`, "malformed"],
    ["a field twice, one name encoded", (body: string) => `${body}&total%5Famount=0.01`, "malformed"],
    ["a name without value", (body: string) => `${body}&extra`, "malformed"],
    ["an empty pair", (body: string) => `${body}&`, "malformed"],
    [
      "a field inside the name of the next",
      (body: string) => body.replace(/trade_no=(\d+)&trade_status=/, "trade_no%3D$1%26trade_status="),
      "malformed",
    ],
    ["a value without name", (body: string) => `${body}&=1`, "malformed"],
    ["a name that is no text", (body: string) => `${body}&%ff=1`, "malformed"],
    ["a broken escape", (body: string) => body.replace("50%25", "50%2"), "malformed"],
    ["no signature", (body: string) => body.replace(/&sign=[^&]+/, ""), "missing_signature"],
    ["another signature type", (body: string) => body.replace("sign_type=RSA2", "sign_type=RSA"), "bad_signature"],
    ["an added field", (body: string) => `${body}&extra=1`, "bad_signature"],
    ["nothing", () => "", "malformed"],
    ["JSON", () => "{}", "malformed"],
  ])("%s", async (_, change, reason) => {
    expect(await post(change)).toMatchObject({ verified: false, reason });
  });

  test("a refund hidden inside the field before it", async () => {
    const body = new TextDecoder().decode(
      await noticeBody({ ...PAYMENT_NOTICE, out_biz_no: "R1", refund_fee: "75.00", gmt_refund: "2026-11-22 10:05:00" }),
    );
    const hide = (text: string, name: string, before: string) => {
      const value = new RegExp(`&${name}=([^&]*)`).exec(text)?.[1] ?? "";
      const removed = text.replace(`&${name}=${value}`, "");
      return removed.replace(new RegExp(`(${before}=[^&]*)`), `$1%26${name}%3D${value}`);
    };
    const hidden = hide(
      hide(hide(body, "out_biz_no", "notify_type"), "refund_fee", "out_trade_no"),
      "gmt_refund",
      "gmt_payment",
    );
    expect(hidden).not.toBe(body);
    expect(await receiveBytes(new TextEncoder().encode(hidden))).toMatchObject({
      verified: false,
      reason: "malformed",
    });
  });
});

describe("a notice without an id", () => {
  const idOf = async (changes: Readonly<Record<string, string>>, form?: NoticeForm) => {
    const verdict = await receive({ ...PAYMENT_NOTICE, notify_id: "", ...changes }, form);
    return verdict.verified ? verdict.event.notifyId : undefined;
  };

  test("gets one that all its deliveries have", async () => {
    const id = await idOf({});
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await idOf({ notify_time: "2026-11-22 10:03:31" })).toBe(id);
    expect(await idOf({}, { signType: true })).toBe(id);
  });

  test.each([{ trade_status: "TRADE_FINISHED" }, { refund_fee: "1.00" }, { a_field_of_tomorrow: "1" }])(
    "has another than one that says %j",
    async (changes) => {
      expect(await idOf(changes)).not.toBe(await idOf({}));
    },
  );
});
