/** A shop under test: the real domain in this isolate, over the real gateway, against the real simulator. */
import { eq, sql } from "drizzle-orm";
import { connectDatabase, type Database } from "../../../db/client.ts";
import { pointsAccounts, pointsLogs } from "../../../db/schema/points.ts";
import { inventoryItems, inventoryLogs } from "../../../db/schema/stock.ts";
import { NO_ORDER } from "../../../db/statements/stock.ts";
import { type Fen, fen } from "../../../src/money.ts";
import type { Actor, PaymentContext, Settings } from "../../../src/payments/context.ts";
import { PaymentManager } from "../../../src/payments/manager.ts";
import { CallLog, writeProviderCalls } from "../../../src/payments/provider-calls.ts";
import type { AlipayCertificates } from "../../../src/providers/alipay/config.ts";
import { AlipayPayProvider } from "../../../src/providers/alipay/provider.ts";
import { PointsProvider } from "../../../src/providers/points/provider.ts";
import type { PaymentProvider } from "../../../src/providers/provider.ts";
import { ProviderRegistry } from "../../../src/providers/registry.ts";
import { WechatPayProvider } from "../../../src/providers/wechat/provider.ts";
import type { FieldCipher } from "../../../src/security/field-cipher.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { world } from "../../setup/slot.ts";
import { TEST_CIPHER } from "../../support/field-keys.ts";

export const OPERATOR: Actor = { id: "operator-1", role: "operator" };
export const SERVICE: Actor = { id: "service-1", role: "service" };

export interface Shop {
  readonly ctx: PaymentContext;
  readonly db: Database;
  readonly manager: PaymentManager;
  /** Lines that were logged, for tests that search them. */
  readonly lines: readonly string[];
  /** Numbers of the deadlocks (1213) and lock wait timeouts (1205) that this shop's statements met, retried or not. */
  readonly contention: readonly number[];
  /** Moves this shop's clock. */
  advance(seconds: number): void;
  /** Waits until everything deferred has been done. */
  idle(): Promise<void>;
}

export interface ShopOptions {
  readonly settings?: Partial<Settings>;
  readonly providerTimeoutMs?: number;
  /** Names the round trips of this shop at the gateway; those of deferred work carry `/later` behind it. */
  readonly requestId?: string;
  /** Seals with other keys than those of all tests. */
  readonly cipher?: FieldCipher;
  /** Speaks to Alipay with these certificates; in public-key mode when absent. */
  readonly alipayCertificates?: AlipayCertificates;
}

/** What holds unless a test says otherwise. */
const SETTINGS: Settings = {
  orderTtlMinutes: 30,
  customerRefunds: "request",
  latePayments: "refund",
  mixedRefunds: "proportional",
  pointsPerYuan: 0,
  pointsDays: 0,
  pointsShortage: "debt",
  openOrdersPerBuyer: 1000,
  idempotencyHours: 24,
  retentionDays: 400,
};

/** Opens a shop on this worker's database and simulator. Several on one database are like several isolates. */
export function openShop(options: ShopOptions = {}): Shop {
  const { databaseUrl, env } = world();
  const lines: string[] = [];
  const contention: number[] = [];
  const deferred = new Set<Promise<unknown>>();
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const timeoutMs = options.providerTimeoutMs ?? 2500;
  const transport = watchContention(contention);
  const connect = (requestId: string | undefined) =>
    connectDatabase({ url: databaseUrl, timeoutMs: 20_000, fetch: transport, requestId });
  const db = connect(options.requestId);
  const laterDb = connect(options.requestId && `${options.requestId}/later`);
  const ctx: PaymentContext = {
    requestId: options.requestId ?? "test",
    db,
    providers: new ProviderRegistry([...providersOf(env, options), new PointsProvider(db)]),
    settings: { ...SETTINGS, ...options.settings },
    log: createLogger({}, (line) => lines.push(line), now),
    cipher: options.cipher ?? TEST_CIPHER,
    calls: new CallLog(),
    now,
    providerBudget: () => AbortSignal.timeout(timeoutMs),
    defer: (work) => {
      const promise = work({ ...ctx, db: laterDb }).catch((error: unknown) => ctx.log.error("deferred.failed", error));
      deferred.add(promise);
      void promise.finally(() => deferred.delete(promise));
    },
  };
  return {
    ctx,
    db,
    manager: new PaymentManager(ctx),
    lines,
    contention,
    advance: (seconds) => {
      ahead += seconds * 1000;
    },
    idle: async () => {
      while (deferred.size > 0) await Promise.all(deferred);
      await writeProviderCalls({ ...ctx, db: laterDb });
    },
  };
}

/** The real transport, reading along: statements that meet contention are sent again without their caller knowing. */
function watchContention(seen: number[]): typeof fetch {
  return async (input, init) => {
    const response = await globalThis.fetch(input, init);
    const number = /\(errno (1213|1205)\)/.exec(await response.clone().text())?.[1];
    if (number !== undefined) seen.push(Number(number));
    return response;
  };
}

function providersOf(env: Readonly<Record<string, string>>, options: ShopOptions): readonly PaymentProvider[] {
  const { alipayCertificates: certificates } = options;
  if (!certificates) return providers(env);
  const certified = new AlipayPayProvider({ ...alipayConfig(env), certificates }, runtime());
  return providers(env).map((provider) => (provider.name === "alipay" ? certified : provider));
}

/** What Alipay's two modes have in common. */
function alipayConfig(env: Readonly<Record<string, string>>) {
  return {
    appId: env.ALIPAY_APP_ID ?? "",
    sellerId: env.ALIPAY_SELLER_ID ?? "",
    privateKeyPem: env.ALIPAY_PRIVATE_KEY ?? "",
    gatewayUrl: env.ALIPAY_GATEWAY_URL ?? "",
    notifyUrl: "http://127.0.0.1/api/v1/payments/alipay/notify",
  };
}

const runtime = () => ({ fetch: globalThis.fetch.bind(globalThis) });

let cached: PaymentProvider[] | undefined;

/** The providers of this isolate, with keys imported once. */
function providers(env: Readonly<Record<string, string>>): PaymentProvider[] {
  cached ??= [
    new WechatPayProvider(
      {
        appId: env.WECHAT_APP_ID ?? "",
        ...(env.WECHAT_MINI_APP_ID && { miniAppId: env.WECHAT_MINI_APP_ID }),
        ...(env.WECHAT_MOBILE_APP_ID && { mobileAppId: env.WECHAT_MOBILE_APP_ID }),
        ...(env.WECHAT_KEY && { v2Key: env.WECHAT_KEY }),
        mchId: env.WECHAT_MCH_ID ?? "",
        apiV3Key: env.WECHAT_API_V3_KEY ?? "",
        privateKeyPem: env.WECHAT_API_CLIENT_KEY ?? "",
        serialNo: env.WECHAT_API_SERIAL_NO ?? "",
        publicKey: { id: env.WECHAT_PUBLIC_KEY_ID ?? "", pem: env.WECHAT_PUBLIC_KEY ?? "" },
        baseUrl: env.WECHAT_API_BASE_URL ?? "",
        notifyUrl: "http://127.0.0.1/api/v1/payments/wechat/notify",
        refundNotifyUrl: "http://127.0.0.1/api/v1/payments/wechat/refund/notify",
      },
      { fetch: globalThis.fetch.bind(globalThis) },
    ),
    new AlipayPayProvider({ ...alipayConfig(env), publicKeyPem: env.ALIPAY_PUBLIC_KEY ?? "" }, runtime()),
  ];
  return cached;
}

let counter = 0;

/** A name that no other test uses. */
export function unique(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}-${crypto.randomUUID().slice(0, 8)}-${++counter}`;
}

/** A customer of this test alone, with points when asked for. */
export async function newCustomer(shop: Shop, points = 0): Promise<Actor> {
  const actor: Actor = { id: unique("customer"), role: "customer" };
  if (points > 0) await openWithPoints(shop, actor.id, points);
  return actor;
}

/** As grantPoints leaves an account and its journal, in fewer round trips. */
async function openWithPoints(shop: Shop, userId: string, points: number): Promise<void> {
  const now = new Date();
  const entry = {
    userId,
    kind: "GRANT",
    causeId: userId,
    points,
    state: "POSTED",
    createdAt: now,
    postedAt: now,
  } as const;
  await Promise.all([
    shop.db.insert(pointsAccounts).values({ userId, balance: points, held: 0 }),
    shop.db.insert(pointsLogs).values({ ...entry, reason: "test", createdBy: OPERATOR.id }),
  ]);
}

/** Something to sell in this test alone, as adjustStock leaves the shelf and its journal. */
export async function newSku(shop: Shop, pieces: number, price: Fen = fen(1000)): Promise<string> {
  const sku = unique("SKU");
  const now = new Date();
  const entry = {
    orderId: NO_ORDER,
    kind: "ADJUST",
    sku,
    causeId: sku,
    state: "POSTED",
    createdBy: OPERATOR.id,
    createdAt: now,
    postedAt: now,
  } as const;
  const stocked = pieces > 0 && shop.db.insert(inventoryLogs).values({ ...entry, quantity: pieces, reason: "opening" });
  await Promise.all([
    shop.db
      .insert(inventoryItems)
      .values({ sku, title: "测试商品", price, active: true, onHand: pieces, reserved: 0, shortage: 0 }),
    stocked,
  ]);
  return sku;
}

/** What the item's row says: [on_hand, reserved]. */
export async function stockOf(shop: Shop, sku: string): Promise<[number, number]> {
  const [item] = await shop.db.select().from(inventoryItems).where(eq(inventoryItems.sku, sku));
  if (!item) throw new Error(`no such SKU: ${sku}`);
  return [item.onHand, item.reserved];
}

/** What the item's journal adds up to: [on_hand, reserved]. Always the same as stockOf, or the books are wrong. */
export async function journalOf(shop: Shop, sku: string): Promise<[number, number]> {
  const { rows } = await shop.db.execute(
    sql`select
      coalesce(sum(case when l.state = 'POSTED' then (case l.kind when 'SALE' then -l.quantity else l.quantity end) end), 0) as on_hand,
      coalesce(sum(case when l.state = 'PENDING' and l.kind = 'SALE' and o.state = 'PENDING' then l.quantity end), 0) as reserved
      from inventory_logs l left join orders o on o.id = l.order_id where l.sku = ${sku}`,
  );
  const [row] = rows as { on_hand: string; reserved: string }[];
  return [Number(row?.on_hand), Number(row?.reserved)];
}
