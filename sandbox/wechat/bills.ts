/** Bills: asked for with a signed answer, fetched by a signed request without one (WeChat Pay V3, bills). */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { World } from "../world.ts";
import type { Bill } from "./bill.ts";
import { requestedDay } from "./bills-calendar.ts";
import { billText, type Form } from "./bills-csv.ts";
import { BILL_TYPES, entries } from "./bills-entries.ts";
import { ACCOUNTS, FUND_FLOW_FORM, flows } from "./bills-fund-flow.ts";
import { tradeForm } from "./bills-trade.ts";
import { checked } from "./body.ts";
import { Download, type Endpoint, type Input } from "./endpoint.ts";
import { invalidRequest, WechatError } from "./errors.ts";

const DOWNLOAD = "/v3/billdownload/file";
/** Characters gathered before they are sent on. */
const PIECE = 65_536;

const tarType = z.literal("GZIP", "须为GZIP").optional();
const TradeBillQuery = z.object({ bill_type: z.enum(BILL_TYPES).default("ALL"), tar_type: tarType });
const FundFlowBillQuery = z.object({ account_type: z.enum(ACCOUNTS).default("BASIC"), tar_type: tarType });

export const billEndpoints: readonly Endpoint[] = [
  { method: "GET", path: "/v3/bill/tradebill", operation: "bill", family: "bill", run: tradeBill },
  {
    method: "GET",
    path: "/v3/bill/fundflowbill",
    operation: "bill",
    family: "bill",
    limit: { name: "fundflowbill", perSecond: 3 },
    run: fundFlowBill,
  },
  { method: "GET", path: DOWNLOAD, operation: "bill_download", family: "bill", run: download },
];

function tradeBill(world: World, { query }: Input) {
  const { bill_type, tar_type } = checked(TradeBillQuery, query, "query");
  const day = requestedDay(world.clock.now(), query.bill_date);
  const { bills, merchant } = world.wechat;
  const invented = bills.invented(day.date);
  const form = tradeForm(world, bill_type, merchant.oldBillForm);
  return issued(world, tar_type, form, () => entries(world, day, bill_type, invented));
}

function fundFlowBill(world: World, { query }: Input) {
  const { account_type, tar_type } = checked(FundFlowBillQuery, query, "query");
  const day = requestedDay(world.clock.now(), query.bill_date);
  const invented = world.wechat.bills.invented(day.date);
  return issued(world, tar_type, FUND_FLOW_FORM, () => flows(world, day, account_type, invented));
}

/** Keeps the bill ready and says where. A day without entries has none. */
function issued<Row>(world: World, tarType: "GZIP" | undefined, form: Form<Row>, rows: () => Iterable<Row>) {
  if (isEmpty(rows())) throw new WechatError(400, "NO_STATEMENT_EXIST", "请求的账单不存在");
  const bill: Bill = { gzip: tarType === "GZIP", lines: () => billText(form, rows()) };
  const token = world.wechat.bills.issue(bill);
  return { hash_type: "SHA1", hash_value: sha1(bill), download_url: `${world.url}${DOWNLOAD}?token=${token}` };
}

function isEmpty(rows: Iterable<unknown>): boolean {
  return rows[Symbol.iterator]().next().done === true;
}

/** Over the text itself, compressed or not. */
function sha1(bill: Bill): string {
  const hash = createHash("sha1");
  for (const piece of pieces(bill.lines())) hash.update(piece);
  return hash.digest("hex");
}

function download(world: World, { query }: Input): Download {
  const bill = world.wechat.bills.issued(query.token ?? "");
  if (!bill) throw invalidRequest("下载链接无效或已过期，请重新申请账单");
  const text = streamed(pieces(bill.lines()));
  return new Download("application/octet-stream", bill.gzip ? text.pipeThrough(new CompressionStream("gzip")) : text);
}

/** Made as fast as it is read, so that no bill is in memory as a whole. */
function streamed(pieces: Generator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    pull(controller) {
      const { value, done } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void pieces.return(undefined),
  });
}

function* pieces(lines: Iterable<string>): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let piece = "";
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield encoder.encode(piece);
    piece = "";
  }
  if (piece !== "") yield encoder.encode(piece);
}
