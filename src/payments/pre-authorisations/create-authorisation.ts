import { PayError } from "../../errors.ts";
import { fen, formatYuan } from "../../money.ts";
import type { FreezeDraft } from "../../providers/pre-authorisation.ts";
import { type Actor, inSeconds, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, type RequestKey, requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { assertSendOver } from "../resend.ts";
import { seal } from "../sealed.ts";
import { pursueFreeze } from "./ask-freeze.ts";
import {
  findAuthorisation,
  findMadeAuthorisation,
  freezingProvider,
  insertAuthorisation,
  operationsOf,
} from "./record.ts";
import { sendFreeze } from "./send-freeze.ts";
import { type AuthorisationRow, type AuthorisationView, authorisationView, freezeField } from "./view.ts";

/** Amounts in fen. */
export type FreezeRequest = Omit<FreezeDraft, "outOrderNo" | "minutes"> & { readonly minutes?: number | undefined };

const NOTHING = fen(0);

/** What was scanned lives for a minute or two; codes and order strings may be confirmed for longer. */
const DEFAULT_MINUTES = { app: 30, qr: 30, barcode: 5 } as const;

/**
 * Asks a buyer to have money frozen. It is on record, with the exact text to send, before the provider hears of it; after
 * silence it stays PENDING, and a job asks. The same idempotency key is the same freeze. Throws METHOD_UNAVAILABLE,
 * PROVIDER_REFUSED after a definite no, and REQUEST_IN_PROGRESS while the same request is being sent.
 */
export async function createAuthorisation(
  ctx: PaymentContext,
  actor: Actor,
  request: FreezeRequest,
  idempotencyKey: string | undefined,
): Promise<AuthorisationView> {
  const key = await requestKey(actor, "preAuthorisations.create", idempotencyKey, request);
  if (!key) throw new PayError("IDEMPOTENCY_KEY_REQUIRED");
  const earlier = await findMadeAuthorisation(ctx, key);
  if (earlier) return await resume(ctx, earlier, key);
  const row = await newAuthorisation(ctx, actor, request, key);
  const after = { state: "CREATED", channel: row.channel, amount: formatYuan(row.amount) };
  await recordIfOperator(ctx, actor, {
    action: "preAuthorisations.create",
    subject: row.outOrderNo,
    before: {},
    after,
  });
  if (!(await insertAuthorisation(ctx, row))) {
    const there = await findAuthorisation(ctx, { requestKey: key.key });
    if (!there) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
    if (there.outOrderNo !== row.outOrderNo) return await resume(ctx, there, key);
  }
  ctx.log.info("authorisation.created", { authorisation: row.outOrderNo, amount: row.amount, by: actor.id });
  return await authorisationView(ctx, await sendFreeze(ctx, row, { firstSend: true }), []);
}

/** A row as it is before anything is sent. */
async function newAuthorisation(
  ctx: PaymentContext,
  actor: Actor,
  request: FreezeRequest,
  key: RequestKey,
): Promise<AuthorisationRow> {
  const { name, provider } = freezingProvider(ctx);
  const minutes = request.minutes ?? DEFAULT_MINUTES[request.channel];
  const draft = { ...request, minutes, outOrderNo: `A${newId(ctx.now())}` };
  const { outOrderNo, channel, title, amount } = draft;
  const sums = { reserved: NOTHING, captured: NOTHING, released: NOTHING };
  const unknown = { credential: null, authNo: null, failureCode: null, frozenAt: null, finishedAt: null };
  return {
    ...{ outOrderNo, channel, title, amount, ...sums, ...unknown },
    provider: name,
    state: "CREATED",
    request: await seal(ctx, freezeField("request", draft), provider.prepareFreeze(draft)),
    requestedBy: actor.id,
    requestKey: key.key,
    requestHash: key.hash,
    createdAt: presentOf(ctx),
    expiresAt: inSeconds(ctx, minutes * 60),
    nextCheckAt: nextCheck(ctx, 0),
    checks: 0,
  };
}

/** Goes on with a freeze that the same request made, wherever that stopped. */
async function resume(ctx: PaymentContext, row: AuthorisationRow, key: RequestKey): Promise<AuthorisationView> {
  assertSameRequest(row.requestHash, key);
  if (row.state === "CREATED") assertSendOver(ctx, row.createdAt);
  const current = row.state === "CREATED" ? await pursueFreeze(ctx, row) : row;
  if (current.state === "FAILED" && current.failureCode !== null) {
    throw new PayError("PROVIDER_REFUSED", { providerCode: current.failureCode, transactionId: current.outOrderNo });
  }
  return await authorisationView(ctx, current, await operationsOf(ctx, current.outOrderNo));
}
