/** Comparing what came out with what a vector expects. */
import { isDeepStrictEqual } from "node:util";
import type { Result } from "./kind.ts";

type Expected = Readonly<Record<string, unknown>>;

/** What a comparison ends in. */
export interface Comparison {
  /** Why the vector fails; nothing when it passes. */
  readonly problems: readonly string[];
  /** Expectations that the kind does not have: nothing is known about them. */
  readonly unchecked: readonly string[];
}

/** Expectations that the inputs are refused. */
const REFUSALS: readonly string[] = ["error", "reject"];
/** Expectations that are false when the inputs are refused. */
const VERDICTS: readonly string[] = ["valid", "signatureValid"];

/** Compares every expectation that the kind has; there must be one. */
export function compare(result: Result, expected: Expected): Comparison {
  // Null says that there is none, to those that can tell, and where nothing else is said; to others it says nothing.
  const wanted = Object.entries(expected).filter(
    ([name, value]) => value !== null || typeof result[name] === "function" || isNothing(expected),
  );
  const known = wanted.filter(([name]) => name in result || REFUSALS.includes(name));
  const problems = known
    .filter(([name, value]) => !isMet(result, name, value))
    .map(([name, value]) => describe(result, name, value));
  const unchecked = wanted.map(([name]) => name).filter((name) => known.every(([other]) => other !== name));
  return { problems: known.length === 0 ? ["it expects nothing that its kind has"] : problems, unchecked };
}

/** Compares when a key among the inputs was refused. */
export function compareRefusal(reason: string, expected: Expected): Comparison {
  const isRefused = REFUSALS.some((name) => expected[name] === true);
  const meant = isRefused || VERDICTS.some((name) => expected[name] === false) || isNothing(expected);
  return { problems: meant ? [] : [`the inputs are refused: ${reason}`], unchecked: [] };
}

function isMet(result: Result, name: string, expected: unknown): boolean {
  if (REFUSALS.includes(name)) return expected === Object.values(result).includes(undefined);
  const actual = result[name];
  if (typeof actual === "function") return actual(expected);
  if (actual === undefined && (expected === null || isRefusal(expected))) return true;
  return typeof expected === "object" ? isDeepStrictEqual(parsed(actual), expected) : actual === expected;
}

/** Whether nothing is expected to come out. */
function isNothing(expected: Expected): boolean {
  return Object.values(expected).every((value) => value === null);
}

/** One value may be expected to be refused, while others are not. */
function isRefusal(expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return false;
  return Object.entries(expected).some(([name, value]) => REFUSALS.includes(name) && value === true);
}

/** A text may be expected as the object that it stands for. */
function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

function describe(result: Result, name: string, expected: unknown): string {
  if (REFUSALS.includes(name)) return expected === true ? "the inputs are not refused" : "the inputs are refused";
  const actual = result[name];
  if (typeof actual === "function") return `${name} is not ${shown(expected)}`;
  return `${name} is ${shown(actual)}, not ${shown(expected)}`;
}

const MAX_SHOWN = 160;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "refused";
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
