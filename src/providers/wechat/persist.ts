/** Sending a call again where that helps: all calls are idempotent, so the same one again is never a second one. */
import { pause } from "../pause.ts";
import type { FailedReply, Sends } from "./call.ts";

/** Where a call goes, and where it goes when that can't be reached. */
export interface Route {
  readonly address: string;
  readonly backup?: string | undefined;
}

/** How often a call is sent in all. */
const MOST_SENDS = 3;
/** How often it is sent again for one reason. WeChat Pay spoils no signature of a repeat, so once is enough. */
const REPEATS = { network: 1, server: 2, unverified: 1 };
/** Before a server in trouble is asked again, for the first and the second time. */
const PAUSES_MS = [100, 200];

type Reason = keyof typeof REPEATS;

/**
 * Sends until there is an answer that counts, within the signal's time: to the backup address after a connection
 * error, to the same one after a server's fault or a signature that does not verify.
 */
export async function persist<S extends { readonly kind: "success" }>(
  route: Route,
  signal: AbortSignal,
  send: (address: string, sends: number) => Promise<S | FailedReply>,
): Promise<(S | FailedReply) & Sends> {
  const left = { ...REPEATS };
  let { address } = route;
  for (let sends = 1; ; sends += 1) {
    const reply = await send(address, sends);
    const reason = reply.kind === "unknown" ? reasonToRepeat(reply.cause, route) : undefined;
    if (!reason || left[reason] === 0 || sends === MOST_SENDS) return { ...reply, sends };
    if (reason === "server") await pause(PAUSES_MS[REPEATS.server - left.server] ?? 0, signal);
    if (signal.aborted) return { ...reply, sends };
    if (reason === "network") address = route.backup ?? address;
    left[reason] -= 1;
  }
}

function reasonToRepeat(cause: string, route: Route): Reason | undefined {
  if (cause === "network") return route.backup === undefined ? undefined : cause;
  return cause === "server" || cause === "unverified" ? cause : undefined;
}
