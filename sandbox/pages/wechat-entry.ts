/** How a buyer's device gets to WeChat's payment screen: from an h5_url, or by the parameters of a client call. */
import { Hono } from "hono";
import type { SandboxContext, SandboxEnv } from "../http.ts";
import { enterH5, H5Error } from "../wechat/h5.ts";
import { CLIENTS, InvocationError, invoke } from "../wechat/invocation.ts";
import type { World } from "../world.ts";
import { page } from "./layout.ts";
import { verdict } from "./verdict.ts";

/** /wechat/h5 and /wechat/invoke?client=jsapi|mini|app&… */
export function wechatEntryPages(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.get("/wechat/h5", (c) => enter(c, () => enterH5(world, visitOf(c))));
  app.get("/wechat/invoke", (c) => enter(c, () => invokeByQuery(c, world)));
  return app;
}

function enter(c: SandboxContext, open: () => string) {
  try {
    return c.redirect(`/wechat/pay/${open()}`, 303);
  } catch (error) {
    if (!(error instanceof H5Error || error instanceof InvocationError)) throw error;
    const content = verdict("!", "无法发起支付", error.message);
    return page(c, { title: "微信支付", theme: "wechat", content }, 400);
  }
}

function visitOf(c: SandboxContext) {
  return {
    prepayId: c.req.query("prepay_id") ?? "",
    redirectUrl: c.req.query("redirect_url"),
    referer: c.req.header("referer"),
    userAgent: c.req.header("user-agent"),
  };
}

function invokeByQuery(c: SandboxContext, world: World): string {
  const { client: name, ...parameters } = c.req.query();
  const client = CLIENTS.find((each) => each === name);
  if (!client) throw new InvocationError("client 须为 jsapi、mini 或 app");
  return invoke(world, client, parameters);
}
