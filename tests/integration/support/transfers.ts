/** Money paid out to a user, and what the provider has of it. */
import { eq } from "drizzle-orm";
import { anomalies } from "../../../db/schema/records.ts";
import { transfers } from "../../../db/schema/transfers.ts";
import { fen } from "../../../src/money.ts";
import { createTransfer, type TransferRequest } from "../../../src/payments/transfers/create-transfer.ts";
import { sandbox } from "./controls.ts";
import { OPERATOR, type Shop, unique } from "./shop.ts";

/** Ten yuan for a winner, in a scene that the simulator knows. */
export const REQUEST: TransferRequest = {
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

export function startTransfer(shop: Shop, changes: Partial<TransferRequest> = {}, key = unique("key")) {
  return createTransfer(shop.ctx, OPERATOR, { ...REQUEST, ...changes }, key);
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

/** The recipient takes the money. */
export const confirmAt = (outBillNo: string) => sandbox("POST", `transfers/${outBillNo}/confirm`, {});

/** How transfers go from now on. */
export const setPolicy = (policy: Readonly<Record<string, unknown>>) => sandbox("POST", "wechat/transfers", policy);

export async function transferOf(shop: Shop, outBillNo: string) {
  const [row] = await shop.db.select().from(transfers).where(eq(transfers.outBillNo, outBillNo));
  return row;
}

/** The kinds of what an operator has to look at about a transfer. */
export async function anomaliesOfTransfer(shop: Shop, outBillNo: string): Promise<string[]> {
  const rows = await shop.db.select({ kind: anomalies.kind, detail: anomalies.detail }).from(anomalies);
  return rows.flatMap(({ kind, detail }) => (JSON.parse(detail).outBillNo === outBillNo ? [kind] : []));
}
