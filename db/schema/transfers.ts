import { sql } from "drizzle-orm";
import { check, index, mysqlTable, uniqueIndex, varchar } from "drizzle-orm/mysql-core";
import type { ProviderName } from "../../src/providers/methods.ts";
import type { AlipayIdentityType, AlipayTransferProduct, TransferApplication } from "../../src/providers/transfers.ts";
import { checkColumns, fenColumn, instant, key, requestColumns, sealedColumn } from "../columns.ts";

/**
 * CREATED → PROCESSING ⇄ AWAITING_USER → CANCELLING; SUCCESS, FAILED and CANCELLED are final; SUCCESS → RETURNED. Where the
 * provider takes none back, what arrives after it was given up goes from CANCELLING to PROCESSING.
 */
export const TRANSFER_STATES = [
  "CREATED",
  "PROCESSING",
  "AWAITING_USER",
  "CANCELLING",
  "SUCCESS",
  "FAILED",
  "CANCELLED",
  "RETURNED",
] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];

/** Money paid out to a user, known to the provider by `out_bill_no`. `request` is the exact text sent. */
export const transfers = mysqlTable(
  "transfers",
  {
    outBillNo: key("out_bill_no", { length: 32 }).primaryKey(),
    provider: key("provider", { length: 8 }).$type<ProviderName>().notNull(),
    state: key("state", { length: 13 }).$type<TransferState>().notNull(),
    /** WeChat Pay's recipient and scene. */
    application: key("application", { length: 16 }).$type<TransferApplication>(),
    openid: sealedColumn("openid"),
    sceneId: key("scene_id", { length: 36 }),
    /** Alipay's recipient, a sign-in name only in part, and what the transfer is. */
    payeeType: key("payee_type", { length: 16 }).$type<AlipayIdentityType>(),
    payee: sealedColumn("payee"),
    productCode: key("product_code", { length: 32 }).$type<AlipayTransferProduct>(),
    title: sealedColumn("title"),
    sceneName: varchar("scene_name", { length: 64 }),
    amount: fenColumn("amount").notNull(),
    remark: sealedColumn("remark").notNull(),
    request: sealedColumn("request").notNull(),
    /** The serial of the key that the request's encrypted parts are for. */
    encryptedFor: key("encrypted_for", { length: 64 }),
    /** What the recipient's client needs to confirm, as JSON. */
    confirmation: sealedColumn("confirmation"),
    providerBillNo: key("provider_bill_no", { length: 64 }),
    failureCode: key("failure_code", { length: 64 }),
    requestedBy: key("requested_by", { length: 64 }).notNull(),
    ...requestColumns(),
    createdAt: instant("created_at").notNull(),
    finishedAt: instant("finished_at"),
    ...checkColumns(),
  },
  (t) => [
    uniqueIndex("transfers_request_key").on(t.requestKey),
    index("transfers_state").on(t.state, t.outBillNo),
    index("transfers_next_check").on(t.nextCheckAt),
    check(
      "transfers_state_known",
      sql`state in ('CREATED','PROCESSING','AWAITING_USER','CANCELLING','SUCCESS','FAILED','CANCELLED','RETURNED')`,
    ),
    check("transfers_amount", sql`amount > 0`),
  ],
);
