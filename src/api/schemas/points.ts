import * as z from "zod";
import { POINTS_KINDS } from "../../../db/schema/points.ts";
import { ENTRY_STATES } from "../../../db/schema/stock.ts";
import { parsePosition } from "../../payments/points/statement.ts";
import { limit, line, moment, points, userId } from "./fields.ts";

const whose = userId.optional().meta({ description: "Whose points; the caller's own when absent" });

export const pointsOwner = z.strictObject({ userId: whose });

const NOT_A_POSITION = "must be `next` of the page before";

const position = z
  .string()
  .max(320)
  .transform((text, context) => {
    const read = parsePosition(text);
    if (read) return read;
    context.addIssue({ code: "custom", message: NOT_A_POSITION });
    return z.NEVER;
  })
  .meta({ description: "`next` of the page before" });

export const listEntriesInput = z.strictObject({
  userId: whose,
  before: position.optional(),
  limit,
});

export const grantInput = z.strictObject({ userId, points: points.min(1), reason: line(200) });

export const pointsBalance = z
  .object({
    userId: z.string(),
    balance: z.int().meta({ description: "Below zero in debt" }),
    held: z.int().meta({ description: "Promised to open orders" }),
    available: z.int(),
    debt: z.int().meta({ description: "Spent before the payment that had earned them was refunded" }),
  })
  .meta({ id: "PointsBalance" });

export const entryPage = z.object({
  entries: z.array(
    z.object({
      kind: z.enum(POINTS_KINDS),
      causeId: z.string(),
      orderId: z.string().nullable(),
      points: z.int(),
      state: z.enum(ENTRY_STATES),
      reason: z.string().nullable(),
      createdAt: moment,
      postedAt: moment.nullable(),
      expiresAt: moment.nullable().meta({ description: "When points that were given end" }),
      change: z.int().meta({ description: "What the entry did to the balance: nothing unless it is posted" }),
      balanceAfter: z.int().meta({ description: "Below zero in debt" }),
    }),
  ),
  next: z.string().nullable().meta({ description: "Pass as `before` for older ones" }),
});
