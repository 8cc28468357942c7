/** A buyer with Alipay: opens pages in a browser and order strings on a phone, shows payment codes, and confirms. */
import { refreshOf, submissionOf } from "../../support/html.ts";
import { sandbox } from "./controls.ts";

/** Goes to an address like a browser, and on to wherever that leads. Returns where it ended up. */
export async function visit(url: string): Promise<string> {
  const page = await fetch(url);
  if (!page.ok) throw new Error(`the page answered ${page.status}: ${await page.text()}`);
  return page.url;
}

/** Posts a form like a browser that has read its HTML. */
export async function submit(form: string): Promise<string> {
  const { url, method, body } = submissionOf(form);
  const page = await fetch(url, { method, body, headers: { "Content-Type": "application/x-www-form-urlencoded" } });
  if (!page.ok) throw new Error(`the form was answered ${page.status}: ${await page.text()}`);
  return page.url;
}

/** Presses a button of the cashier. Returns the address that the browser is sent back to, if there is one. */
export async function press(cashier: string, button: "confirm" | "refuse"): Promise<string | undefined> {
  const page = await fetch(`${cashier.split("?")[0]}/${button}`, { method: "POST" });
  return refreshOf(await page.text());
}

/** Opens the phone's payment code. */
export async function showCode(wishes: { asksPassword?: boolean; failure?: string } = {}): Promise<string> {
  return (await sandbox<{ authCode: string }>("POST", "alipay/auth-codes", wishes)).authCode;
}

/** Hands an order string to Alipay's SDK on the phone, confirms, and returns what the application gets back. */
export async function payInApp(orderString: string): Promise<unknown> {
  const { id, url } = await sandbox<{ id: string; url: string }>("POST", "alipay/app-pay", { orderString });
  await press(await visit(url), "confirm");
  return await sandbox("GET", `alipay/app-pay/${id}`);
}

/** Opens a trade in the mini program of its buyer, and confirms. */
export async function payInMiniProgram(tradeNo: string, buyerId: string): Promise<void> {
  const { url } = await sandbox<{ url: string }>("POST", "alipay/trade-pay", { tradeNo, buyerId });
  await press(await visit(url), "confirm");
}
