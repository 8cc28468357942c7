/** A pre-authorisation and its captures and releases, as services and operators see them. */
import * as z from "zod";
import type {
  AuthorisationState,
  OperationState,
  preAuthorisationOperations,
  preAuthorisations,
} from "../../../db/schema/pre-authorisations.ts";
import { type Fen, fen } from "../../money.ts";
import type { ProviderName } from "../../providers/methods.ts";
import type {
  FreezeChannel,
  FreezeCredential,
  FreezeName,
  FreezeRef,
  OperationKind,
  OperationName,
  OperationRef,
} from "../../providers/pre-authorisation.ts";
import type { PaymentContext } from "../context.ts";
import { type Field, unseal, unsealReadable } from "../sealed.ts";

export type AuthorisationRow = typeof preAuthorisations.$inferSelect;
export type OperationRow = typeof preAuthorisationOperations.$inferSelect;

/** A capture or a release. CREATED and PROCESSING are one to a caller. Amount in fen. */
interface OperationRecordView {
  readonly number: string;
  readonly kind: OperationKind;
  readonly status: Exclude<OperationState, "REQUESTED" | "CREATED">;
  readonly amount: Fen;
  /** Of a capture: whether the rest was released with it. */
  readonly final: boolean;
  readonly providerNo: string | null;
  readonly failureCode: string | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** Amounts in fen. CREATED and PENDING are one to a caller: the buyer is to confirm. */
export interface AuthorisationView {
  readonly outOrderNo: string;
  readonly provider: ProviderName;
  readonly channel: FreezeChannel;
  readonly status: Exclude<AuthorisationState, "CREATED">;
  readonly title: string;
  readonly amount: Fen;
  readonly captured: Fen;
  readonly released: Fen;
  /** What is frozen, and neither captured nor released nor about to be. */
  readonly available: Fen;
  /** While PENDING, once the provider has said it. */
  readonly credential: FreezeCredential | null;
  readonly authNo: string | null;
  readonly failureCode: string | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly frozenAt: Date | null;
  readonly finishedAt: Date | null;
  readonly operations: readonly OperationRecordView[];
}

const recordedCredential = z.discriminatedUnion("channel", [
  z.strictObject({ channel: z.literal("app"), orderString: z.string() }),
  z.strictObject({ channel: z.literal("qr"), qrCode: z.string() }),
  z.strictObject({ channel: z.literal("barcode") }),
]);

export async function authorisationView(
  ctx: PaymentContext,
  row: AuthorisationRow,
  operations: readonly OperationRow[],
): Promise<AuthorisationView> {
  const { outOrderNo, provider, channel, state, title, amount, captured, released, authNo, failureCode } = row;
  const { requestedBy, createdAt, expiresAt, frozenAt, finishedAt } = row;
  return {
    ...{ outOrderNo, provider, channel, title, amount, captured, released, authNo, failureCode },
    status: isUsedUp(row) ? "FINISHED" : state === "CREATED" ? "PENDING" : state,
    available: fen(state === "FROZEN" ? amount - row.reserved : 0),
    credential: await credentialOf(ctx, row),
    ...{ requestedBy, createdAt, expiresAt, frozenAt, finishedAt },
    operations: operations.map(operationView),
  };
}

async function credentialOf(ctx: PaymentContext, row: AuthorisationRow): Promise<FreezeCredential | null> {
  if (row.credential === null) return null;
  const credential = await unsealReadable(ctx, freezeField("credential", row), row.credential);
  return credential === undefined ? null : recordedCredential.parse(JSON.parse(credential));
}

function operationView(row: OperationRow): OperationRecordView {
  const { number, kind, state, final, providerNo, failureCode, requestedBy, createdAt, finishedAt } = row;
  return {
    ...{ number, kind, final, providerNo, failureCode, requestedBy, createdAt, finishedAt },
    status: state === "REQUESTED" || state === "CREATED" ? "PROCESSING" : state,
    amount: kind === "CAPTURE" ? row.captures : row.releases,
  };
}

/** The freeze as a provider is asked about it. */
export function freezeRef({ outOrderNo, channel }: AuthorisationRow): FreezeName {
  return { outOrderNo, channel };
}

/** The freeze as it is sent, with its text. Throws SealedTextError. */
export async function recordedFreeze(ctx: PaymentContext, row: AuthorisationRow): Promise<FreezeRef> {
  return { ...freezeRef(row), request: await unseal(ctx, freezeField("request", row), row.request) };
}

/** Where a text of a freeze stands. */
export function freezeField(
  name: "request" | "credential",
  { outOrderNo }: Pick<AuthorisationRow, "outOrderNo">,
): Field {
  return { column: `pre_authorisations.${name}`, row: outOrderNo };
}

/** The operation as a provider is asked about it. */
export function operationRef({ number, kind, outOrderNo }: OperationRow): OperationName {
  return { number, kind, outOrderNo };
}

/** The operation as it is sent, with its text. Throws SealedTextError. */
export async function recordedOperation(ctx: PaymentContext, row: OperationRow): Promise<OperationRef> {
  return { ...operationRef(row), request: await unseal(ctx, operationField(row), row.request) };
}

/** Where the text of an operation stands. */
export function operationField({ number }: Pick<OperationRow, "number">): Field {
  return { column: "pre_authorisation_operations.request", row: number };
}

/** Whether the provider has the last word on whether money gets frozen. */
export function isOpen(row: AuthorisationRow): boolean {
  return row.state === "CREATED" || row.state === "PENDING" || row.state === "CANCELLING";
}

/** Whether all that was frozen has been captured or released, whether or not that has been noted. */
export function isUsedUp(row: AuthorisationRow): boolean {
  return row.state === "FROZEN" && row.captured + row.released === row.amount;
}

/** Whether captures or releases are under way: reserved, and not done. */
export function isBeingUsed(row: AuthorisationRow): boolean {
  return row.reserved > row.captured + row.released;
}

/** Whether an operation is reserved and not done. */
export function isOperating(row: OperationRow): boolean {
  return row.state === "CREATED" || row.state === "PROCESSING";
}
