/** Pre-authorisations as recorded: written before the provider hears of them. */
import { and, desc, eq, lt } from "drizzle-orm";
import { insertOnce, read } from "../../../db/run.ts";
import { idempotencyAnswers } from "../../../db/schema/answers.ts";
import {
  type AuthorisationState,
  preAuthorisationOperations as operations,
  preAuthorisations,
} from "../../../db/schema/pre-authorisations.ts";
import { PayError } from "../../errors.ts";
import type { PreAuthorisations } from "../../providers/pre-authorisation.ts";
import type { PaymentContext } from "../context.ts";
import { assertUnanswered, NOTHING_BUT, type RequestKey, underKey } from "../idempotency.ts";
import { type AuthorisationRow, type AuthorisationView, authorisationView, type OperationRow } from "./view.ts";

/** The provider that freezes money. Throws METHOD_UNAVAILABLE when none is configured. */
export function freezingProvider(ctx: PaymentContext) {
  for (const { name, preAuthorisations: provider } of ctx.providers.all()) if (provider) return { name, provider };
  throw new PayError("METHOD_UNAVAILABLE");
}

/** The provider that a freeze or an operation was made with. */
export function freezesOf(ctx: PaymentContext, row: AuthorisationRow | OperationRow): PreAuthorisations {
  const provider = ctx.providers.get(row.provider).preAuthorisations;
  if (!provider) throw new Error(`the payment provider ${row.provider} freezes no money`);
  return provider;
}

type By<Number extends string> = { readonly [N in Number]: string } | { readonly requestKey: string };

export async function findAuthorisation(
  ctx: PaymentContext,
  by: By<"outOrderNo">,
): Promise<AuthorisationRow | undefined> {
  const wanted =
    "outOrderNo" in by
      ? eq(preAuthorisations.outOrderNo, by.outOrderNo)
      : eq(preAuthorisations.requestKey, by.requestKey);
  const [row] = await read(() => ctx.db.select().from(preAuthorisations).where(wanted));
  return row;
}

/** The freeze that a key made before, in one round trip. Throws AnsweredBefore. */
export async function findMadeAuthorisation(
  ctx: PaymentContext,
  { key }: RequestKey,
): Promise<AuthorisationRow | undefined> {
  const [row] = await read(() =>
    ctx.db
      .select({ freeze: preAuthorisations, answered: idempotencyAnswers })
      .from(NOTHING_BUT)
      .leftJoin(preAuthorisations, eq(preAuthorisations.requestKey, key))
      .leftJoin(idempotencyAnswers, underKey(key)),
  );
  assertUnanswered(row?.answered);
  return row?.freeze ?? undefined;
}

/** A freeze with the operation that a key made before, in one round trip. Throws AUTHORISATION_NOT_FOUND and AnsweredBefore. */
export async function getWithMadeOperation(
  ctx: PaymentContext,
  outOrderNo: string,
  { key }: RequestKey,
): Promise<{ readonly of: AuthorisationRow; readonly earlier: OperationRow | undefined }> {
  const [row] = await read(() =>
    ctx.db
      .select({ of: preAuthorisations, earlier: operations, answered: idempotencyAnswers })
      .from(preAuthorisations)
      .leftJoin(operations, eq(operations.requestKey, key))
      .leftJoin(idempotencyAnswers, underKey(key))
      .where(eq(preAuthorisations.outOrderNo, outOrderNo)),
  );
  assertUnanswered(row?.answered);
  if (!row) throw new PayError("AUTHORISATION_NOT_FOUND");
  return { of: row.of, earlier: row.earlier ?? undefined };
}

/** Throws AUTHORISATION_NOT_FOUND. */
export async function getAuthorisationRow(ctx: PaymentContext, outOrderNo: string): Promise<AuthorisationRow> {
  const row = await findAuthorisation(ctx, { outOrderNo });
  if (!row) throw new PayError("AUTHORISATION_NOT_FOUND");
  return row;
}

export async function findOperation(ctx: PaymentContext, by: By<"number">): Promise<OperationRow | undefined> {
  const wanted = "number" in by ? eq(operations.number, by.number) : eq(operations.requestKey, by.requestKey);
  const [row] = await read(() => ctx.db.select().from(operations).where(wanted));
  return row;
}

/** An operation that is known to be there. */
export async function getOperationRow(ctx: PaymentContext, number: string): Promise<OperationRow> {
  const row = await findOperation(ctx, { number });
  if (!row) throw new Error(`there is no operation ${number}`);
  return row;
}

/** The captures and releases of a freeze, oldest first; those that were never reserved are left out. */
export async function operationsOf(ctx: PaymentContext, outOrderNo: string): Promise<OperationRow[]> {
  const rows = await read(() =>
    ctx.db.select().from(operations).where(eq(operations.outOrderNo, outOrderNo)).orderBy(operations.createdAt),
  );
  return rows.filter((row) => row.state !== "REQUESTED");
}

/** Writes a freeze. Returns false when its request key is taken, or its number by a repeat of ours. */
export function insertAuthorisation(ctx: PaymentContext, row: AuthorisationRow): Promise<boolean> {
  return insertOnce(() => ctx.db.insert(preAuthorisations).values(row));
}

/** Writes an operation, in the same way. */
export function insertOperation(ctx: PaymentContext, row: OperationRow): Promise<boolean> {
  return insertOnce(() => ctx.db.insert(operations).values(row));
}

export interface AuthorisationPage {
  /** Without their operations. */
  readonly preAuthorisations: readonly AuthorisationView[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: string | null;
}

/** Pre-authorisations, newest first, by keyset: those in a state, or all. */
export async function listAuthorisations(
  ctx: PaymentContext,
  page: {
    readonly state?: AuthorisationState | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  },
): Promise<AuthorisationPage> {
  const inState = page.state === undefined ? undefined : eq(preAuthorisations.state, page.state);
  const older = page.before === undefined ? undefined : lt(preAuthorisations.outOrderNo, page.before);
  const rows = await read(() =>
    ctx.db
      .select()
      .from(preAuthorisations)
      .where(and(inState, older))
      .orderBy(desc(preAuthorisations.outOrderNo))
      .limit(page.limit + 1),
  );
  const shown = rows.slice(0, page.limit);
  return {
    preAuthorisations: await Promise.all(shown.map((row) => authorisationView(ctx, row, []))),
    next: rows.length > page.limit ? (shown.at(-1)?.outOrderNo ?? null) : null,
  };
}
