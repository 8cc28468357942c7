/** HTML as a browser understands it: elements, the text people see, what a form posts, where a page goes by itself. */
import { defaultTreeAdapter, parse, type DefaultTreeAdapterTypes as Tree } from "parse5";

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** All text within, character references resolved. */
  readonly text: string;
  /** The elements within, in document order. */
  readonly within: readonly Element[];
}

/** What a browser sends when a form is submitted. */
interface Submission {
  readonly url: string;
  readonly method: "GET" | "POST";
  /** Empty for GET, whose fields are in the address. */
  readonly body: string;
}

/** All elements of a document or of a piece of one, in document order. */
export function elementsOf(html: string): readonly Element[] {
  return elementsIn(parse(html));
}

/** Where a document breaks the rules of HTML, by the names that the standard gives to parse errors. */
export function parseErrorsOf(html: string): string[] {
  const errors: string[] = [];
  parse(html, { onParseError: ({ code }) => errors.push(code) });
  return errors;
}

/** The text of every element of this name. */
export function textsOf(html: string, name: string): string[] {
  return elementsOf(html)
    .filter((element) => element.name === name)
    .map(({ text }) => text);
}

/**
 * Submits the form that a button of this text belongs to, or the only one, which submits itself.
 * @param base the address of the page, which a relative action goes by
 */
export function submissionOf(html: string, base?: string, button?: string): Submission {
  const forms = elementsOf(html).filter(({ name }) => name === "form");
  const found = forms.filter(({ within }) => button === undefined || within.some((one) => isButton(one, button)));
  const [form] = found;
  if (!form || found.length > 1)
    throw new Error(`${found.length} forms${button === undefined ? "" : ` with ${button}`}`);
  const url = new URL(form.attributes.action || (base ?? ""), base);
  const fields = new URLSearchParams(form.within.filter(({ name }) => name === "input").map(fieldOf));
  if (form.attributes.method?.toLowerCase() === "post") return { url: url.href, method: "POST", body: `${fields}` };
  url.search = `${fields}`;
  return { url: url.href, method: "GET", body: "" };
}

/** What arrives at the server: the parameters of the address, and those of the body. */
export function parametersOf({ url, body }: Submission): Record<string, string> {
  return { ...Object.fromEntries(new URL(url).searchParams), ...Object.fromEntries(new URLSearchParams(body)) };
}

/** Where the page sends the browser by itself. */
export function refreshOf(html: string, base?: string): string | undefined {
  const meta = elementsOf(html).find(
    ({ name, attributes }) => name === "meta" && attributes["http-equiv"]?.toLowerCase() === "refresh",
  );
  const target = /^\s*\d+\s*[;,]\s*url\s*=\s*(.*)$/is.exec(meta?.attributes.content ?? "")?.[1];
  return target === undefined ? undefined : new URL(target, base).href;
}

function isButton({ name, text }: Element, wanted: string): boolean {
  return name === "button" && text.trim() === wanted;
}

/** A field as it is posted: line breaks become CR LF, and halves of characters are lost to the encoding. */
function fieldOf({ attributes: { type, name = "", value = "" } }: Element): [string, string] {
  if (type !== "hidden") throw new Error(`a field of type ${type}, which nobody fills in here`);
  return [name, value.replaceAll(/\r\n?|\n/g, "\r\n").toWellFormed()];
}

function elementsIn(parent: Tree.ParentNode): Element[] {
  return parent.childNodes.filter(defaultTreeAdapter.isElementNode).flatMap((node) => {
    const within = elementsIn(node);
    const attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]));
    return [{ name: node.tagName, attributes, text: textOf(node), within }, ...within];
  });
}

function textOf(parent: Tree.ParentNode): string {
  return parent.childNodes
    .map((node) => {
      if (defaultTreeAdapter.isTextNode(node)) return node.value;
      return defaultTreeAdapter.isElementNode(node) ? textOf(node) : "";
    })
    .join("");
}
