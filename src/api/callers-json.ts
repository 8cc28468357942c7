/**
 * What callers mean by a message in superjson's form: its JSON, without the members that they have marked as undefined, which
 * JSON can't write. No other type that a sender names counts: some would have memory allocated, or members made, that no body
 * has room for, and no input needs them.
 */

/** Reads a message. Whatever is no message means nothing. */
export function callersJson(message: unknown): unknown {
  if (!isRecord(message) || !Object.hasOwn(message, "json")) return undefined;
  const values = isRecord(message.meta) ? message.meta.values : undefined;
  if (marksUndefined(values)) return undefined;
  if (isRecord(values)) {
    const absent = Object.entries(values).filter(([, mark]) => marksUndefined(mark));
    for (const [path] of absent) leaveOut(message.json, membersOf(path));
  }
  return message.json;
}

/** Takes a member away that is there, and null. Nothing is made on the way. */
function leaveOut(value: unknown, [name, ...rest]: readonly string[]): void {
  if (name === undefined || typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return;
  const member: unknown = Reflect.get(value, name);
  if (rest.length > 0) leaveOut(member, rest);
  else if (member === null && isRecord(value)) Reflect.deleteProperty(value, name);
}

/** The names in a path such as `items.0.sku`; a dot within a name has a backslash before it. */
function membersOf(path: string): string[] {
  const names = path.match(/(?:\\.|[^.\\])+/g) ?? [];
  return names.map((name) => name.replaceAll(/\\(.)/g, "$1"));
}

function marksUndefined(mark: unknown): boolean {
  return Array.isArray(mark) && mark.length === 1 && mark[0] === "undefined";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
