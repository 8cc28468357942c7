/**
 * Columns whose text is sealed, because it is or may be about a person: what the service seals, and what key rotation goes
 * through. A column that is added here is text wide enough for 4/3 of what it holds and 60 characters more.
 */

/** Tables with sealed columns, and the key that names a row of each. */
export const SEALED_TABLES = {
  orders: { key: "id", columns: ["subject"] },
  payment_transactions: { key: "out_trade_no", columns: ["request", "credential"] },
  combined_payments: { key: "combine_out_trade_no", columns: ["request", "credential"] },
  refund_records: { key: "id", columns: ["request", "reason"] },
  transfers: { key: "out_bill_no", columns: ["request", "openid", "payee", "title", "remark", "confirmation"] },
  pre_authorisations: { key: "out_order_no", columns: ["request", "credential"] },
  pre_authorisation_operations: { key: "number", columns: ["request"] },
  idempotency_answers: { key: "request_key", columns: ["answer"] },
} as const satisfies Record<string, { readonly key: string; readonly columns: readonly string[] }>;

export type SealedTable = keyof typeof SEALED_TABLES;

/** Such as `transfers.openid`. */
export type SealedColumn = {
  [T in SealedTable]: `${T}.${(typeof SEALED_TABLES)[T]["columns"][number]}`;
}[SealedTable];

/** What a text is bound to when it is sealed: its column and its row. */
export function placeOf(column: SealedColumn, rowKey: string): string {
  return `${column}:${rowKey}`;
}
