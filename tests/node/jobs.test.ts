/** `npm run jobs` as operators run it: which jobs it does, what it says of them, and how it ends. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { beforeEach, expect, it } from "vitest";
import { orders } from "../../db/schema/orders.ts";
import { JOB_NAMES } from "../../src/jobs/run.ts";
import { getOrder } from "../../src/payments/orders/read-order.ts";
import { environment } from "../integration/api/support.ts";
import { startAfresh } from "../integration/support/afresh.ts";
import { setFaults } from "../integration/support/controls.ts";
import { newOrder } from "../integration/support/purchases.ts";
import { OPERATOR, openShop, type Shop } from "../integration/support/shop.ts";

beforeEach(startAfresh);

const PROGRAM = fileURLToPath(new URL("../../scripts/jobs.ts", import.meta.url));

interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function jobs(names: readonly string[], changes: Readonly<Record<string, string>> = {}): Promise<Ending> {
  const env = { ...process.env, ...environment(), ...changes } as NodeJS.ProcessEnv;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...names], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

async function expiredOrder(shop: Shop): Promise<string> {
  const { orderId } = await newOrder(shop);
  const past = new Date(Date.now() - 1000);
  await shop.db.update(orders).set({ expiresAt: past, nextCheckAt: past }).where(eq(orders.id, orderId));
  return orderId;
}

const statusOf = async (shop: Shop, orderId: string) => (await getOrder(shop.ctx, OPERATOR, orderId)).status;

it("does the jobs that are named and no others, and says how many rows each took on", async () => {
  const shop = openShop();
  const orderId = await expiredOrder(shop);
  expect(await jobs(["keys", "points"])).toMatchObject({ code: 0, out: "keys: 0\npoints: 0\n" });
  expect(await statusOf(shop, orderId)).toBe("PENDING");
  const { code, out, err } = await jobs(["orders", "keys", "orders"]);
  expect([code, out]).toEqual([0, "orders: 1\nkeys: 0\n"]);
  expect(err).toContain(orderId);
  expect(await statusOf(shop, orderId)).toBe("CLOSED");
}, 60_000);

it("does all of them when none is named", async () => {
  const shop = openShop();
  const orderId = await expiredOrder(shop);
  const { code, out } = await jobs([]);
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines.map((line) => line.replace(/: \d+$/, ""))).toEqual(JOB_NAMES);
  expect(lines).toContain("orders: 1");
  expect(await statusOf(shop, orderId)).toBe("CLOSED");
}, 60_000);

it("does nothing where a name is not one of them, and says which there are", async () => {
  const shop = openShop();
  const orderId = await expiredOrder(shop);
  const { code, out, err } = await jobs(["orders", "order", "toString"]);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toBe(`no such job: order, toString. There are ${JOB_NAMES.join(", ")}.\n`);
  expect(await statusOf(shop, orderId)).toBe("PENDING");
}, 60_000);

it("ends with 1 where one fails, when the others have had their turns, and shows no SQL", async () => {
  const shop = openShop();
  const orderId = await expiredOrder(shop);
  const match = "from `refund_records` where `refund_records`.`next_check_at`";
  await setFaults({ fail: [1, 2].map((at) => ({ at, when: "before", how: "drop", match })) });
  const failed = await jobs(["refunds", "orders"]);
  expect(failed).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("the jobs failed, see the log above"),
  });
  expect(failed.err).toContain('"job":"refunds"');
  expect(await statusOf(shop, orderId)).toBe("CLOSED");
  expect(failed.err).not.toMatch(/select |\n {4}at /);
}, 60_000);

it("says so where DATABASE_URL is not the address that the Worker uses, and shows nothing of it", async () => {
  const { code, err } = await jobs(["orders"], { DATABASE_URL: "mysql://root:secret-of-mine@127.0.0.1:3306/shop" });
  expect(code).toBe(1);
  expect(err).toContain("DATABASE_URL");
  expect(err).not.toContain("secret-of-mine");
}, 60_000);
