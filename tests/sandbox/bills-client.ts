/** A merchant that fetches its bills, written from the protocol alone. */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { Control } from "./control.ts";
import type { Received } from "./http.ts";
import { call, type Env, verified } from "./wechat-client.ts";

const BEIJING = 8 * 3_600_000;
const DAY = 86_400_000;

export const askTradeBill = (env: Env, query: string) => call(env, "GET", `/v3/bill/tradebill?${query}`);
export const askFundFlowBill = (env: Env, query: string) => call(env, "GET", `/v3/bill/fundflowbill?${query}`);

/** Downloads what an answer offers. */
export function download(env: Env, offered: Received): Promise<Received> {
  const url = new URL(String(offered.json().download_url));
  return call(env, "GET", url.pathname + url.search);
}

/** The text of a bill: the answer verified, the file fetched and checked against the hash. */
export async function billText(env: Env, offered: Received): Promise<string> {
  if (offered.status !== 200) throw new Error(`${offered.status} ${offered.body}`);
  if (!verified(env, offered.headers, offered.body)) throw new Error("the answer is not signed by WeChat Pay");
  const { bytes } = await download(env, offered);
  const text = bytes.subarray(0, 2).toString("hex") === "1f8b" ? gunzipSync(bytes) : bytes;
  const { hash_type, hash_value } = offered.json();
  if (hash_type !== "SHA1" || hash_value !== createHash("sha1").update(text).digest("hex")) {
    throw new Error("the hash does not fit");
  }
  return text.toString("utf8");
}

type Row = Readonly<Record<string, string>>;

/** A bill taken apart by the names of its columns. Fails where it is not in the form that WeChat Pay uses. */
export function parsed(text: string): { columns: string[]; rows: Row[]; summary: Row } {
  const lines = text.split("\r\n");
  if (!text.startsWith("\ufeff") || lines.pop() !== "") throw new Error("no BOM, or no end of the last line");
  const [columns = [], ...rest] = lines.map((line, index) => (index === 0 ? line.slice(1) : line).split(","));
  const [totals = [], sums = []] = rest.splice(-2);
  return { columns, rows: rest.map((cells) => row(columns, cells)), summary: row(totals, sums) };
}

function row(columns: readonly string[], cells: readonly string[]): Row {
  if (cells.length !== columns.length || !cells.every((cell) => cell.startsWith("`"))) {
    throw new Error(`not a row of ${columns.length} values: ${cells.join(",")}`);
  }
  return Object.fromEntries(columns.map((column, index) => [column, (cells[index] ?? "").slice(1)]));
}

/** Moves the schedule clock to a time of the next Beijing day. Resolves with the day that has just ended. */
export async function nextDay(
  control: Control,
  time: { readonly hour: number; readonly minute?: number },
): Promise<string> {
  const today = await now(control);
  const midnight = Math.floor((today + BEIJING) / DAY + 1) * DAY - BEIJING;
  await control.advance((midnight + time.hour * 3_600_000 + (time.minute ?? 0) * 60_000 - today) / 1000);
  return beijingDate(today);
}

/** The Beijing date that lies so many days before today by the schedule clock; negative ones lie ahead. */
export async function daysAgo(control: Control, days: number): Promise<string> {
  return beijingDate((await now(control)) - days * DAY);
}

async function now(control: Control): Promise<number> {
  return Date.parse((await control.clock()).now);
}

function beijingDate(ms: number): string {
  return new Date(ms + BEIJING).toISOString().slice(0, 10);
}
