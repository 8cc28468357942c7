/** JSON that two readers can't read in two ways: valid UTF-8, no member twice, not too deep. */
import { decodeUtf8 } from "../crypto/bytes.ts";
import { type Issue, PayError } from "../errors.ts";
import { walkJson } from "../providers/written-json.ts";
import { callerAddressOf } from "./context.ts";
import type { AppContext } from "./http.ts";

/** No input has more than a few levels. */
const DEEPEST = 32;
/** Names that mean more than a member to JavaScript. No input has them. */
const RESERVED = new Set(["__proto__", "constructor", "prototype"]);

/** Reads something, and counts what nobody can read against the address it came from. Throws RATE_LIMITED too. */
export async function countingJunk<T>(c: AppContext, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isJunk = error instanceof PayError && error.code === "BAD_INPUT";
    if (isJunk) await c.get("limits").countAddress("failures", callerAddressOf(c.req.raw.headers));
    throw error;
  }
}

/** Whether a Content-Type says JSON, which is always UTF-8. */
export function isJson(type: string | undefined): boolean {
  return /^\s*application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type ?? "");
}

/** Decodes a body. Throws BAD_INPUT when it is not UTF-8. */
export function decodeText(bytes: ArrayBuffer): string {
  const text = decodeUtf8(new Uint8Array(bytes));
  if (text === undefined) throw badInput("", "the body must be UTF-8");
  return text;
}

/** Parses JSON; undefined when it is none. Throws BAD_INPUT for JSON that could be read in two ways. */
export function parseStrictly(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  checkMembers(text);
  return value;
}

function checkMembers(text: string): void {
  for (const step of walkJson(text)) {
    if ("name" in step) checkName(step);
    else if (step.depth > DEEPEST) throw badInput("", `the body must not be nested deeper than ${DEEPEST} levels`);
  }
}

function checkName({ name, isRepeated }: { readonly name: string; readonly isRepeated: boolean }): void {
  if (RESERVED.has(name)) throw badInput(name, "unknown field");
  if (isRepeated) throw badInput(shortened(name), "is given twice");
}

function shortened(name: string): string {
  return name.slice(0, 64);
}

function badInput(path: string, message: string): PayError {
  const issues: Issue[] = [{ path, message }];
  return new PayError("BAD_INPUT", { issues });
}
