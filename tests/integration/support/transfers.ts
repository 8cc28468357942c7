/** Money paid out to a user, and what the provider has of it. */
import { eq } from "drizzle-orm";
import { anomalies } from "../../../db/schema/records.ts";
import { transfers } from "../../../db/schema/transfers.ts";
import { fen } from "../../../src/money.ts";
import { callContext } from "../../../src/payments/context.ts";
import { createTransfer } from "../../../src/payments/transfers/create-transfer.ts";
import { recordedTransfer } from "../../../src/payments/transfers/view.ts";
import type { AlipayTransferDraft, WechatTransferDraft } from "../../../src/providers/transfers.ts";
import { sandbox } from "./controls.ts";
import { OPERATOR, type Shop, unique } from "./shop.ts";

type WechatRequest = Omit<WechatTransferDraft, "outBillNo">;
type AlipayRequest = Omit<AlipayTransferDraft, "outBillNo">;

/** Ten yuan for a winner, in a scene that the simulator knows. */
export const REQUEST: WechatRequest = {
  application: "official_account",
  openid: "oOfcl_the_recipient_01",
  sceneId: "1000",
  amount: fen(1000),
  remark: "活动奖励",
  sceneReports: [
    { infoType: "活动名称", infoContent: "新会员有礼" },
    { infoType: "奖励说明", infoContent: "注册会员抽奖一等奖" },
  ],
};

export function startTransfer(shop: Shop, changes: Partial<WechatRequest> = {}, key = unique("key")) {
  return createTransfer(shop.ctx, OPERATOR, { ...REQUEST, ...changes }, key);
}

/** Ten yuan to an account of Alipay's. */
const ALIPAY_REQUEST: AlipayRequest = {
  provider: "alipay",
  payee: { identity: "2088000000000003", identityType: "ALIPAY_USER_ID" },
  title: "活动奖励",
  amount: fen(1000),
  productCode: "TRANS_ACCOUNT_NO_PWD",
};

export function startAlipayTransfer(shop: Shop, changes: Partial<AlipayRequest> = {}, key = unique("key")) {
  return createTransfer(shop.ctx, OPERATOR, { ...ALIPAY_REQUEST, ...changes }, key);
}

export interface ProviderTransfer {
  readonly outBillNo: string;
  readonly transferBillNo: string;
  readonly userName: string | null;
  readonly amount: number;
  readonly state: string;
  readonly packageInfo: string;
}

/** What the provider has in its books. */
export const providerTransfers = () => sandbox<ProviderTransfer[]>("GET", "transfers");

export interface AlipayProviderTransfer {
  readonly outBizNo: string;
  readonly orderId: string;
  readonly amount: number;
  readonly status: string;
  readonly payee: { readonly identity: string; readonly identityType: string; readonly name: string | null };
}

/** What Alipay has in its books. */
export const alipayTransfers = () => sandbox<AlipayProviderTransfer[]>("GET", "alipay/transfers");

/** How Alipay's transfers go from now on. */
export const setAlipayPolicy = (policy: Readonly<Record<string, unknown>>) =>
  sandbox("POST", "alipay/transfers", policy);

/** What becomes of a transfer of Alipay's. */
export const moveAlipayTransfer = (outBizNo: string, move: "succeed" | "fail" | "return" | "open") =>
  sandbox("POST", `alipay/transfers/${outBizNo}/${move}`, {});

/** The recipient takes the money. */
export const confirmAt = (outBillNo: string) => sandbox("POST", `transfers/${outBillNo}/confirm`, {});

/** How transfers go from now on. */
export const setPolicy = (policy: Readonly<Record<string, unknown>>) => sandbox("POST", "wechat/transfers", policy);

export async function transferOf(shop: Shop, outBillNo: string) {
  const [row] = await shop.db.select().from(transfers).where(eq(transfers.outBillNo, outBillNo));
  return row;
}

/** A request that was sent long ago arrives at the provider. */
export async function arriveLate(shop: Shop, outBillNo: string): Promise<void> {
  const row = await transferOf(shop, outBillNo);
  const { transfers: provider } = shop.ctx.providers.get(row?.provider ?? "alipay");
  if (!row || !provider) throw new Error(`no transfer ${outBillNo}`);
  const outcome = await provider.create(await recordedTransfer(shop.ctx, row), callContext(shop.ctx, false));
  if (outcome.kind !== "ok") throw new Error(`the provider did not take it: ${outcome.kind}`);
}

/** The kinds of what an operator has to look at about a transfer. */
export async function anomaliesOfTransfer(shop: Shop, outBillNo: string): Promise<string[]> {
  const rows = await shop.db.select({ kind: anomalies.kind, detail: anomalies.detail }).from(anomalies);
  return rows.flatMap(({ kind, detail }) => (JSON.parse(detail).outBillNo === outBillNo ? [kind] : []));
}
