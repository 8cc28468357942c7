import type * as z from "zod";
import { PayError } from "../../errors.ts";
import type { Actor } from "../../payments/context.ts";
import { cancelOrder } from "../../payments/orders/close-order.ts";
import { createOrder } from "../../payments/orders/create-order.ts";
import type { OrderRequest } from "../../payments/orders/draft.ts";
import { getOrder, listOrders } from "../../payments/orders/read-order.ts";
import { keyedProcedure } from "../answers.ts";
import { idempotencyKey } from "../context.ts";
import {
  cancelOrderInput,
  createOrderInput,
  listOrdersInput,
  order,
  orderPage,
  orderReference,
} from "../schemas/orders.ts";
import { BUYERS, procedureFor, READERS, router } from "../trpc.ts";
import { assertOwn } from "./own.ts";

export const ordersRouter = router({
  create: keyedProcedure(BUYERS, { need: "optional", looksItself: true }, createOrderInput)
    .output(order)
    .mutation(({ ctx, input }) =>
      createOrder(ctx.payments, ctx.actor, orderRequest(ctx.actor, input), idempotencyKey(ctx)),
    ),
  get: procedureFor(READERS)
    .input(orderReference)
    .output(order)
    .query(({ ctx, input }) => getOrder(ctx.payments, ctx.actor, input.orderId)),
  list: procedureFor(READERS)
    .input(listOrdersInput)
    .output(orderPage)
    .query(({ ctx, input }) => {
      if (input.userId !== undefined) assertOwn(ctx.actor, input.userId);
      return listOrders(ctx.payments, ctx.actor, input);
    }),
  cancel: procedureFor(BUYERS)
    .input(cancelOrderInput)
    .output(order)
    .mutation(({ ctx, input }) => cancelOrder(ctx.payments, ctx.actor, input.orderId)),
});

/** Only services and operators order for others, or set prices. Throws FORBIDDEN, and BAD_INPUT for an order of nothing. */
function orderRequest(actor: Actor, input: z.output<typeof createOrderInput>): OrderRequest {
  const { reason: _reason, ...request } = input;
  const { items, amount, userId = actor.id } = request;
  const reserved = (["userId", "adjustments", "amount"] as const).filter((name) => input[name] !== undefined);
  if (actor.role === "customer" && reserved.length > 0) {
    const issues = reserved.map((path) => ({ path, message: "not for customers to set" }));
    throw new PayError("FORBIDDEN", { issues });
  }
  if ((items === undefined) === (amount === undefined)) {
    const issues = [{ path: "items", message: items ? "not together with an amount" : "at least one item is needed" }];
    throw new PayError("BAD_INPUT", { issues });
  }
  return { ...request, userId, items: items ?? [] };
}
