import * as z from "zod";
import { POINTS_KINDS } from "../../../db/schema/points.ts";
import { ENTRY_STATES } from "../../../db/schema/stock.ts";
import { limit, line, moment, pastMoment, points, userId } from "./fields.ts";

const whose = userId.optional().meta({ description: "Whose points; the caller's own when absent" });

export const pointsOwner = z.strictObject({ userId: whose });

export const listEntriesInput = z.strictObject({
  userId: whose,
  before: pastMoment.optional().meta({ description: "`next` of the page before" }),
  limit,
});

export const grantInput = z.strictObject({ userId, points: points.min(1), reason: line(200) });

export const pointsBalance = z
  .object({
    userId: z.string(),
    balance: z.int(),
    held: z.int().meta({ description: "Promised to open orders" }),
    available: z.int(),
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
    }),
  ),
  next: moment.nullable(),
});
