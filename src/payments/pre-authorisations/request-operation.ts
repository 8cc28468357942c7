import { reserveOperation } from "../../../db/statements/pre-authorisation-books.ts";
import { declineOperation } from "../../../db/statements/pre-authorisation-operation.ts";
import { ERRORS, type ErrorCode, PayError } from "../../errors.ts";
import { type Fen, fen, formatYuan } from "../../money.ts";
import type { OperationKind } from "../../providers/pre-authorisation.ts";
import { type Actor, nextCheck, type PaymentContext, presentOf } from "../context.ts";
import { assertSameRequest, type RequestKey, requestKey } from "../idempotency.ts";
import { newId } from "../ids.ts";
import { recordIfOperator } from "../operator-actions.ts";
import { assertSendOver, SEND_SECONDS, untilSent } from "../resend.ts";
import { seal } from "../sealed.ts";
import {
  findOperation,
  freezesOf,
  getAuthorisationRow,
  getOperationRow,
  getWithMadeOperation,
  insertOperation,
  operationsOf,
} from "./record.ts";
import { sendOperation } from "./send-operation.ts";
import {
  type AuthorisationRow,
  type AuthorisationView,
  authorisationView,
  isBeingUsed,
  type OperationRow,
  operationField,
} from "./view.ts";

/** What to take or to let go of frozen money. Amount in fen. */
export interface OperationRequest {
  readonly kind: OperationKind;
  readonly outOrderNo: string;
  readonly amount: Fen;
  /** Of a capture: whether the rest is released with it. */
  readonly final?: boolean | undefined;
  readonly title?: string | undefined;
}

/**
 * Captures or releases a part of the frozen money. Its part is reserved before the provider hears of it, so that all of
 * them together never exceed what is frozen. The same idempotency key is the same operation. Throws
 * AUTHORISATION_NOT_FROZEN, AUTHORISATION_EXCEEDED, AUTHORISATION_BUSY for a final capture while another operation is
 * under way, PROVIDER_REFUSED after a definite no, REQUEST_IN_PROGRESS while the same request is being sent.
 */
export async function requestOperation(
  ctx: PaymentContext,
  actor: Actor,
  request: OperationRequest,
  idempotencyKey: string | undefined,
): Promise<AuthorisationView> {
  const key = await requestKey(actor, `preAuthorisations.${request.kind.toLowerCase()}`, idempotencyKey, request);
  if (!key) throw new PayError("IDEMPOTENCY_KEY_REQUIRED");
  const { of, earlier } = await getWithMadeOperation(ctx, request.outOrderNo, key);
  if (earlier) return await resume(ctx, earlier, key);
  const row = await newOperation(ctx, actor, { request, key, of });
  await recordOperation(ctx, actor, request, of);
  if (!(await insertOperation(ctx, row))) {
    const there = await findOperation(ctx, { requestKey: key.key });
    if (!there) throw new PayError("REQUEST_IN_PROGRESS", { retryAfter: 1 });
    if (there.number !== row.number) return await resume(ctx, there, key);
  }
  ctx.log.info("authorisation.operation", { authorisation: row.outOrderNo, operation: row.number, by: actor.id });
  return await reserveAndSend(ctx, row, nextCheck(ctx, 0));
}

function recordOperation(
  ctx: PaymentContext,
  actor: Actor,
  { kind, amount, final }: OperationRequest,
  { outOrderNo: subject, state, reserved }: AuthorisationRow,
): Promise<void> {
  const action = kind === "CAPTURE" ? "preAuthorisations.capture" : "preAuthorisations.unfreeze";
  const before = { state, reserved: formatYuan(reserved) };
  const after = { amount: formatYuan(amount), final: final === true };
  return recordIfOperator(ctx, actor, { action, subject, before, after });
}

/** By then, most operations under way are done. */
const BUSY_SECONDS = 15;

interface NewOperation {
  readonly request: OperationRequest;
  readonly key: RequestKey;
  readonly of: AuthorisationRow;
}

/**
 * A row as it is before anything is reserved. A final capture lets go of what is left beyond it; the provider then also
 * lets go of what others under way were to take, so it has to wait for them.
 */
async function newOperation(
  ctx: PaymentContext,
  actor: Actor,
  { request, key, of }: NewOperation,
): Promise<OperationRow> {
  if (of.state !== "FROZEN" || of.authNo === null) throw new PayError("AUTHORISATION_NOT_FROZEN");
  const { kind, outOrderNo, amount } = request;
  const rest = of.amount - of.reserved - amount;
  if (rest < 0) throw new PayError("AUTHORISATION_EXCEEDED");
  const final = kind === "CAPTURE" && request.final === true;
  if (final && isBeingUsed(of)) throw new PayError("AUTHORISATION_BUSY", { retryAfter: BUSY_SECONDS });
  const draft = { number: `${kind === "CAPTURE" ? "K" : "U"}${newId(ctx.now())}`, kind, outOrderNo, amount, final };
  const parts = { title: request.title ?? of.title, channel: of.channel, authNo: of.authNo };
  const text = freezesOf(ctx, of).prepareOperation({ ...draft, ...parts });
  return {
    ...{ number: draft.number, kind, outOrderNo, final },
    provider: of.provider,
    state: "REQUESTED",
    captures: kind === "CAPTURE" ? amount : fen(0),
    releases: kind === "UNFREEZE" ? amount : fen(final ? rest : 0),
    request: await seal(ctx, operationField(draft), text),
    ...{ providerNo: null, failureCode: null, finishedAt: null, nextCheckAt: null, checks: 0 },
    requestedBy: actor.id,
    requestKey: key.key,
    requestHash: key.hash,
    createdAt: presentOf(ctx),
  };
}

async function reserveAndSend(ctx: PaymentContext, row: OperationRow, nextCheckAt: Date): Promise<AuthorisationView> {
  if ((await reserveOperation(ctx.db, row.number, nextCheckAt)) === 0) return await explain(ctx, row, nextCheckAt);
  await sendOperation(ctx, { ...row, state: "CREATED", nextCheckAt }, { firstSend: true });
  return await viewOf(ctx, row.outOrderNo);
}

/** Reserved by a repeat already, or something else has taken the money since it was looked at. */
async function explain(ctx: PaymentContext, row: OperationRow, nextCheckAt: Date): Promise<AuthorisationView> {
  const { state } = await getAuthorisationRow(ctx, row.outOrderNo);
  const code = state === "FROZEN" ? "AUTHORISATION_EXCEEDED" : "AUTHORISATION_NOT_FROZEN";
  if ((await declineOperation(ctx.db, row.number, code, presentOf(ctx))) > 0) throw new PayError(code);
  const current = await getOperationRow(ctx, row.number);
  assertNotFailed(current);
  // By this very call, when only the answer was lost: then nobody is sending it.
  const isOwn = current.nextCheckAt?.getTime() === nextCheckAt.getTime();
  if (current.state === "CREATED" && !isOwn) assertSendOver(ctx, sendBegan(current));
  return await viewOf(ctx, row.outOrderNo);
}

/** Goes on with an operation that the same request made, wherever that stopped. */
async function resume(ctx: PaymentContext, row: OperationRow, key: RequestKey): Promise<AuthorisationView> {
  assertSameRequest(row.requestHash, key);
  assertNotFailed(row);
  if (row.state === "CREATED") assertSendOver(ctx, sendBegan(row));
  // Old enough to be sent again by the first look at it, so that this look has to wait for the send of now.
  return row.state === "REQUESTED" ? await reserveAndSend(ctx, row, untilSent(ctx)) : await viewOf(ctx, row.outOrderNo);
}

/** When an operation was sent first: when it was made, or, where a repeat went on with it, when its first look was set by that. */
function sendBegan({ createdAt, nextCheckAt, checks }: OperationRow): Date {
  if (checks > 0 || nextCheckAt === null) return createdAt;
  return new Date(Math.max(createdAt.getTime(), nextCheckAt.getTime() - SEND_SECONDS * 1000));
}

function assertNotFailed({ state, failureCode, number }: OperationRow): void {
  if (state !== "FAILED" || failureCode === null) return;
  if (isErrorCode(failureCode)) throw new PayError(failureCode);
  throw new PayError("PROVIDER_REFUSED", { providerCode: failureCode, transactionId: number });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

async function viewOf(ctx: PaymentContext, outOrderNo: string): Promise<AuthorisationView> {
  return await authorisationView(ctx, await getAuthorisationRow(ctx, outOrderNo), await operationsOf(ctx, outOrderNo));
}
