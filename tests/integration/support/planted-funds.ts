/** Transfers and freezes full of planted values, and all that remains of a walk. */
import { ROUTES } from "../../../src/api/rest/routes.ts";
import { letPass, runJobsToTheEnd } from "./afresh.ts";
import { misbehave } from "./controls.ts";
import { BUYERS_WORDS, PERSONAL } from "./planted.ts";
import { AUDITOR, METRICS_TOKEN, made, note, scanned, TROUBLES, type Walk } from "./planted-walk.ts";
import { OPERATOR, SERVICE } from "./shop.ts";
import { REQUEST } from "./transfers.ts";

/** Transfers and freezes, by both providers and in every trouble. */
export async function walkFunds(walk: Walk): Promise<void> {
  for (const trouble of TROUBLES) {
    await walkTransfer(walk, trouble, {
      ...REQUEST,
      amount: "2000.00",
      openid: PERSONAL.openid,
      userName: PERSONAL.name,
    });
    const payee = { identity: PERSONAL.signInName, identityType: "ALIPAY_LOGON_ID", name: PERSONAL.name };
    const texts = { title: BUYERS_WORDS, remark: BUYERS_WORDS, productCode: "TRANS_ACCOUNT_NO_PWD" };
    await walkTransfer(walk, trouble, { provider: "alipay", amount: "10.00", payee, ...texts });
    await walkFreeze(walk, trouble);
  }
}

async function walkTransfer({ go }: Walk, trouble: string | undefined, body: object): Promise<void> {
  if (trouble) await misbehave({ kind: trouble, times: 1 });
  const answer = await go("POST /transfers", OPERATOR, {}, body);
  const sent = trouble ? answer : made(answer);
  const outBillNo = String(sent.body.outBillNo ?? sent.body.transactionId ?? "T0");
  await go("GET /transfers/{outBillNo}", AUDITOR, { outBillNo });
  await go("POST /transfers/{outBillNo}/cancel", OPERATOR, { outBillNo });
}

async function walkFreeze(walk: Walk, trouble: string | undefined): Promise<void> {
  const { go } = walk;
  const freeze = { channel: "barcode", title: "押金", amount: "10.00", authCode: await scanned(walk) };
  if (trouble) await misbehave({ kind: trouble, times: 1 });
  const answer = await go("POST /pre-authorisations", SERVICE, {}, freeze);
  const asked = trouble ? answer : made(answer);
  const outOrderNo = String(asked.body.outOrderNo ?? asked.body.transactionId ?? "A0");
  await go("GET /pre-authorisations/{outOrderNo}", AUDITOR, { outOrderNo });
  await go("POST /pre-authorisations/{outOrderNo}/capture", SERVICE, { outOrderNo }, { amount: "3.00" });
  await go("POST /pre-authorisations/{outOrderNo}/unfreeze", SERVICE, { outOrderNo }, { amount: "2.00" });
  await go("POST /pre-authorisations/{outOrderNo}/cancel", SERVICE, { outOrderNo });
}

/** Input that is refused, everything that is only read, the jobs at the end of all times, and the figures. */
export async function walkRest(walk: Walk): Promise<void> {
  const { go, customer, shop, api, sku, seen, walked } = walk;
  const create = "POST /payments/{provider}/create";
  const wrong = { orderId: BUYERS_WORDS, amount: PERSONAL.card, openid: `${PERSONAL.openid} ${PERSONAL.phone}` };
  await go(create, customer, { provider: "wechat" }, { method: "WECHAT_JSAPI", ...wrong });
  await go(create, customer, { provider: "alipay" }, { method: "ALIPAY_BARCODE", authCode: PERSONAL.card });
  await go("POST /transfers", OPERATOR, {}, { provider: "alipay", payee: { identity: BUYERS_WORDS } });
  await letPass(shop, 60);
  await runJobsToTheEnd(shop);
  const parts = { provider: "wechat", date: "2026-01-01", outTradeNo: "NOBODY", id: "NOBODY", sku, orderId: "NOBODY" };
  for (const { verb, path } of ROUTES) {
    if (walked.has(`${verb} ${path}`)) continue;
    const reason = verb === "POST" ? { reason: "looked at" } : undefined;
    await go(`${verb} ${path}`, verb === "POST" ? OPERATOR : AUDITOR, parts, reason);
  }
  const headers = { Authorization: `Bearer ${METRICS_TOKEN}` };
  const metrics = await api.send(new Request("http://shop.test/metrics", { headers }));
  if (!metrics.ok) throw new Error(`no figures: ${metrics.status}`);
  note(seen, "figures", await metrics.text());
}
