/** The forms in which Alipay's notices have been met, and hostile ones. */
import { describe, expect, it } from "vitest";
import { joined, noticeFields, signedByAlipay } from "./alipay-client.ts";
import { alipayShop, bodyOf } from "./alipay-shop.ts";
import type { TakenDelivery } from "./control.ts";
import { openSimulator } from "./simulator.ts";

const { env, control } = await openSimulator();

describe("the form of a notice", () => {
  let count = 0;
  const taken = async (kind: string) => {
    count += 1;
    const no = `t_form_${count}`;
    await alipayShop(env, control).paid("precreate", no);
    await control.fault({ kind, outTradeNo: no });
    const [odd] = await control.take({ outTradeNo: no });
    const [usual] = await control.take({ outTradeNo: no });
    expect(noticeFields(env, bodyOf(usual))).toMatchObject({ out_trade_no: no, total_amount: "10.00" });
    return { body: bodyOf(odd), headers: odd?.headers ?? {} };
  };
  const latin = (text: string) => Buffer.from(text, "latin1");
  /** Fields with one letter per byte, whatever the charset. */
  const fieldsOf = (body: string) =>
    Object.fromEntries(
      body.split("&").map((pair) => pair.split("=").map((part) => unescape(part.replaceAll("+", " ")))),
    ) as Record<string, string>;
  const fits = ({ sign = "", ...fields }: Record<string, string>) => signedByAlipay(env, latin(joined(fields)), sign);
  const without = (fields: Record<string, string>, ...names: string[]) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

  it("may be GBK, and signed as such", async () => {
    const fields = fieldsOf((await taken("callback_gbk")).body);
    expect(fields.charset).toBe("GBK");
    expect(new TextDecoder("gbk").decode(latin(fields.subject ?? ""))).toBe("龙井茶 100% +1");
    expect(fits(without(fields, "sign_type"))).toBe(true);
  });

  it("may have empty values, signed or not", async () => {
    const [dropped, kept] = [await taken("callback_empty_values"), await taken("callback_empty_values_signed")];
    expect(noticeFields(env, dropped.body).body).toBe("");
    expect(() => noticeFields(env, kept.body)).toThrow("does not fit");
    expect(fits(without(fieldsOf(kept.body), "sign_type"))).toBe(true);
  });

  it("may be signed over sign_type", async () => {
    const { body } = await taken("callback_sign_type_signed");
    expect(() => noticeFields(env, body)).toThrow("does not fit");
    expect(fits(fieldsOf(body))).toBe(true);
  });

  it("may bring an unsigned alipay_cert_sn, or signed fields that nobody knows", async () => {
    const { body } = await taken("callback_cert_sn");
    expect(fits(without(fieldsOf(body), "sign_type"))).toBe(false);
    expect(fits(without(fieldsOf(body), "sign_type", "alipay_cert_sn"))).toBe(true);
    expect(noticeFields(env, (await taken("callback_extra_fields")).body).x_field_of_tomorrow).toBe("一&二=三");
  });

  it("may be hostile: a field twice, half of it, a wrong signature, none", async () => {
    expect((await taken("callback_duplicate_field")).body.match(/total_amount=/g)).toHaveLength(2);
    expect(() => noticeFields(env, "")).toThrow();
    const { body } = await taken("callback_truncated");
    expect(() => noticeFields(env, body)).toThrow("does not fit");
    const spoilt = (await taken("bad_signature")).body;
    expect(() => noticeFields(env, spoilt)).toThrow("does not fit");
    expect((await taken("unsigned")).body).not.toContain("sign=");
  });

  it("comes with content types that frameworks don't understand", async () => {
    const usual = await taken("callback_extra_fields");
    const odd = await taken("callback_content_type");
    expect(usual.headers["Content-Type"]).toBe("application/x-www-form-urlencoded; text/html; charset=utf-8");
    expect(odd.headers["Content-Type"]).not.toBe(usual.headers["Content-Type"]);
  });

  it("can be ordered, about any trade", async () => {
    const ordered = { provider: "alipay", callback: "trade", fields: { trade_status: "TRADE_FINISHED" } };
    const signed = (await control.post("/sign", { ...ordered, form: "callback_gbk" })) as TakenDelivery;
    expect(fits(without(fieldsOf(bodyOf(signed)), "sign_type"))).toBe(true);
    const foreign = (await control.post("/sign", { ...ordered, signer: "foreign" })) as TakenDelivery;
    expect(() => noticeFields(env, bodyOf(foreign))).toThrow("does not fit");
  });
});
