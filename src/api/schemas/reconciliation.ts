import * as z from "zod";
import { BILL_DAY_STATES, DIFFERENCE_STATES, DIFFERENCES } from "../../../db/schema/bills.ts";
import { BILL_ENTRY_KINDS } from "../../providers/bill.ts";
import { limit, line, moment, provider, reference } from "./fields.ts";

const date = z.iso.date().meta({ description: "A day in Beijing", examples: ["2026-11-21"] });

export const billDaysInput = z.strictObject({
  provider,
  before: date.optional().meta({ description: "`next` of the page before" }),
  limit,
});

export const billDay = z
  .object({
    provider,
    date: z.string(),
    state: z.enum(BILL_DAY_STATES),
    lines: z.int().meta({ description: "How many payments and refunds the bill lists" }),
    nextCheckAt: moment.nullable().meta({ description: "When the jobs look at it again; null for never" }),
    doneAt: moment.nullable().meta({ description: "When it was last reconciled" }),
  })
  .meta({ id: "BillDay" });

export const billDayPage = z.object({ days: z.array(billDay), next: z.string().nullable() });

export const differencesInput = z.strictObject({
  provider,
  date,
  state: z.enum(DIFFERENCE_STATES).optional(),
  after: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

const yuanOrNull = z.string().nullable().meta({ description: "Yuan, as it was when the difference was found" });

export const differencePage = z.object({
  differences: z.array(
    z
      .object({
        id: z.string(),
        kind: z.enum(BILL_ENTRY_KINDS),
        number: z.string().meta({ description: "The out_trade_no or out_refund_no" }),
        outTradeNo: z.string(),
        providerNo: z.string().meta({ description: "The provider's number; empty where its bill does not list it" }),
        difference: z.enum(DIFFERENCES),
        state: z.enum(DIFFERENCE_STATES),
        there: yuanOrNull,
        here: yuanOrNull,
        fee: yuanOrNull,
        statusThere: z.string().nullable(),
        statusHere: z.string().nullable(),
        createdAt: moment,
        settledAt: moment.nullable(),
      })
      .meta({ id: "BillDifference" }),
  ),
  next: z.string().nullable(),
});

export const rerunInput = z.strictObject({ provider, date, reason: line(200) });
