/** Sending a call again where that helps: repeats of a number are the same payment, refund or query to Alipay. */
import { pause } from "../pause.ts";
import type { FailedReply, Sends, Timing } from "./call.ts";

/** How often a call is sent in all. */
const MOST_SENDS = 3;
/** How often it is sent again for one reason. */
const REPEATS = { network: 1, server: 2 };
/** Before a gateway in trouble is asked again, for the first and the second time. */
const PAUSES_MS = [100, 200];

/** Sends until there is an answer that counts, within the signal's time. Each time the call is dated and signed anew. */
export async function persist<S extends { readonly kind: "success" }>(
  signal: Timing["signal"],
  send: () => Promise<S | FailedReply>,
): Promise<(S | FailedReply) & Sends> {
  const left = { ...REPEATS };
  for (let sends = 1; ; sends += 1) {
    const reply = await send();
    const reason = reply.kind === "unknown" ? reasonToRepeat(reply.cause) : undefined;
    if (!reason || left[reason] === 0 || sends === MOST_SENDS) return { ...reply, sends };
    if (reason === "server") await pause(PAUSES_MS[REPEATS.server - left.server] ?? 0, signal);
    if (signal.aborted) return { ...reply, sends };
    left[reason] -= 1;
  }
}

function reasonToRepeat(cause: string): keyof typeof REPEATS | undefined {
  return cause === "network" || cause === "server" ? cause : undefined;
}
