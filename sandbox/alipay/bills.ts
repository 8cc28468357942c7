/** Bills: asked for with a signed answer, fetched as a zip from an address that lives thirty seconds. */
import { Hono } from "hono";
import * as z from "zod";
import { gbkBytes } from "../gbk.ts";
import type { SandboxEnv } from "../http.ts";
import type { World } from "../world.ts";
import { type ZipEntry, zipped } from "../zip.ts";
import type { Bill } from "./bill.ts";
import { type BillPeriod, requestedPeriod } from "./bills-calendar.ts";
import { type BillFile, fileBytes } from "./bills-csv.ts";
import { type Entry, entries } from "./bills-entries.ts";
import {
  feeOf,
  type LedgerRow,
  type LedgerSums,
  ledgerDetail,
  ledgerSummary,
  Totals,
  tradeDetail,
  tradeSummary,
} from "./bills-forms.ts";
import type { Endpoint, Input } from "./endpoint.ts";
import { AlipayError } from "./errors.ts";

const METHOD = "alipay.data.dataservice.bill.downloadurl.query";

export const billEndpoints: readonly Endpoint[] = [{ method: METHOD, operation: "bill", run: offerBill }];

const Query = z.object({ bill_type: z.enum(["trade", "signcustomer"]), bill_date: z.string().max(15) });

function offerBill(world: World, { bizContent }: Input) {
  const query = Query.safeParse(bizContent);
  if (!query.success) {
    const issue = query.error.issues[0];
    throw new AlipayError("40004", "INVAILID_ARGUMENTS", `入参不合法：${issue?.path.join(".") ?? ""}`);
  }
  const { bill_type: type, bill_date: date } = query.data;
  const period = requestedPeriod(world.clock.now(), date);
  const token = world.alipay.bills.issue(type === "trade" ? tradeBill(world, period) : ledgerBill(world, period));
  const isEmpty = entries(world, period).next().done === true;
  return {
    bill_download_url: `${world.url}/alipay/bill/${token}`,
    ...(isEmpty && { bill_file_code: "EMPTY_DATA_WITH_BILL_FILE" }),
  };
}

/** The download, a plain GET that nobody signs. */
export function billDownloads(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/alipay/bill/:token", (c) => {
    const bill = world.alipay.bills.issued(c.req.param("token"));
    if (!bill) return c.text("账单下载链接已失效", 403);
    const fault = world.faults.take(
      { provider: "alipay", operation: "bill_download", outTradeNo: undefined },
      FAILURES,
    );
    if (fault) return c.text("Internal Server Error", fault.kind === "http_503" ? 503 : 500);
    c.header("Content-Type", "application/octet-stream");
    c.header("Content-Disposition", `attachment; filename="${bill.name}.csv.zip"`);
    return c.body(streamed(zipped(bill.entries())));
  });
  return app;
}

/** Made as fast as it is read. */
function streamed(pieces: AsyncGenerator<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await pieces.return(undefined)),
  });
}

const FAILURES = ["http_500", "http_503"] as const;

function tradeBill(world: World, period: BillPeriod): Bill {
  const name = fileName(world, period);
  return {
    name,
    entries: () => {
      const totals = new Totals();
      const rows = () => noted(entries(world, period), (entry) => totals.add(entry));
      return [
        file(world, period, `${name}_业务明细.csv`, tradeDetail(totals), rows),
        file(world, period, `${name}_业务明细(汇总).csv`, tradeSummary, () => [totals]),
      ];
    },
  };
}

function ledgerBill(world: World, period: BillPeriod): Bill {
  const name = fileName(world, period);
  return {
    name,
    entries: () => {
      const sums: LedgerSums = { incoming: 0, outgoing: 0, in: 0, out: 0 };
      const rows = () => noted(ledger(entries(world, period)), (row) => addUp(sums, row));
      return [
        file(world, period, `${name}_账务明细.csv`, ledgerDetail(sums), rows),
        file(world, period, `${name}_账务明细(汇总).csv`, ledgerSummary, () => [sums]),
      ];
    },
  };
}

/** The balance starts each period with a million yuan. */
const OPENING = 100_000_000;

function* ledger(all: Iterable<Entry>): Generator<LedgerRow> {
  let balance = OPENING;
  for (const entry of all) {
    const isPayment = entry.kind === "payment";
    const amount = isPayment ? entry.amount : -entry.amount;
    balance += amount;
    yield { entry, kind: isPayment ? "在线支付" : "交易退款", amount, balance };
    const fee = -feeOf(entry);
    if (fee === 0) continue;
    balance += fee;
    yield { entry, kind: isPayment ? "收费" : "退费", amount: fee, balance };
  }
}

function addUp(sums: LedgerSums, { amount }: LedgerRow): void {
  if (amount > 0) {
    sums.incoming += 1;
    sums.in += amount;
  } else {
    sums.outgoing += 1;
    sums.out -= amount;
  }
}

function* noted<Row>(rows: Iterable<Row>, note: (row: Row) => void): Generator<Row> {
  for (const row of rows) {
    note(row);
    yield row;
  }
}

function file<Row>(
  world: World,
  period: BillPeriod,
  name: string,
  form: BillFile<Row>,
  rows: () => Iterable<Row>,
): ZipEntry {
  return { name: gbkBytes(name), content: () => fileBytes(world, period, form, rows()) };
}

function fileName(world: World, { date }: BillPeriod): string {
  return `${world.alipay.sellerId}0156_${date.replaceAll("-", "")}`;
}
