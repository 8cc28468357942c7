/** Control of callbacks: what was sent, and for tests that deliver themselves, what to send. */
import { Hono } from "hono";
import * as z from "zod";
import type { Delivery, SignedRequest } from "../deliveries.ts";
import type { SandboxEnv } from "../http.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { ControlError, input } from "./input.ts";
import { SignOrder, signOnRequest } from "./sign.ts";

const Filter = z.strictObject({
  outTradeNo: z.string().optional(),
  event: z.string().optional(),
  includeAccepted: z.boolean().optional(),
  early: z.boolean().optional(),
});

const Answer = z.strictObject({ status: z.int().min(100).max(599), body: z.string().default("") });

/** /_sandbox/deliveries and /_sandbox/sign */
export function deliveriesControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/deliveries", (c) => c.json(world.deliveries.list().map(record)));
  app.post("/deliveries/take", async (c) => {
    const due = world.deliveries.due(await input(c, Filter));
    return c.json(due.map((delivery) => taken(delivery.id, world.deliveries.sign(delivery))));
  });
  app.post("/deliveries/:id/answer", async (c) => {
    const delivery = world.deliveries.find(c.req.param("id"));
    if (!delivery) throw new ControlError(404, "no such delivery");
    world.deliveries.answer(delivery, await input(c, Answer));
    return c.json(record(delivery));
  });
  app.post("/sign", async (c) => c.json(taken(null, signOnRequest(world, await input(c, SignOrder)))));
  return app;
}

function taken(id: string | null, request: SignedRequest) {
  const body = Buffer.from(request.body, "utf8").toString("base64");
  return { id, url: request.url, method: "POST", headers: request.headers, body };
}

function record(delivery: Delivery) {
  const { provider, event, notifyId, outTradeNo, url } = delivery.notice;
  const { id, attempts, state, nextAt, lastAnswer } = delivery;
  const next = nextAt === null ? null : rfc3339(nextAt);
  return { id, provider, event, notifyId, outTradeNo, url, attempts, state, nextAt: next, lastAnswer };
}
