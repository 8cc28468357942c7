/** Control of bills: old columns or new ones, and payments that nobody made, for bills of any size. */
import { Hono } from "hono";
import * as z from "zod";
import type { SandboxEnv } from "../http.ts";
import { billDay } from "../wechat/bills-calendar.ts";
import type { World } from "../world.ts";
import { input } from "./input.ts";

const MOST_INVENTED = 10_000_000;

const BillOrder = z.strictObject({
  oldForm: z.boolean().optional(),
  invented: z
    .strictObject({
      date: z.string().refine((date) => billDay(date) !== undefined, "must be YYYY-MM-DD"),
      payments: z.int().min(0).max(MOST_INVENTED),
    })
    .optional(),
});

/** /_sandbox/wechat/bills */
export function billsControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.post("/wechat/bills", async (c) => {
    const { oldForm, invented } = await input(c, BillOrder);
    const { bills, merchant } = world.wechat;
    if (oldForm !== undefined) merchant.oldBillForm = oldForm;
    if (invented) bills.invent(invented.date, invented.payments);
    return c.json({ oldForm: merchant.oldBillForm });
  });
  return app;
}
