/** What a verified notice of a freeze says (Alipay, pre-authorisation). */
import type { CallbackVerdict } from "../callback.ts";
import type { AlipayConfig } from "./config.ts";
import type { Notice } from "./notice.ts";
import { freezeFacts, freezeView } from "./pre-auth-content.ts";
import { accept, refuse } from "./verdicts.ts";

/** The `notify_type` of freezes. Releases are told of too, and change nothing that their own reply has not. */
export const FREEZE_NOTICE = "fund_auth_freeze";

/** Reads a notice of a freeze. It names the account that the money is frozen for as its payee, not as a seller. */
export function readFreezeNotice(
  notice: Notice,
  notifyId: string,
  owner: Pick<AlipayConfig, "appId" | "sellerId">,
): CallbackVerdict {
  if (notice.get("app_id") !== owner.appId) return refuse("foreign_application", "app_id is another application's");
  const payee = notice.get("payee_user_id");
  if (owner.sellerId !== undefined && payee !== undefined && payee !== owner.sellerId) {
    return refuse("foreign_merchant", "payee_user_id is another account's");
  }
  const facts = freezeFacts.safeParse(Object.fromEntries(notice));
  if (!facts.success) return refuse("malformed", `field ${facts.error.issues[0]?.path.join(".")} can't be read`);
  const { out_order_no: outOrderNo, out_request_no: requestNo, status = "" } = facts.data;
  const freeze = freezeView(facts.data);
  // Every freeze of ours goes by one number for both.
  if (!freeze || requestNo !== outOrderNo) return accept({ kind: "other", notifyId, event: FREEZE_NOTICE });
  return accept({ kind: "freeze", notifyId, event: `FREEZE_${status}`, outOrderNo, freeze });
}
