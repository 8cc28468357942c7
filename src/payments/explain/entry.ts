/** One thing that happened to an order, and where it stands among the others. */

/** What may have happened, in the order in which it is told when several things happened in the same millisecond. */
export const ENTRY_KINDS = [
  "order",
  "stock",
  "points",
  "payment",
  "provider_call",
  "callback",
  "refund",
  "event",
  "anomaly",
  "operator",
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Names and values as they are on record; amounts in yuan. No personal data. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface StoryEntry {
  readonly at: Date;
  readonly kind: EntryKind;
  /** Tells it from the others of its kind and time. */
  readonly id: string;
  /** What happened, in plain English. */
  readonly text: string;
  readonly facts: Facts;
}

/** Where a page ended. */
export interface Bookmark {
  readonly at: number;
  readonly kind: EntryKind;
  readonly id: string;
}

/** An entry of something that may not have happened. */
export function entryAt(at: Date | null, kind: EntryKind, id: string, text: string, facts: Facts = {}): StoryEntry[] {
  return at ? [{ at, kind, id, text, facts }] : [];
}

/** By time; at the same time by kind, then by id: always the same order for the same rows. */
export function compareEntries(a: StoryEntry, b: StoryEntry): number {
  return compareToBookmark(a, { ...b, at: b.at.getTime() });
}

/** Below 0 when the entry comes before the bookmark, 0 for the bookmarked one. */
export function compareToBookmark(entry: StoryEntry, mark: Bookmark): number {
  const apart = entry.at.getTime() - mark.at;
  if (apart !== 0) return apart;
  const kinds = ENTRY_KINDS.indexOf(entry.kind) - ENTRY_KINDS.indexOf(mark.kind);
  if (kinds !== 0) return kinds;
  return entry.id === mark.id ? 0 : entry.id < mark.id ? -1 : 1;
}

/** A bookmark as callers hand it back. */
export function writeBookmark({ at, kind, id }: StoryEntry): string {
  return `${at.getTime()}:${kind}:${id}`;
}

/** Undefined for what is no bookmark. */
export function readBookmark(text: string): Bookmark | undefined {
  const [, at, name, id] = /^(\d{1,15}):([a-z_]+):(.+)$/.exec(text) ?? [];
  const kind = ENTRY_KINDS.find((each) => each === name);
  return kind && id !== undefined ? { at: Number(at), kind, id } : undefined;
}
