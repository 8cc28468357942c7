import { PayError } from "../../errors.ts";
import { formatYuan } from "../../money.ts";
import type { AlipayTransferDraft, WechatTransferDraft } from "../../providers/transfers.ts";
import { type Actor, callContext, type PaymentContext } from "../context.ts";
import { assertSameRequest, type RequestKey, requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { assertSendOver } from "../resend.ts";
import { pursueTransfer } from "./ask-transfer.ts";
import { findMadeTransfer, findTransfer, insertTransfer, newTransfer, payingProvider } from "./record.ts";
import { sendTransfer } from "./send-transfer.ts";
import { type TransferRecordView, type TransferRow, transferView } from "./view.ts";

/** Amounts in fen. One without a provider is WeChat Pay's. */
export type TransferRequest = Omit<WechatTransferDraft, "outBillNo"> | Omit<AlipayTransferDraft, "outBillNo">;

/**
 * Pays money out to a user, who has to confirm it where the provider is WeChat Pay. It is on record, with the exact text to send, before the provider hears
 * of it; after silence it stays PROCESSING, and a job asks. The same idempotency key is the same transfer. Throws
 * METHOD_UNAVAILABLE when the provider is not configured to pay out, PROVIDER_REFUSED after a definite no,
 * REQUEST_IN_PROGRESS while the same request is being sent, and a provider's other trouble only when nothing could be recorded.
 */
export async function createTransfer(
  ctx: PaymentContext,
  actor: Actor,
  request: TransferRequest,
  idempotencyKey: string | undefined,
): Promise<TransferRecordView> {
  const key = await requestKey(actor, "transfers.create", idempotencyKey, request);
  if (!key) throw new PayError("IDEMPOTENCY_KEY_REQUIRED");
  const earlier = await findMadeTransfer(ctx, key);
  if (earlier) return await resume(ctx, earlier, key);
  const draft = await draftTransfer(ctx, actor, request, key);
  const after = { state: "CREATED", provider: draft.provider, amount: formatYuan(draft.amount) };
  await recordIfOperator(ctx, actor, { action: "transfers.create", subject: draft.outBillNo, before: {}, after });
  if (!(await insertTransfer(ctx, draft))) {
    const there = await findTransfer(ctx, { requestKey: key.key });
    if (!there) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
    if (there.outBillNo !== draft.outBillNo) return await resume(ctx, there, key);
  }
  ctx.log.info("transfer.created", { transfer: draft.outBillNo, amount: draft.amount, by: actor.id });
  return await transferView(ctx, await sendTransfer(ctx, draft, { firstSend: true }));
}

/** Encryption gives another text each time, so it is done once, and the text kept. */
async function draftTransfer(
  ctx: PaymentContext,
  actor: Actor,
  request: TransferRequest,
  key: RequestKey,
): Promise<TransferRow> {
  const provider = payingProvider(ctx, request.provider ?? "wechat");
  const draft = { ...request, outBillNo: `T${newId(ctx.now())}` };
  const prepared = await provider.transfers.prepare(draft, callContext(ctx, true));
  if (prepared.kind === "ok") return await newTransfer(ctx, actor, provider, draft, { prepared: prepared.value, key });
  ctx.log.warn("transfer.unprepared", { outcome: prepared.kind });
  if (prepared.kind === "refused") throw new PayError("PROVIDER_REFUSED", { providerCode: prepared.code });
  throw new PayError("PROVIDER_SILENT", { retryAfter: 1 });
}

/** Goes on with a transfer that the same request made, wherever that stopped. */
async function resume(ctx: PaymentContext, row: TransferRow, key: RequestKey): Promise<TransferRecordView> {
  assertSameRequest(row.requestHash, key);
  if (row.state === "CREATED") assertSendOver(ctx, row.createdAt);
  const current = row.state === "CREATED" ? await pursueTransfer(ctx, row) : row;
  if (current.state === "FAILED" && current.providerBillNo === null && current.failureCode !== null) {
    throw new PayError("PROVIDER_REFUSED", { providerCode: current.failureCode, transactionId: current.outBillNo });
  }
  return await transferView(ctx, current);
}
