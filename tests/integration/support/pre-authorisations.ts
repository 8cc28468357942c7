/** Buyers' frozen money, and what the provider has of it. */
import { eq } from "drizzle-orm";
import { preAuthorisations } from "../../../db/schema/pre-authorisations.ts";
import { anomalies } from "../../../db/schema/records.ts";
import { fen } from "../../../src/money.ts";
import {
  createAuthorisation,
  type FreezeRequest,
} from "../../../src/payments/pre-authorisations/create-authorisation.ts";
import { type OperationRequest, requestOperation } from "../../../src/payments/pre-authorisations/request-operation.ts";
import type { AuthorisationView } from "../../../src/payments/pre-authorisations/view.ts";
import { sandbox } from "./controls.ts";
import { SERVICE, type Shop, unique } from "./shop.ts";

/** Ten yuan as a deposit, by QR code. */
export const FREEZE: FreezeRequest = { channel: "qr", title: "押金", amount: fen(1000) };

export function startFreeze(shop: Shop, changes: Partial<FreezeRequest> = {}, key = unique("key")) {
  return createAuthorisation(shop.ctx, SERVICE, { ...FREEZE, ...changes }, key);
}

export interface ProviderFreeze {
  readonly outOrderNo: string;
  readonly status: string;
  readonly amount: number;
  readonly captured: number;
  readonly released: number;
  readonly rest: number;
}

/** What the provider has in its books. */
export const providerFreezes = () => sandbox<ProviderFreeze[]>("GET", "alipay/freezes");

/** The buyer confirms on the phone. */
export const confirmFreeze = (outOrderNo: string) => sandbox("POST", `alipay/freezes/${outOrderNo}/confirm`, {});

/** The buyer opens it, and confirms nothing. */
export const refuseFreeze = (outOrderNo: string) => sandbox("POST", `alipay/freezes/${outOrderNo}/refuse`, {});

/** A code that the buyer's phone shows to be scanned. */
export async function showCode(wishes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return (await sandbox<{ authCode: string }>("POST", "alipay/auth-codes", wishes)).authCode;
}

/** Money that is frozen at once. */
export async function frozenMoney(shop: Shop, amount = 1000): Promise<AuthorisationView> {
  return await startFreeze(shop, { channel: "barcode", authCode: await showCode(), amount: fen(amount) });
}

type Part = Partial<OperationRequest> & { readonly amount: OperationRequest["amount"] };

export function capture(shop: Shop, outOrderNo: string, part: Part, key = unique("key")) {
  return requestOperation(shop.ctx, SERVICE, { outOrderNo, ...part, kind: "CAPTURE" }, key);
}

export function unfreeze(shop: Shop, outOrderNo: string, part: Part, key = unique("key")) {
  return requestOperation(shop.ctx, SERVICE, { outOrderNo, ...part, kind: "UNFREEZE" }, key);
}

export async function authorisationOf(shop: Shop, outOrderNo: string) {
  const [row] = await shop.db.select().from(preAuthorisations).where(eq(preAuthorisations.outOrderNo, outOrderNo));
  return row;
}

/** The kinds of what an operator has to look at about a freeze and what was taken of it. */
export async function anomaliesOfFreeze(shop: Shop, outOrderNo: string): Promise<string[]> {
  const rows = await shop.db.select({ kind: anomalies.kind, detail: anomalies.detail }).from(anomalies);
  return rows.flatMap(({ kind, detail }) => (JSON.parse(detail).outOrderNo === outOrderNo ? [kind] : []));
}
