/** Plants a bug: the shop's source is changed as it is loaded, and nowhere else. */
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { BUGS } from "./bugs.ts";

const ROOT = new URL("../../../", import.meta.url);

/** To be done before the shop is loaded. Throws when there is no such bug, or no place for it any more. */
export function plant(name: string): void {
  const bug = BUGS.find((each) => each.name === name);
  if (!bug) throw new Error(`no such bug: ${name}; there are ${BUGS.map((each) => each.name).join(", ")}`);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const edits = bug.edits.filter(({ file }) => new URL(file, ROOT).href === url);
      if (edits.length === 0) return loaded;
      const source = edits.reduce(
        (text, { find, instead }) => replacedOnce(text, find, instead, url),
        textOf(loaded.source),
      );
      return { ...loaded, source };
    },
  });
}

function textOf(source: unknown): string {
  if (typeof source === "string") return source;
  if (source instanceof Uint8Array) return new TextDecoder().decode(source);
  throw new Error("the source of a module is no text");
}

function replacedOnce(text: string, find: string, instead: string, url: string): string {
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(instead);
  throw new Error(`this stands ${parts.length - 1} times in ${fileURLToPath(url)}, and not once:\n${find}`);
}
