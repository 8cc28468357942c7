/** Idempotency keys: a unique column on the row that a request makes, so that they cost no round trip. */
import { PayError } from "../errors.ts";
import type { Actor } from "./context.ts";

export interface RequestKey {
  /** Names the request: actor, operation and the caller's key, hashed. */
  readonly key: string;
  /** Tells whether a repeat asks for the same thing. */
  readonly hash: string;
}

/** Makes the columns of an idempotency key, or undefined when the caller sent none. */
export async function requestKey(
  actor: Actor,
  operation: string,
  callerKey: string | undefined,
  input: unknown,
): Promise<RequestKey | undefined> {
  if (callerKey === undefined) return undefined;
  return {
    key: await sha256([actor.id, operation, callerKey]),
    hash: await sha256(canonical(input)),
  };
}

/** Refuses a key that came with another request before. Throws IDEMPOTENCY_KEY_REUSED. */
export function assertSameRequest(recorded: string | null, request: RequestKey): void {
  if (recorded !== request.hash) throw new PayError("IDEMPOTENCY_KEY_REUSED");
}

/** The same value, whatever order its members came in. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, canonical(member)]);
}

async function sha256(value: unknown): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(value)));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}
