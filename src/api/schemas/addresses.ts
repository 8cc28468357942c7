/** Addresses that buyers' browsers are sent to. */
import { isLoopback, isPublicHost } from "../../security/hosts.ts";
import { plainLine } from "./fields.ts";

/** An https address on the internet, or one on this machine while developing. It carries no credentials. */
export const browserAddress = (longest: number) =>
  plainLine(longest).refine(isBrowserAddress, "must be an https address");

/** Nothing before the host, and nothing that browsers read in another way than the rest of the world does. */
const PLAIN = /^https?:\/\/[^\s/?#\\@%]+(?:[/?#][^\\]*)?$/i;

function isBrowserAddress(text: string): boolean {
  const url = PLAIN.test(text) ? URL.parse(text) : null;
  if (!url) return false;
  if (isLoopback(url.hostname)) return true;
  return url.protocol === "https:" && isPublicHost(url.hostname);
}
