/** The body of a request from anybody: no more of it is read than may be, and it is waited for no longer. */
import { concatBytes } from "../crypto/bytes.ts";
import { within } from "../payments/within.ts";

/** How much of a body is read, and for how long. */
export interface BodyLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Reads a body whole, whatever length it announces. Throws when it breaks off. */
export async function readBody(
  { body }: Request,
  { bytes, milliseconds }: BodyLimits,
): Promise<Uint8Array | "too_large" | "too_slow"> {
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  const read = await within(milliseconds, readUpTo(bytes, reader));
  if (typeof read === "object") return read;
  // Whoever sends it may be told late, or never: nobody waits for that.
  reader.cancel().catch(() => {});
  return read ?? "too_slow";
}

async function readUpTo(
  bytes: number,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Uint8Array | "too_large"> {
  const parts: Uint8Array[] = [];
  let left = bytes;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    left -= part.value.length;
    if (left < 0) return "too_large";
    parts.push(part.value);
  }
  return concatBytes(...parts);
}
