import * as z from "zod";
import { readJson } from "../json.ts";
import type { ProviderError } from "../outcome.ts";
import { requestIdOf } from "../trouble.ts";
import type { FailedReply } from "./call.ts";
import { isWorthRepeating } from "./codes.ts";

const errorBody = z.object({ code: z.string().min(1), message: z.string().optional() });

/** These say something without a code too: what they say is read from the status. */
const TELLING = [202, 429];

const LONGEST_CODE = 64;

/** What is read of a reply that is no success. */
interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Reads a reply that is no success. Nobody has signed it. A server in trouble says nothing, nor does a redirect or an
 * error without a code, such as 404 and 405 with an empty body.
 */
export function readError({ status, headers, body: bytes }: Refusal): FailedReply {
  const body = readJson(bytes, errorBody);
  const code = body?.code ?? (TELLING.includes(status) ? String(status) : undefined);
  const error = code === undefined ? undefined : { code, message: body?.message ?? "" };
  const requestId = requestIdOf(headers, "Request-ID");
  if (isWorthRepeating(status, code)) return { ...silence("server", status, error), requestId };
  if (!error || (status >= 300 && status < 400)) return { ...silence("unlisted", status, error), requestId };
  return { kind: "error", status, error, requestId };
}

function silence(cause: "server" | "unlisted", status: number, error: ProviderError | undefined): FailedReply {
  const message = `HTTP ${status} ${error?.code.slice(0, LONGEST_CODE) ?? "without a code"}`;
  return { kind: "unknown", cause, message, status, ...(error && { error }) };
}
