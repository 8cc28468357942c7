/** Whatever went wrong becomes what a caller may know of it. Every transport answers with what is made here. */
import { TRPCError } from "@trpc/server";
import * as z from "zod";
import { DatabaseUnavailable } from "../../db/run.ts";
import { ConfigError } from "../config.ts";
import { ERRORS, type ErrorCode, type ErrorDetails, type Issue, PayError } from "../errors.ts";
import { InputError } from "../providers/input-error.ts";
import type { Logger } from "../telemetry/log.ts";

/** An error as it is answered. */
export interface ErrorAnswer {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

/** What tRPC itself refuses, in our terms. Everything it does not list is a fault of ours. */
const FRAMEWORK_ERRORS: Partial<Record<TRPCError["code"], ErrorCode>> = {
  BAD_REQUEST: "BAD_INPUT",
  PARSE_ERROR: "BAD_INPUT",
  METHOD_NOT_SUPPORTED: "BAD_INPUT",
  UNSUPPORTED_MEDIA_TYPE: "BAD_INPUT",
  NOT_FOUND: "NOT_FOUND",
};

const DATABASE_RETRY_SECONDS = 1;

/** Says what to answer. Only a PayError's own words are passed on; of all others nothing but a kind. */
export function answerTo(error: unknown): ErrorAnswer {
  const cause = error instanceof TRPCError ? (error.cause ?? error) : error;
  if (cause instanceof PayError) return { code: cause.code, message: cause.message, details: cause.details };
  if (cause instanceof InputError) {
    return plain("BAD_INPUT", { issues: [{ path: cause.field, message: cause.problem }] });
  }
  if (cause instanceof DatabaseUnavailable) return plain("UNAVAILABLE", { retryAfter: DATABASE_RETRY_SECONDS });
  if (!(error instanceof TRPCError)) return plain("INTERNAL");
  const code = FRAMEWORK_ERRORS[error.code] ?? "INTERNAL";
  return plain(code, code === "BAD_INPUT" && cause instanceof z.ZodError ? { issues: issuesOf(cause) } : {});
}

/** The error as tRPC reports it, under the tRPC code that belongs to ours. */
export function toTrpcError(error: unknown): TRPCError {
  if (error instanceof TRPCError && !(error.cause instanceof Error)) return error;
  const { code, message } = answerTo(error);
  const cause = error instanceof TRPCError ? error.cause : error;
  return new TRPCError({ code: ERRORS[code].trpc, message, cause });
}

/** Logs what is no fault of the caller's. */
export function logFault(log: Logger, error: unknown, where: string): void {
  const { code } = answerTo(error);
  if (code !== "INTERNAL" && code !== "UNAVAILABLE") return;
  const cause = error instanceof TRPCError ? (error.cause ?? error) : error;
  const problems = cause instanceof ConfigError ? { problems: cause.problems.join("; ") } : {};
  log.error("request.failed", cause, { where, code, ...problems });
}

function plain(code: ErrorCode, details: ErrorDetails = {}): ErrorAnswer {
  return { code, message: ERRORS[code].message, details };
}

/** One entry per wrong field; a field that nobody knows is named like any other. */
function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ path: pathText([...issue.path, key]), message: "unknown field" }))
      : [{ path: pathText(issue.path), message: issue.message }],
  );
}

/** `["items", 0, "quantity"]` becomes `items[0].quantity`. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${String(part)}`))
    .join("");
}
