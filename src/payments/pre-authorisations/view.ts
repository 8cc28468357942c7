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
  FreezeRef,
  OperationKind,
  OperationRef,
} from "../../providers/pre-authorisation.ts";

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

export function authorisationView(row: AuthorisationRow, operations: readonly OperationRow[]): AuthorisationView {
  const { outOrderNo, provider, channel, state, title, amount, captured, released, authNo, failureCode } = row;
  const { requestedBy, createdAt, expiresAt, frozenAt, finishedAt } = row;
  return {
    ...{ outOrderNo, provider, channel, title, amount, captured, released, authNo, failureCode },
    status: isUsedUp(row) ? "FINISHED" : state === "CREATED" ? "PENDING" : state,
    available: fen(state === "FROZEN" ? amount - row.reserved : 0),
    credential: row.credential === null ? null : recordedCredential.parse(JSON.parse(row.credential)),
    ...{ requestedBy, createdAt, expiresAt, frozenAt, finishedAt },
    operations: operations.map(operationView),
  };
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
export function freezeRef(row: AuthorisationRow): FreezeRef {
  const { outOrderNo, channel, request } = row;
  return { outOrderNo, channel, request };
}

/** The operation as a provider is asked about it. */
export function operationRef(row: OperationRow): OperationRef {
  const { number, kind, outOrderNo, request } = row;
  return { number, kind, outOrderNo, request };
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
