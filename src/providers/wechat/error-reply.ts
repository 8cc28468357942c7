import * as z from "zod";
import { readJson } from "../json.ts";
import type { FailedReply } from "./call.ts";
import { isWorthRepeating } from "./codes.ts";

const errorBody = z.object({ code: z.string().min(1), message: z.string().optional() });

/** These say something without a code too: what they say is read from the status. */
const TELLING = [202, 429];

/**
 * Reads a reply that is no success. Nobody has signed it. A server in trouble says nothing, nor does a redirect or an
 * error without a code, such as 404 and 405 with an empty body.
 */
export function readError(status: number, bytes: Uint8Array): FailedReply {
  const body = readJson(bytes, errorBody);
  const code = body?.code ?? (TELLING.includes(status) ? String(status) : undefined);
  if (isWorthRepeating(status, code)) return silence("server", status, code);
  if (code === undefined || (status >= 300 && status < 400)) return silence("unlisted", status, code);
  return { kind: "error", status, error: { code, message: body?.message ?? "" } };
}

function silence(cause: "server" | "unlisted", status: number, code: string | undefined): FailedReply {
  return { kind: "unknown", cause, message: `HTTP ${status} ${code?.slice(0, 64) ?? "without a code"}` };
}
