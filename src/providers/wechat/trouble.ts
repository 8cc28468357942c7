import { type ProviderTrouble, troubleOf } from "../trouble.ts";
import type { FailedReply, WechatCall } from "./call.ts";

/** A code is a word in capitals; anything else in its place could be somebody's data. */
export const CODE = /^[A-Z0-9_]{1,64}$/;
/** The names in WeChat Pay's paths. What stands between them are numbers of trades, bills and tokens. */
const NAME = /^(?:v3|h5|[a-z][a-z-]*)$/;

/** Whether a failed send is news to whoever runs the service. "There is no such thing" is an ordinary answer to a query. */
export function isTrouble(call: WechatCall, reply: FailedReply): boolean {
  return call.method !== "GET" || reply.status !== 404 || reply.error === undefined;
}

/** What is reported of one failed send. */
export function wechatTrouble(call: WechatCall, reply: FailedReply, sends: number): ProviderTrouble {
  return troubleOf({ provider: "wechat", call: `${call.method} ${pathOf(call.path)}`, sends }, reply, CODE);
}

function pathOf(path: string): string {
  const [withoutQuery = ""] = path.split("?");
  const segments = withoutQuery.split("/").slice(1);
  return segments.map((segment) => `/${NAME.test(segment) ? segment : "*"}`).join("");
}
