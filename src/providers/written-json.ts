/** JSON as it is written: parsers drop members that come twice, each in its own way. */

/** One after the other the strings and the marks of a text that is known to be JSON. */
const TOKENS = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;

/** What stands next in a text: something that opens, so many levels deep, or a member's name. */
type Step = { readonly depth: number } | { readonly name: string; readonly isRepeated: boolean };

/** Walks through a text that is known to be JSON. */
export function* walkJson(text: string): Generator<Step> {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (token === "{" || token === "[") {
      yield { depth: open.push(new Set()) };
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, -colon.length));
      yield { name, isRepeated: open.at(-1)?.has(name) === true };
      open.at(-1)?.add(name);
    }
  }
}

/** Whether a text that is known to be JSON has a member twice anywhere: which of the two counts is a matter of chance. */
export function hasMemberTwice(text: string): boolean {
  for (const step of walkJson(text)) if ("name" in step && step.isRepeated) return true;
  return false;
}
