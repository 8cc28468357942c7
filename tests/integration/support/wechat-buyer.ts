/** The buyer's side of WeChat Pay: from what the shop's client got to the screen on the phone, and the thumb on it. */
import { sandbox } from "./controls.ts";

/** What a shop's client gets, whichever method it is for. */
interface Handed {
  readonly method?: unknown;
  readonly invoke?: unknown;
  readonly codeUrl?: unknown;
  readonly h5Url?: unknown;
}

const CLIENTS: ReadonlyMap<unknown, string> = new Map([
  ["WECHAT_JSAPI", "jsapi"],
  ["WECHAT_MINI", "mini"],
  ["WECHAT_APP", "app"],
]);

/** The address of the payment screen that opens. Throws what WeChat shows or says instead. */
export async function openScreen({ method, invoke, codeUrl, h5Url }: Handed): Promise<string> {
  if (method === "WECHAT_H5") return await enterH5(String(h5Url));
  if (method === "WECHAT_NATIVE") return await scan(String(codeUrl));
  return (await sandbox<{ url: string }>("POST", "wechat/invoke", { client: CLIENTS.get(method), parameters: invoke }))
    .url;
}

/** WeChat Pay wants to see which page the browser came from, and sends it on to the screen. */
async function enterH5(address: string): Promise<string> {
  const response = await fetch(address, { headers: { Referer: "https://shop.test/cart" }, redirect: "manual" });
  if (response.status !== 303) throw new Error(await response.text());
  return new URL(response.headers.get("Location") ?? "", address).href;
}

async function scan(address: string): Promise<string> {
  const text = await (await fetch(address)).text();
  if (!text.includes("确认支付")) throw new Error(text);
  return address;
}

/** Confirms on the screen. Returns what it shows then. */
export async function payOn(screen: string): Promise<string> {
  const response = await fetch(`${screen}/confirm`, { method: "POST" });
  return await response.text();
}
