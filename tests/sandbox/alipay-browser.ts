/** A buyer's browser at Alipay's cashier. */
import { type Received, send } from "./http.ts";

export const get = (url: string) => send({ method: "GET", url });

/** Follows redirects. */
export async function visit(url: string): Promise<{ readonly at: string; readonly page: Received }> {
  const page = await get(url);
  const { location } = page.headers;
  return location === undefined ? { at: url, page } : visit(new URL(location, url).href);
}

/** Presses a button of the cashier. */
export async function press(at: string, button: "confirm" | "refuse") {
  const answer = await send({ method: "POST", url: `${at.split("?")[0]}/${button}` });
  return visit(new URL(answer.headers.location ?? "", at).href);
}

/** Where a page sends the browser by itself. */
export function refreshOf(page: Received): string | undefined {
  return /http-equiv="refresh" content="2;url=([^"]+)"/.exec(page.body)?.[1]?.replaceAll("&amp;", "&");
}
