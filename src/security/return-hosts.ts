/** Where buyers' browsers may be sent: hosts of the shop's, so that nobody uses a payment to lead them elsewhere. */
import { PayError } from "../errors.ts";
import { isLoopback } from "./hosts.ts";

/** Which hosts those are. */
export interface ReturnHosts {
  /** As the URL standard spells `host`: with the port where it is not the usual one. */
  readonly listed: readonly string[];
  /** Whether this machine counts too, while developing. */
  readonly loopback: boolean;
}

/** Checks the addresses of a call, each by the field it stands in. Throws BAD_INPUT, naming the first that may not be. */
export function assertReturnHosts(hosts: ReturnHosts, input: object): void {
  for (const field of ["returnUrl", "quitUrl"]) {
    const address: unknown = Reflect.get(input, field);
    if (typeof address !== "string" || mayReturnTo(hosts, address)) continue;
    throw new PayError("BAD_INPUT", { issues: [{ path: field, message: "must be on a host of the shop's" }] });
  }
}

function mayReturnTo({ listed, loopback }: ReturnHosts, address: string): boolean {
  const url = URL.parse(address);
  if (!url) return false;
  return listed.includes(url.host) || (loopback && isLoopback(url.hostname));
}
