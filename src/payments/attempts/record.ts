import { eq } from "drizzle-orm";
import { read } from "../../../db/run.ts";
import { paymentTransactions } from "../../../db/schema/payments.ts";
import type { PaymentContext } from "../context.ts";
import type { AttemptRow } from "./view.ts";

/** The attempt of this number as it is now. The number must be a key: see isKey. */
export async function findAttempt(ctx: PaymentContext, outTradeNo: string): Promise<AttemptRow | undefined> {
  const [attempt] = await read(() =>
    ctx.db.select().from(paymentTransactions).where(eq(paymentTransactions.outTradeNo, outTradeNo)),
  );
  return attempt;
}
