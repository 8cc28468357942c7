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

/** Normalises text. Applying it twice changes nothing more; the result may be empty. */
export function normaliseText(text: string, rules: TextRules): string {
  const replaced = text
    .replaceAll(/\s+/g, " ")
    .replaceAll(UNSENDABLE, "")
    .replaceAll(/[^\p{L}\p{N}]/gu, (character) => rules.replace[character] ?? character);
  return replaced.replaceAll(/\s+/g, " ").trim().slice(0, rules.maxLength).trimEnd();
}

/** Normalises a subject, which may not be empty: when nothing is left, the fallback stands in. */
export function normaliseSubject(subject: string, rules: TextRules, fallback: string): string {
  return normaliseText(subject, rules) || normaliseText(fallback, rules);
}
