/** Buyers' frozen money, and what the provider has of it. */
import { eq } from "drizzle-orm";
import { preAuthorisationOperations, preAuthorisations } from "../../../db/schema/pre-authorisations.ts";
import { anomalies } from "../../../db/schema/records.ts";
import { fen } from "../../../src/money.ts";
import { callContext } from "../../../src/payments/context.ts";
import {
  createAuthorisation,
  type FreezeRequest,
} from "../../../src/payments/pre-authorisations/create-authorisation.ts";
import { type OperationRequest, requestOperation } from "../../../src/payments/pre-authorisations/request-operation.ts";
import { type AuthorisationView, recordedOperation } from "../../../src/payments/pre-authorisations/view.ts";
import type { OperationRef, PreAuthorisations } from "../../../src/providers/pre-authorisation.ts";
import { deliver, sandbox, signedCallback } from "./controls.ts";
import { SERVICE, type Shop, unique } from "./shop.ts";

/** Ten yuan as a deposit, by QR code. */
export const FREEZE: FreezeRequest = { channel: "qr", title: "押金", amount: fen(1000) };

export function startFreeze(shop: Shop, changes: Partial<FreezeRequest> = {}, key = unique("key")) {
  return createAuthorisation(shop.ctx, SERVICE, { ...FREEZE, ...changes }, key);
}

export interface ProviderFreeze {
  readonly outOrderNo: string;
  readonly authNo: string | null;
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

/** The captures and releases of a freeze, oldest first. */
export function operationsOf(shop: Shop, outOrderNo: string) {
  return shop.db
    .select()
    .from(preAuthorisationOperations)
    .where(eq(preAuthorisationOperations.outOrderNo, outOrderNo))
    .orderBy(preAuthorisationOperations.createdAt);
}

function atProvider({ ctx }: Shop): PreAuthorisations {
  const { preAuthorisations: provider } = ctx.providers.get("alipay");
  if (!provider) throw new Error("nothing can be frozen");
  return provider;
}

async function operate(shop: Shop, operation: OperationRef): Promise<void> {
  const outcome = await atProvider(shop).operate(operation, callContext(shop.ctx, true));
  if (outcome.kind !== "ok") throw new Error(`the provider did not do it: ${outcome.kind}`);
}

/** A request that was sent long ago arrives at the provider. */
export async function arriveLate(shop: Shop, outOrderNo: string, number: string): Promise<void> {
  const row = (await operationsOf(shop, outOrderNo)).find((each) => each.number === number);
  if (!row) throw new Error(`no operation ${number}`);
  await operate(shop, await recordedOperation(shop.ctx, row));
}

/** Somebody lets go of frozen money in the provider's console. */
export async function releaseElsewhere(shop: Shop, outOrderNo: string, amount: number): Promise<void> {
  const authNo = (await providerFreezes()).find((each) => each.outOrderNo === outOrderNo)?.authNo ?? "";
  const draft = { number: unique("U").replaceAll("-", ""), kind: "UNFREEZE", outOrderNo, title: "归还" } as const;
  const parts = { channel: "qr", authNo, amount: fen(amount), final: false } as const;
  await operate(shop, { ...draft, request: atProvider(shop).prepareOperation({ ...draft, ...parts }) });
}

/** Somebody cancels a freeze in the provider's console. */
export async function cancelElsewhere(shop: Shop, outOrderNo: string): Promise<void> {
  const freeze = { outOrderNo, channel: "qr" } as const;
  await atProvider(shop).cancelFreeze(freeze, callContext(shop.ctx, true));
}

/** A notice with whatever members a test wants, validly signed. Returns the answer to it. */
export async function tellOfFreeze(
  shop: Shop,
  outOrderNo: string,
  members: Readonly<Record<string, string | null>> = {},
): Promise<string> {
  const fields = {
    notify_type: "fund_auth_freeze",
    notify_id: unique("notice"),
    out_trade_no: null,
    trade_no: null,
    trade_status: null,
    seller_id: null,
    auth_no: "2026112210000000000000000001",
    out_order_no: outOrderNo,
    out_request_no: outOrderNo,
    operation_type: "FREEZE",
    amount: "10.00",
    status: "SUCCESS",
    payee_user_id: "2088000000000001",
    ...members,
  };
  const answer = await deliver(shop, "alipay", await signedCallback({ provider: "alipay", callback: "trade", fields }));
  await shop.idle();
  return answer.body;
}

/** The kinds of what an operator has to look at about a freeze and what was taken of it. */
export async function anomaliesOfFreeze(shop: Shop, outOrderNo: string): Promise<string[]> {
  const rows = await shop.db.select({ kind: anomalies.kind, detail: anomalies.detail }).from(anomalies);
  return rows.flatMap(({ kind, detail }) => (JSON.parse(detail).outOrderNo === outOrderNo ? [kind] : []));
}
