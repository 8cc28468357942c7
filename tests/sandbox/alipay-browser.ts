/** A buyer's browser at Alipay's cashier. */
import { submissionOf } from "../support/html.ts";
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

/** Presses the button of this text as a browser does, by its form alone. */
export async function submit(at: string, button: string): Promise<{ readonly at: string; readonly page: Received }> {
  const { url, method, body } = submissionOf((await get(at)).body, at, button);
  const answer = await send({ method, url, body, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
  const { location } = answer.headers;
  return location === undefined ? { at: url, page: answer } : visit(new URL(location, url).href);
}
