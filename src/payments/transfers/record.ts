/** Transfers as recorded: written before the provider hears of them. */
import { and, desc, eq, lt } from "drizzle-orm";
import { insertOnce, read } from "../../../db/run.ts";
import { idempotencyAnswers } from "../../../db/schema/answers.ts";
import { type TransferState, transfers } from "../../../db/schema/transfers.ts";
import { PayError } from "../../errors.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type { PreparedTransfer, TransferDraft, Transfers } from "../../providers/transfers.ts";
import { type Actor, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { assertUnanswered, NOTHING_BUT, type RequestKey, underKey } from "../idempotency.ts";
import { seal } from "../sealed.ts";
import { recipientColumns, transferField } from "./recipient.ts";
import { type TransferRecordView, type TransferRow, transferView } from "./view.ts";

/** A configured provider that pays out. */
interface PayingProvider {
  readonly name: ProviderName;
  readonly transfers: Transfers;
}

/** The provider of that name, which pays out. Throws METHOD_UNAVAILABLE when it is not configured to. */
export function payingProvider(ctx: PaymentContext, name: ProviderName): PayingProvider {
  const transfers = ctx.providers.find(name)?.transfers;
  if (!transfers) throw new PayError("METHOD_UNAVAILABLE", {}, UNCONFIGURED[name]);
  return { name, transfers };
}

const UNCONFIGURED: Readonly<Partial<Record<ProviderName, string>>> = {
  alipay: "Alipay's transfers are not configured: they need certificate mode.",
};

/** The provider that a transfer was made with. */
export function transfersOf(ctx: PaymentContext, row: TransferRow): Transfers {
  const provider = ctx.providers.get(row.provider).transfers;
  if (!provider) throw new Error(`the payment provider ${row.provider} makes no transfers`);
  return provider;
}

/** Whether the provider of a transfer takes transfers back. */
export function isRevocable(ctx: PaymentContext, row: TransferRow): boolean {
  return transfersOf(ctx, row).cancel !== undefined;
}

/** A row as it is before anything is sent. */
export async function newTransfer(
  ctx: PaymentContext,
  actor: Actor,
  provider: PayingProvider,
  draft: TransferDraft,
  { prepared, key }: { readonly prepared: PreparedTransfer; readonly key: RequestKey },
): Promise<TransferRow> {
  const { outBillNo, amount } = draft;
  return {
    ...{ outBillNo, amount, remark: await seal(ctx, transferField("remark", outBillNo), draft.remark ?? "") },
    ...(await recipientColumns(ctx, draft)),
    provider: provider.name,
    state: "CREATED",
    request: await seal(ctx, transferField("request", outBillNo), prepared.request),
    encryptedFor: prepared.encryptedFor,
    confirmation: null,
    providerBillNo: null,
    failureCode: null,
    requestedBy: actor.id,
    requestKey: key.key,
    requestHash: key.hash,
    createdAt: presentOf(ctx),
    finishedAt: null,
    nextCheckAt: nextCheck(ctx, 0),
    checks: 0,
  };
}

/** Writes a transfer. Returns false when its request key is taken, or its number by a repeat of ours. */
export function insertTransfer(ctx: PaymentContext, row: TransferRow): Promise<boolean> {
  return insertOnce(() => ctx.db.insert(transfers).values(row));
}

export async function findTransfer(
  ctx: PaymentContext,
  by: { readonly outBillNo: string } | { readonly requestKey: string },
): Promise<TransferRow | undefined> {
  const wanted = "outBillNo" in by ? eq(transfers.outBillNo, by.outBillNo) : eq(transfers.requestKey, by.requestKey);
  const [row] = await read(() => ctx.db.select().from(transfers).where(wanted));
  return row;
}

/** The transfer that a key made before, in one round trip. Throws AnsweredBefore. */
export async function findMadeTransfer(ctx: PaymentContext, { key }: RequestKey): Promise<TransferRow | undefined> {
  const [row] = await read(() =>
    ctx.db
      .select({ transfer: transfers, answered: idempotencyAnswers })
      .from(NOTHING_BUT)
      .leftJoin(transfers, eq(transfers.requestKey, key))
      .leftJoin(idempotencyAnswers, underKey(key)),
  );
  assertUnanswered(row?.answered);
  return row?.transfer ?? undefined;
}

/** Throws TRANSFER_NOT_FOUND. */
export async function getTransferRow(ctx: PaymentContext, outBillNo: string): Promise<TransferRow> {
  const row = await findTransfer(ctx, { outBillNo });
  if (!row) throw new PayError("TRANSFER_NOT_FOUND");
  return row;
}

export interface TransferPage {
  readonly transfers: readonly TransferRecordView[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

/** Transfers, newest first, by keyset: those in a state, or all. */
export async function listTransfers(
  ctx: PaymentContext,
  page: { readonly state?: TransferState | undefined; readonly before?: string | undefined; readonly limit: number },
): Promise<TransferPage> {
  const inState = page.state === undefined ? undefined : eq(transfers.state, page.state);
  const older = page.before === undefined ? undefined : lt(transfers.outBillNo, page.before);
  const rows = await read(() =>
    ctx.db
      .select()
      .from(transfers)
      .where(and(inState, older))
      .orderBy(desc(transfers.outBillNo))
      .limit(page.limit + 1),
  );
  const shown = rows.slice(0, page.limit);
  return {
    transfers: await Promise.all(shown.map((row) => transferView(ctx, row))),
    next: rows.length > page.limit ? (shown.at(-1)?.outBillNo ?? null) : null,
  };
}
