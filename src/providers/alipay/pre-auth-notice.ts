/** What a verified notice about a freeze says (Alipay, pre-authorisation). */
import type { CallbackVerdict } from "../callback.ts";
import type { AlipayConfig } from "./config.ts";
import { freezeFacts, freezeView } from "./pre-auth-content.ts";
import type { Notice } from "./signed-fields.ts";
import { accept, refuse } from "./verdicts.ts";

/** The `notify_type` that tells of a freeze itself. */
const FREEZE = "fund_auth_freeze";

/** Whether a `notify_type` is about a freeze, or about what becomes of one, such as `fund_auth_unfreeze`. */
export function isFreezeNotice(type: string): boolean {
  return type.startsWith("fund_auth_");
}

/**
 * Reads a notice about a freeze to the application. It names the account that the money is frozen for as its payee, not as
 * a seller. Whatever it tells but that money was frozen, or that a freeze was closed, is only a hint.
 */
export function readFreezeNotice(
  notice: Notice,
  notifyId: string,
  owner: Pick<AlipayConfig, "sellerId">,
): CallbackVerdict {
  const payee = notice.get("payee_user_id");
  if (owner.sellerId !== undefined && payee !== undefined && payee !== owner.sellerId) {
    return refuse("foreign_merchant", "payee_user_id is another account's");
  }
  const type = notice.get("notify_type") ?? FREEZE;
  return type === FREEZE ? readFreeze(notice, notifyId) : accept(hint(notice.get("out_order_no"), notifyId, type));
}

function readFreeze(notice: Notice, notifyId: string): CallbackVerdict {
  const facts = freezeFacts.safeParse(Object.fromEntries(notice));
  if (!facts.success) return refuse("malformed", `field ${facts.error.issues[0]?.path.join(".")} can't be read`);
  const { out_order_no: outOrderNo, out_request_no: requestNo, status = "" } = facts.data;
  const freeze = freezeView(facts.data);
  // Every freeze of ours goes by one number for both.
  const isFact = requestNo === outOrderNo && (freeze?.status === "frozen" || freeze?.status === "closed");
  if (!isFact) return accept(hint(outOrderNo, notifyId, FREEZE));
  return accept({ kind: "freeze", notifyId, event: `FREEZE_${status}`, outOrderNo, freeze });
}

function hint(outOrderNo: string | undefined, notifyId: string, event: string) {
  if (!outOrderNo) return { kind: "other", notifyId, event } as const;
  return { kind: "freeze_hint", notifyId, event, outOrderNo } as const;
}
