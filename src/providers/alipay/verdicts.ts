/** Verdicts on notices, and on what browsers come back with. */
import type { CallbackEvent, VerificationFailure } from "../callback.ts";
import type { AlipayConfig } from "./config.ts";

/** What does not count, and why. */
export interface Refusal {
  readonly verified: false;
  readonly reason: VerificationFailure;
  readonly detail: string;
}

export function accept(event: CallbackEvent): { readonly verified: true; readonly event: CallbackEvent } {
  return { verified: true, event };
}

/** @param detail for the operator; never holds what the message said */
export function refuse(reason: VerificationFailure, detail: string): Refusal {
  return { verified: false, reason, detail };
}

/** Refuses a message that is meant for another application. */
export function foreignApplication(
  fields: ReadonlyMap<string, string>,
  owner: Pick<AlipayConfig, "appId">,
): Refusal | undefined {
  const isOurs = fields.get("app_id") === owner.appId;
  return isOurs ? undefined : refuse("foreign_application", "app_id is another application's");
}

/** Refuses a message about a trade of another application, or of another account where one is configured. */
export function foreignness(
  fields: ReadonlyMap<string, string>,
  owner: Pick<AlipayConfig, "appId" | "sellerId">,
): Refusal | undefined {
  const foreign = foreignApplication(fields, owner);
  if (foreign) return foreign;
  const isOurs = owner.sellerId === undefined || fields.get("seller_id") === owner.sellerId;
  return isOurs ? undefined : refuse("foreign_merchant", "seller_id is another account's");
}
