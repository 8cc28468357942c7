/** Text that a payer sees, put into the characters and the length that a provider takes. */

/** What a provider takes. */
interface TextRules {
  /** In characters. Only characters of up to three UTF-8 bytes remain, each one UTF-16 unit. */
  readonly maxLength: number;
  /** Characters the provider forbids, with what stands for each. */
  readonly replace: Readonly<Record<string, string>>;
}

/** Characters of four UTF-8 bytes, halves of them, and invisible ones: controls, joiners, variation selectors. */
const UNSENDABLE = /[\u{10000}-\u{10FFFF}]|\p{Cs}|\p{Cc}|\p{Cf}|\p{Variation_Selector}/gu;
const BEGINS_UNSENDABLE = new RegExp(`^(?:${UNSENDABLE.source})`, "u");
const ENDS_UNSENDABLE = new RegExp(`(?:${UNSENDABLE.source})$`, "u");

/** Tabs and whatever begins a new line. */
const BREAKS = /[\t-\r\u0085\u2028\u2029]+/g;

/**
 * Normalises text: breaks become a space, what is unsendable is left out, what is forbidden replaced, all else stays.
 * Applying it twice changes nothing more. The result is empty when there is nothing to see.
 */
export function normaliseText(text: string, rules: TextRules): string {
  const sendable = leaveOut(text.replaceAll(BREAKS, " "));
  const allowed = sendable.replaceAll(/[^\p{L}\p{N}]/gu, (character) => rules.replace[character] ?? character);
  const cut = allowed.slice(0, rules.maxLength);
  return cut.trim() === "" ? "" : cut;
}

/** An emoji at an end takes the blank along that kept it apart; other blanks are the writer's. */
function leaveOut(text: string): string {
  const left = text.replaceAll(UNSENDABLE, "");
  const begun = BEGINS_UNSENDABLE.test(text.trimStart()) ? left.trimStart() : left;
  return ENDS_UNSENDABLE.test(text.trimEnd()) ? begun.trimEnd() : begun;
}

/** Normalises a subject, which may not be empty: when nothing is left, the fallback stands in. */
export function normaliseSubject(subject: string, rules: TextRules, fallback: string): string {
  return normaliseText(subject, rules) || normaliseText(fallback, rules);
}
