/** Control of transfers: what is in the books, the recipient's moves, how transfers go. */
import { Hono } from "hono";
import * as z from "zod";
import type { SandboxEnv } from "../http.ts";
import { rfc3339 } from "../times.ts";
import { canBecome, type Transfer } from "../wechat/transfers-book.ts";
import { openTransfer } from "../wechat/transfers-client.ts";
import { confirmTransfer, failTransfer, isConfirmable } from "../wechat/transfers-flow.ts";
import type { World } from "../world.ts";
import { ControlError, input } from "./input.ts";

/** WeChat Pay publishes no reason for a recipient who does not want the money. */
const REFUSED = "USER_REJECTED";

const seconds = z.number().min(0).optional();
const Policy = z.strictObject({
  listedAddresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .nullable()
    .optional(),
  acceptedSeconds: seconds,
  processingSeconds: seconds,
  transferringSeconds: seconds,
  cancelingSeconds: seconds,
  namedScenes: z.array(z.string()).optional(),
});
const Failure = z.strictObject({ reason: z.string().min(1).max(64).default("PAYEE_ACCOUNT_ABNORMAL") });
const Invocation = z.strictObject({ mchId: z.string(), appId: z.string(), package: z.string() });

/** /_sandbox/transfers, /_sandbox/wechat/transfers and /_sandbox/wechat/request-merchant-transfer */
export function transfersControl(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/transfers", (c) => c.json(world.wechat.transfers.list().map(record)));
  app.get("/transfers/:no", (c) => c.json(record(transferNamed(world, c.req.param("no")))));
  app.post("/transfers/:no/confirm", (c) => {
    const transfer = transferNamed(world, c.req.param("no"));
    if (!isConfirmable(world, transfer)) throw new ControlError(409, `the transfer is ${transfer.state}`);
    confirmTransfer(world, transfer);
    return c.json(record(transfer));
  });
  app.post("/transfers/:no/reject", (c) => c.json(record(failed(world, c.req.param("no"), REFUSED))));
  app.post("/transfers/:no/fail", async (c) =>
    c.json(record(failed(world, c.req.param("no"), (await input(c, Failure)).reason))),
  );
  app.post("/wechat/transfers", async (c) => {
    const policy = Object.assign(world.wechat.transfers.policy, await input(c, Policy));
    return c.json(policy);
  });
  app.post("/wechat/request-merchant-transfer", async (c) => {
    const opened = openTransfer(world, await input(c, Invocation));
    if ("problem" in opened) throw new ControlError(409, opened.problem);
    return c.json({ url: opened.url });
  });
  return app;
}

function transferNamed(world: World, outBillNo: string): Transfer {
  const transfer = world.wechat.transfers.byOutBillNo(outBillNo);
  if (!transfer) throw new ControlError(404, "no such transfer");
  return transfer;
}

function failed(world: World, outBillNo: string, reason: string): Transfer {
  const transfer = transferNamed(world, outBillNo);
  if (!canBecome(transfer, "FAIL")) throw new ControlError(409, `the transfer is ${transfer.state}`);
  failTransfer(world, transfer, reason);
  return transfer;
}

function record(transfer: Transfer) {
  const { outBillNo, transferBillNo, appId, openid, userName, sceneId, amount, remark, perception, state } = transfer;
  const { failReason, packageInfo } = transfer;
  const names = { outBillNo, transferBillNo, appId, openid, userName: userName ?? null, sceneId, amount, remark };
  const times = { createdAt: rfc3339(transfer.createdAt), confirmBy: rfc3339(transfer.confirmBy) };
  return { ...names, perception, state, failReason, packageInfo, ...times, updatedAt: rfc3339(transfer.updatedAt) };
}
