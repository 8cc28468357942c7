/** A shop with sealed rows, and the command that seals them anew. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { inject } from "vitest";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import { openStore, type Store } from "../../../scripts/rotate-keys/store.ts";
import { fieldKeys } from "../../../src/config/field-keys.ts";
import { recordedAttempt } from "../../../src/payments/attempts/view.ts";
import { FieldCipher } from "../../../src/security/field-cipher.ts";
import { frozenMoney } from "../../integration/support/pre-authorisations.ts";
import { newOrder, newPaidOrder, type Purchase, startPayment } from "../../integration/support/purchases.ts";
import { openShop, type Shop, unique } from "../../integration/support/shop.ts";
import { startTransfer } from "../../integration/support/transfers.ts";
import { world } from "../../setup/slot.ts";

export const OLD = `old:${Buffer.alloc(32, 1).toString("base64")}`;
export const NEW = `new:${Buffer.alloc(32, 2).toString("base64")}`;
export const cipherOf = (keys: string) => new FieldCipher(fieldKeys.parse(keys));
export const BOTH = `${NEW},${OLD}`;

const PROGRAM = fileURLToPath(new URL("../../../scripts/rotate-keys.ts", import.meta.url));
export const directly = () => `${inject("mysqlUrl")}/${world().database}`;
export const overHttp = () => world().databaseUrl;

interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function rotateKeys(databaseUrl: string, keys: string, ...args: string[]): Promise<Ending> {
  const env = { ...process.env, DATABASE_URL: databaseUrl, FIELD_ENCRYPTION_KEYS: keys };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** What a shop with the old key has written: an open payment, a refund that a customer asked for, a transfer, a freeze. */
interface Written {
  readonly shop: Shop;
  readonly purchase: Purchase;
  readonly outTradeNo: string;
  readonly request: string;
  readonly transfer: string;
}

export const WORDS = "尺码不合适，请打13800001234";

export async function writeAll(): Promise<Written> {
  const shop = openShop({ cipher: cipherOf(OLD) });
  const purchase = await newOrder(shop);
  const outTradeNo = await startPayment(shop, purchase, "wechat");
  const { customer, orderId } = await newPaidOrder(shop, "wechat");
  await shop.manager.refund(customer, { provider: "wechat", orderId, reason: WORDS }, unique("refund"));
  const { outBillNo: transfer } = await startTransfer(shop);
  await frozenMoney(shop);
  await shop.idle();
  return { shop, purchase, outTradeNo, transfer, request: await requestOf(shop, outTradeNo) };
}

export async function attemptRow(shop: Shop, outTradeNo: string) {
  const found = await shop.db.select().from(paymentTransactions).where(eq(paymentTransactions.outTradeNo, outTradeNo));
  if (!found[0]) throw new Error("no such attempt");
  return found[0];
}

/** The exact text of an attempt, opened. */
export async function requestOf(shop: Shop, outTradeNo: string): Promise<string> {
  return (await recordedAttempt(shop.ctx, await attemptRow(shop, outTradeNo))).request;
}

/** A way to the database on which `before` comes ahead of every change. */
export async function storeWith(before: (nth: number) => Promise<void>): Promise<Store> {
  const store = await openStore(overHttp());
  let changes = 0;
  return {
    ...store,
    change: async (statement) => {
      await before(++changes);
      return await store.change(statement);
    },
  };
}
