import * as z from "zod";
import { ENTRY_KINDS, readBookmark } from "../../payments/explain/entry.ts";
import { limit, moment, reference } from "./fields.ts";

const after = z
  .string()
  .max(200)
  .transform((text, context) => {
    const mark = readBookmark(text);
    if (mark) return mark;
    context.addIssue({ code: "custom", message: "must be `next` of the page before" });
    return z.NEVER;
  })
  .meta({ description: "`next` of the page before" });

export const explainInput = z
  .strictObject({
    orderId: reference.optional(),
    outTradeNo: reference.optional(),
    refundId: reference.optional(),
    after: after.optional(),
    limit,
  })
  .refine(({ orderId, outTradeNo, refundId }) => [orderId, outTradeNo, refundId].filter(Boolean).length === 1, {
    path: ["orderId"],
    error: "give just one of orderId, outTradeNo and refundId",
  });

export const storyPage = z
  .object({
    orderId: z.string(),
    entries: z.array(
      z.object({
        at: moment,
        kind: z.enum(ENTRY_KINDS),
        id: z.string(),
        text: z.string().meta({ description: "What happened, in plain English" }),
        facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
          description: "As on record; amounts in yuan. `request` and `response` of provider calls are JSON, redacted",
        }),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: "Story" });
