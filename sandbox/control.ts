/** The control interface under /_sandbox: JSON, from this machine only. Described in README.md. */
import { Hono } from "hono";
import * as z from "zod";
import { alipayControl, alipaySettings } from "./control/alipay.ts";
import { alipayFreezesControl } from "./control/alipay-freezes.ts";
import { alipayTransfersControl } from "./control/alipay-transfers.ts";
import { billsControl } from "./control/bills.ts";
import { booksControl } from "./control/books.ts";
import { deliveriesControl } from "./control/deliveries.ts";
import { ControlError, input } from "./control/input.ts";
import { signingControl } from "./control/signing.ts";
import { transfersControl } from "./control/transfers.ts";
import { wechatControl, wechatSettings } from "./control/wechat.ts";
import { FaultSchema } from "./faults.ts";
import type { SandboxContext, SandboxEnv } from "./http.ts";
import { isLoopbackHost } from "./notify-url.ts";
import { rfc3339 } from "./times.ts";
import type { World } from "./world.ts";

const LONGEST_ADVANCE = 366 * 86_400;
const ClockMove = z.union([
  z.strictObject({ advanceSeconds: z.number().min(0).max(LONGEST_ADVANCE) }),
  z.strictObject({ wallSeconds: z.number() }),
]);

/** The interface as an application. `env` is what the shop has to be configured with. */
export function control(world: World, env: () => Readonly<Record<string, string>>): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.use(async (c, next) => {
    requireThisMachine(c);
    await next();
  });
  app.onError((error, c) => {
    if (error instanceof ControlError) return c.json({ message: error.message }, error.status);
    console.error("sandbox:", error);
    return c.json({ message: "internal error" }, 500);
  });
  app.get("/settings", (c) => c.json(settings(world, env())));
  app.route("/", booksControl(world));
  app.route("/", deliveriesControl(world));
  app.route("/", wechatControl(world));
  app.route("/", signingControl(world));
  app.route("/", billsControl(world));
  app.route("/", transfersControl(world));
  app.route("/", alipayControl(world));
  app.route("/", alipayTransfersControl(world));
  app.route("/", alipayFreezesControl(world));
  app.get("/clock", (c) => c.json(clockRecord(world)));
  app.post("/clock", async (c) => {
    const move = await input(c, ClockMove);
    if ("advanceSeconds" in move) await world.clock.advance(move.advanceSeconds);
    else world.clock.setWallOffset(move.wallSeconds);
    return c.json(clockRecord(world));
  });
  app.get("/faults", (c) => c.json(world.faults.list()));
  app.post("/faults", async (c) => c.json(world.faults.add(await input(c, FaultSchema)), 201));
  app.delete("/faults", (c) => {
    world.faults.clear();
    return c.json([]);
  });
  app.post("/reset", (c) => {
    for (const part of [world.books, world.faults, world.deliveries]) part.clear();
    for (const part of [world.wechat.signing, world.wechat.merchant, world.wechat.cashiers, world.wechat.rates]) {
      part.clear();
    }
    for (const part of [world.wechat.bills, world.wechat.combinations, world.wechat.transfers]) part.clear();
    for (const part of [world.alipay.transfers, world.alipay.freezes]) part.clear();
    const { application, signing, screens, phone, bills } = world.alipay;
    for (const part of [application, signing, screens, phone, bills]) part.clear();
    world.clock.reset();
    return c.json({});
  });
  return app;
}

/** Neither other machines nor web pages under other names may give orders. */
function requireThisMachine(c: SandboxContext): void {
  const address = c.env.incoming.socket.remoteAddress ?? "";
  const local = address === "::1" || /^(?:::ffff:)?127\./.test(address);
  const named = URL.parse(`http://${c.req.header("host") ?? ""}`)?.hostname ?? "";
  if (!local || !isLoopbackHost(named)) throw new ControlError(403, "the control interface serves this machine only");
}

function settings(world: World, env: Readonly<Record<string, string>>) {
  return {
    url: world.url,
    notify: world.notify,
    refundSeconds: world.refundDelay / 1000,
    wechat: wechatSettings(world),
    alipay: alipaySettings(world),
    env,
  };
}

function clockRecord(world: World) {
  const { clock } = world;
  return {
    now: rfc3339(clock.now()),
    aheadSeconds: clock.aheadSeconds,
    wall: rfc3339(clock.wall()),
    wallSeconds: clock.wallSeconds,
  };
}
