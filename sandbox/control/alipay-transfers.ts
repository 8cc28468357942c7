/** Control of Alipay's transfers: what is in the books, how they go, and what becomes of one. */
import { Hono } from "hono";
import * as z from "zod";
import { canBecome, type Transfer, type TransferStatus } from "../alipay/transfer-book.ts";
import type { SandboxEnv } from "../http.ts";
import { rfc3339 } from "../times.ts";
import type { World } from "../world.ts";
import { ControlError, input } from "./input.ts";

const Policy = z.strictObject({
  status: z.enum(["SUCCESS", "DEALING", "FAIL"]).optional(),
  errorCode: z.string().min(1).max(64).optional(),
});

/** What a test may make of a transfer: `return` sends the money of one that succeeded back. */
const MOVES: Readonly<Record<string, TransferStatus>> = { succeed: "SUCCESS", fail: "FAIL", return: "REFUND" };

/** /_sandbox/alipay/transfers */
export function alipayTransfersControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  const { transfers } = world.alipay;
  app.get("/alipay/transfers", (c) => c.json(transfers.list().map(record)));
  app.post("/alipay/transfers", async (c) => c.json(Object.assign(transfers.policy, await input(c, Policy))));
  app.post("/alipay/transfers/:no/open", (c) => {
    const transfer = transferNamed(world, c.req.param("no"));
    if (transfer.status !== "SUCCESS") throw new ControlError(409, `the transfer is ${transfer.status}`);
    transfer.opened = true;
    return c.json(record(transfer));
  });
  app.post("/alipay/transfers/:no/:move", (c) => {
    const transfer = transferNamed(world, c.req.param("no"));
    const status = MOVES[c.req.param("move")];
    if (!status) throw new ControlError(404, "no such move");
    if (!canBecome(transfer, status)) throw new ControlError(409, `the transfer is ${transfer.status}`);
    transfers.move(transfer, status);
    return c.json(record(transfer));
  });
  return app;
}

function transferNamed(world: World, outBizNo: string): Transfer {
  const transfer = world.alipay.transfers.byOutBizNo(outBizNo);
  if (!transfer) throw new ControlError(404, "no such transfer");
  return transfer;
}

function record(transfer: Transfer) {
  const { outBizNo, orderId, product, amount, title, remark, identity, identityType, name } = transfer;
  const { status, errorCode, createdAt, opened } = transfer;
  const payee = { identity, identityType, name: name ?? null };
  const what = { outBizNo, orderId, product, amount, title, remark: remark ?? null, payee };
  return { ...what, status, errorCode, opened, createdAt: rfc3339(createdAt) };
}
