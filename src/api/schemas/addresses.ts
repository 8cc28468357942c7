/** Addresses that buyers' browsers are sent to. */
import { plainLine } from "./fields.ts";

/** An https address, or one on this machine while developing. It carries no credentials. */
export const browserAddress = (longest: number) =>
  plainLine(longest).refine(isBrowserAddress, "must be an https address");

function isBrowserAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url?.username !== "" || url.password !== "") return false;
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback);
}
