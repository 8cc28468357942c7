import { type ProviderTrouble, troubleOf } from "../trouble.ts";
import type { FailedReply } from "./call.ts";

/** Sub-codes of the trade core and of the gateway, and the bare codes and HTTP statuses that stand in for them. */
export const CODE = /^(?:(?:[A-Z]{3}\.)?[A-Z_]{1,64}|[a-z]{3}\.[a-z_-]{1,64}|\d{3}|\d{5})$/;

/** Calls that ask, or that end what may never have begun. */
const ASKING = /\.(?:query|close|cancel|download)$/;

/** Whether a failed send is news to whoever runs the service. "There is no such thing" is an ordinary answer to a query. */
export function isTrouble(call: string, reply: FailedReply): boolean {
  return !(ASKING.test(call) && reply.kind === "error" && /NOT_EXIST$/i.test(reply.error.code));
}

/** What is reported of one failed send. */
export function alipayTrouble(call: string, reply: FailedReply, sends: number): ProviderTrouble {
  const { error } = reply;
  const said = error ? { ...reply, error: { ...error, message: withoutEcho(error.message) } } : reply;
  return troubleOf({ provider: "alipay", call, sends }, said, CODE);
}

/** To a wrong signature the gateway answers with the text that it would have signed: all parameters, names of people too. */
function withoutEcho(message: string): string {
  const echo = message.search(/\w+=|[{&]/);
  return echo < 0 ? message : `${message.slice(0, echo)}…`;
}
