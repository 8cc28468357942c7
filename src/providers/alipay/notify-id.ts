/** What a notice is known by (Alipay, "asynchronous notification"). */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex, utf8 } from "../../crypto/bytes.ts";
import type { Notice } from "./signed-fields.ts";

/** Fields that each delivery of a notice has anew. */
const OF_DELIVERY: ReadonlySet<string> = new Set([
  "alipay_cert_sn",
  "notify_time",
  "sign",
  "sign_type",
  "utc_timestamp",
]);

/** A notice's own id, or one made of what it says where it has none: all its deliveries have the same. */
export function notifyIdOf(notice: Notice): string {
  const said = [...notice].filter(([name]) => !OF_DELIVERY.has(name)).sort(([one], [other]) => (one < other ? -1 : 1));
  return notice.get("notify_id") ?? `sha256:${encodeHex(sha256(utf8(JSON.stringify(said))))}`;
}
