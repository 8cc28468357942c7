/** The story of an order as its inspectors get it over REST. */
import { openApi } from "../api/support.ts";

export const AUDITOR = { id: "auditor-1", role: "auditor" } as const;

interface Entry {
  readonly at: string;
  readonly kind: string;
  readonly id: string;
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** All pages of a story. */
export async function pagesOf(name: string, limit = 100): Promise<{ entries: Entry[]; pages: number; text: string }> {
  const api = openApi();
  const entries: Entry[] = [];
  let text = "";
  let pages = 0;
  for (let after: string | null = ""; after !== null; pages++) {
    const path = `/operations/explain?${name}&limit=${limit}${after && `&after=${encodeURIComponent(after)}`}`;
    const answer = await api.call("GET", path, { as: AUDITOR });
    if (answer.status !== 200) throw new Error(answer.text);
    const body = JSON.parse(answer.text) as { entries: Entry[]; next: string | null };
    entries.push(...body.entries);
    text += answer.text;
    after = body.next;
  }
  return { entries, pages, text };
}
