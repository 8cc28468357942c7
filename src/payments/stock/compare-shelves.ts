/** Whether shelves are what their journals add up to: all of them, one after the other, in walks that many runs share. */
import { DatabaseUnavailable, read } from "../../../db/run.ts";
import {
  beginPass,
  deletePassesBefore,
  forgetDifferences,
  movePass,
  newestPass,
  noteDifferences,
  type StockDifference,
  type StockPass,
  shelvesAndJournals,
  skusBehind,
} from "../../../db/statements/stock-pass.ts";
import { inSeconds, type PaymentContext, presentOf } from "../context.ts";

/** A walk begins so long after the one before it began. */
const SECONDS_APART = 3600;
const KEPT_SECONDS = 7 * 86_400;

/** A journal of a million entries takes a second to sum up. */
const SKUS_AT_A_TIME = 50;

/** When so many journals could not be summed up, it is the database that does not answer. */
const MOST_UNLOOKED = 3;

/** Goes on with the walk, or begins one when it is time. Returns how many shelves it has looked at, or tried to. */
export async function compareShelves(ctx: PaymentContext, limit: number): Promise<number> {
  const pass = await currentPass(ctx);
  if (!pass) return 0;
  const skus = (await read(() => skusBehind(ctx.db, pass.afterSku, limit))).map(({ sku }) => sku);
  let unlooked = 0;
  for (let start = 0; start < skus.length; start += SKUS_AT_A_TIME) {
    unlooked += await compareOrSkip(ctx, skus.slice(start, start + SKUS_AT_A_TIME));
    if (unlooked >= MOST_UNLOOKED) throw new DatabaseUnavailable("the stock's journals can't be read");
  }
  await movePass(ctx.db, pass, {
    afterSku: skus.at(-1) ?? pass.afterSku,
    looked: skus.length - unlooked,
    unlooked,
    finishedAt: skus.length < limit ? presentOf(ctx) : null,
  });
  return skus.length;
}

/** The walk that is under way, or a new one; undefined when it is not time for one. */
async function currentPass(ctx: PaymentContext): Promise<StockPass | undefined> {
  const [newest] = await read(() => newestPass(ctx.db));
  if (newest && newest.finishedAt === null) return newest;
  if (newest && newest.startedAt > inSeconds(ctx, -SECONDS_APART)) return undefined;
  await beginPass(ctx.db, presentOf(ctx));
  await deletePassesBefore(ctx.db, inSeconds(ctx, -KEPT_SECONDS));
  return (await read(() => newestPass(ctx.db)))[0];
}

/** Compares shelves, one by one when all at once is too much. Returns how many it had to leave out. */
async function compareOrSkip(ctx: PaymentContext, skus: readonly string[]): Promise<number> {
  try {
    await compare(ctx, skus);
    return 0;
  } catch (error) {
    if (!(error instanceof DatabaseUnavailable)) throw error;
    if (skus.length === 1) {
      ctx.log.error("stock.unlooked", error, { sku: skus[0] });
      return 1;
    }
  }
  let unlooked = 0;
  for (const sku of skus) {
    unlooked += await compareOrSkip(ctx, [sku]);
    if (unlooked >= MOST_UNLOOKED) break;
  }
  return unlooked;
}

async function compare(ctx: PaymentContext, skus: readonly string[]): Promise<void> {
  const rows = await read(() => shelvesAndJournals(ctx.db, skus));
  const since = presentOf(ctx);
  const found: StockDifference[] = rows.filter(differs).map((row) => ({ ...row, since }));
  await noteDifferences(ctx.db, found);
  await forgetDifferences(
    ctx.db,
    rows.filter((row) => !differs(row)).map(({ sku }) => sku),
  );
  for (const { since: _, ...difference } of found) ctx.log.warn("stock.differs", difference);
}

function differs(row: Omit<StockDifference, "since">): boolean {
  return row.onHand !== row.journalOnHand || row.reserved !== row.journalReserved;
}
