/**
 * As much of XML as WeChat Pay's V2 notices need: one element that holds elements which hold text. Attributes,
 * nested elements, comments, document types and entities beyond the five of XML itself are refused, not skipped.
 */

/** Far above any notice. */
const MAX_CHARACTERS = 32 * 1024;
const MAX_FIELDS = 100;

const PROLOGUE = /^\uFEFF?\s*(?:<\?xml(?: [^?<>]*)?\?>\s*)?/;
/** One field and the space behind it; its text is plain or one CDATA section, alone but for space. */
const FIELD =
  /<([A-Za-z_][A-Za-z0-9_]{0,63})(?:\s*\/>|>(?:\s*<!\[CDATA\[((?:(?!\]\]>)[\s\S])*)\]\]>\s*|([^<]*))<\/\1>)\s*/y;
const ENTITY = /&(?:(amp|lt|gt|quot|apos);)?/g;
const CHARACTERS: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * Reads the fields of such a document by name. Returns undefined when it is another document, too long, or has a
 * field twice.
 * @param root the name of the one outer element
 */
export function readFlatXml(document: string, root: string): ReadonlyMap<string, string> | undefined {
  if (document.length > MAX_CHARACTERS) return undefined;
  const inner = contentOf(document, root);
  if (inner === undefined) return undefined;
  const fields = new Map<string, string>();
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < inner.length) {
    const match = FIELD.exec(inner);
    const value = match && (match[2] ?? decodeEntities(match[3] ?? ""));
    if (!match?.[1] || typeof value !== "string") return undefined;
    if (fields.has(match[1]) || fields.size === MAX_FIELDS) return undefined;
    fields.set(match[1], value);
  }
  return fields;
}

/** What stands between the outer element's tags. */
function contentOf(document: string, root: string): string | undefined {
  const body = document.replace(PROLOGUE, "").trimEnd();
  const start = `<${root}>`;
  const end = `</${root}>`;
  if (!body.startsWith(start) || !body.endsWith(end)) return undefined;
  return body.slice(start.length, -end.length).trimStart();
}

/** Text with its entities replaced; undefined when there is any but the five. */
function decodeEntities(text: string): string | undefined {
  let known = true;
  const decoded = text.replaceAll(ENTITY, (_, name: string | undefined) => {
    known &&= name !== undefined;
    return CHARACTERS.get(name ?? "") ?? "";
  });
  return known ? decoded : undefined;
}
