/** What a buyer pays with, as it is kept: an order string or an address may carry a name, and whoever has one can use it. */
import type { Credential } from "../../providers/credential.ts";
import type { SealedText } from "../../security/field-cipher.ts";
import { inSeconds, type PaymentContext } from "../context.ts";
import { type Field, seal, unseal } from "../sealed.ts";
import type { AttemptRow } from "./view.ts";

/** What is on record of a trade whose credential has come once more. */
type Noted = Pick<AttemptRow, "method" | "expiresAt" | "createdAt" | "credential" | "credentialExpiresAt">;

/** A credential that lapses sooner than this is renewed before it is handed out. */
const MIN_CREDENTIAL_SECONDS = 60;

/** Whether a credential that lapses then can still be handed out. */
export function isFresh(ctx: PaymentContext, lapses: Date | null): boolean {
  return lapses !== null && lapses > inSeconds(ctx, MIN_CREDENTIAL_SECONDS);
}

/** Where the credential of an attempt stands. */
export function credentialField({ outTradeNo }: Pick<AttemptRow, "outTradeNo">): Field {
  return { column: "payment_transactions.credential", row: outTradeNo };
}

/** A credential as it goes into its field. */
export function sealCredential(ctx: PaymentContext, field: Field, credential: Credential): Promise<SealedText> {
  return seal(ctx, field, JSON.stringify(credential));
}

/** The credential that a field holds. Throws SealedTextError. */
export async function openCredential(ctx: PaymentContext, field: Field, sealed: SealedText): Promise<Credential> {
  return JSON.parse(await unseal(ctx, field, sealed)) as Credential;
}

/** A trade as credentialLapse wants it, with the credential that was handed out before. Throws SealedTextError. */
export async function handedOut(ctx: PaymentContext, field: Field, noted: Noted) {
  const { method, expiresAt, createdAt, credential, credentialExpiresAt } = noted;
  const known = credential !== null && credentialExpiresAt !== null;
  const earlier = known
    ? { credential: await openCredential(ctx, field, credential), expiresAt: credentialExpiresAt }
    : undefined;
  return { method, expiresAt, createdAt, earlier };
}
