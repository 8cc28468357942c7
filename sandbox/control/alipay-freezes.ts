/** Control of pre-authorisations: what is in the books, and the buyer's moves. */
import { Hono } from "hono";
import { confirmFreeze } from "../alipay/pre-auth.ts";
import { type Freeze, released, rest } from "../alipay/pre-auth-book.ts";
import type { SandboxEnv } from "../http.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { ControlError } from "./input.ts";

/** /_sandbox/alipay/freezes */
export function alipayFreezesControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/alipay/freezes", (c) => c.json(world.alipay.freezes.list().map(record)));
  // A buyer who opens it and refuses leaves it waiting until its time is over.
  app.post("/alipay/freezes/:no/refuse", (c) => {
    const freeze = freezeNamed(world, c.req.param("no"));
    freeze.opened = true;
    return c.json(record(freeze));
  });
  app.post("/alipay/freezes/:no/confirm", (c) => {
    const freeze = freezeNamed(world, c.req.param("no"));
    if (freeze.status !== "INIT") throw new ControlError(409, `the freeze is ${freeze.status}`);
    confirmFreeze(world, freeze);
    return c.json(record(freeze));
  });
  return app;
}

function freezeNamed(world: World, outOrderNo: string): Freeze {
  const freeze = world.alipay.freezes.byOutOrderNo(outOrderNo);
  if (!freeze) throw new ControlError(404, "no such freeze");
  return freeze;
}

function record(freeze: Freeze) {
  const { outOrderNo, authNo, channel, title, amount, opened, status, captured, createdAt } = freeze;
  const sums = { amount, captured, released: released(freeze), rest: rest(freeze) };
  return { outOrderNo, authNo, channel, title, opened, status, ...sums, createdAt: rfc3339(createdAt) };
}
