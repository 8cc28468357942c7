/** Sending a call again where that helps: to a provider the same call again is never a second one. */
import type { UnknownCause } from "./outcome.ts";
import { pause } from "./pause.ts";
import type { FailedSend } from "./trouble.ts";

/** How often a call is sent in all. */
const MOST_SENDS = 3;
/** Before a server in trouble is asked again, for the first and the second time. */
const PAUSES_MS = [100, 200];

/** How often a call is sent again, by what its failed sends say. For what is not named, never. */
export type Repeats = Readonly<Partial<Record<UnknownCause, number>>>;

/** How often a call was sent: 1 or more. From the second time on an error may be an echo of the first. */
export interface Sends {
  readonly sends: number;
}

/**
 * Sends until there is an answer that counts, within the signal's time.
 * @param send is told which send it is, and what the one before said
 */
export async function persist<R extends { readonly kind: "success" } | FailedSend>(
  repeats: Repeats,
  signal: AbortSignal,
  send: (sends: number, before: UnknownCause | undefined) => Promise<R>,
): Promise<R & Sends> {
  const left = { ...repeats };
  const pauses = [...PAUSES_MS];
  let before: UnknownCause | undefined;
  for (let sends = 1; ; sends += 1) {
    const reply = await send(sends, before);
    before = reply.kind === "unknown" ? reply.cause : undefined;
    const again = before && left[before];
    if (!before || !again || sends === MOST_SENDS) return { ...reply, sends };
    if (before === "server") await pause(pauses.shift() ?? 0, signal);
    if (signal.aborted) return { ...reply, sends };
    left[before] = again - 1;
  }
}
