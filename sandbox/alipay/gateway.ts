/** Alipay's gateway: one address, the method in a parameter, every answer HTTP 200 (Alipay, gateway protocol v2). */
import { Hono } from "hono";
import type { SandboxContext, SandboxEnv } from "../http.ts";
import type { World } from "../world.ts";
import { carry, inputOf } from "./answering.ts";
import { billEndpoints } from "./bills.ts";
import { certificateEndpoints } from "./certificate-download.ts";
import { createEndpoints } from "./create.ts";
import type { Endpoint, Screen, ScreenEndpoint } from "./endpoint.ts";
import { signedAnswer, unsignedAnswer } from "./envelope.ts";
import { errorPage } from "./error-page.ts";
import { AlipayError } from "./errors.ts";
import { pageEndpoints } from "./pages.ts";
import { payEndpoints } from "./pay.ts";
import { preAuthEndpoints, preAuthScreens } from "./pre-auth.ts";
import { precreateEndpoints } from "./precreate.ts";
import { refundEndpoints } from "./refunds.ts";
import { authenticate, identify, type Parameters, readParameters } from "./request.ts";
import { tradeEndpoints } from "./trades.ts";
import { transferEndpoints } from "./transfer.ts";

const ENDPOINTS: readonly Endpoint[] = [
  ...precreateEndpoints,
  ...createEndpoints,
  ...payEndpoints,
  ...tradeEndpoints,
  ...refundEndpoints,
  ...billEndpoints,
  ...certificateEndpoints,
  ...transferEndpoints,
  ...preAuthEndpoints,
];
const SCREENS: readonly ScreenEndpoint[] = [...pageEndpoints, ...preAuthScreens];

/** The gateway as an application. Parameters come in the address, in a form, or in both. */
export function alipayGateway(world: World): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();
  app.on(["GET", "POST"], "/gateway.do", (c) => handle(c, world));
  return app;
}

/** Opens the screen of an order string, as the mobile SDK does. Throws AlipayError. */
export function openOrderString(world: World, orderString: string): Screen {
  const parameters = readParameters(orderString, "");
  const endpoint = SCREENS.find((each) => each.method === parameters.get("method") && each.channel === "app");
  identify(world, parameters);
  authenticate(world, parameters);
  if (!endpoint) throw new AlipayError("40002", "isv.invalid-method", "不存在的方法名");
  return endpoint.open(world, inputOf(world, parameters));
}

async function handle(c: SandboxContext, world: World): Promise<Response> {
  // What of the caller is known so far decides how a refusal looks.
  let endpoint: Endpoint | ScreenEndpoint | undefined;
  let isKnown = false;
  try {
    const parameters = await parametersOf(c);
    endpoint = endpointNamed(parameters.get("method"));
    identify(world, parameters);
    isKnown = endpoint !== undefined;
    authenticate(world, parameters);
    if (!endpoint) throw new AlipayError("40002", "isv.invalid-method", "不存在的方法名");
    return await carry(c, world, endpoint, parameters);
  } catch (error) {
    if (!(error instanceof AlipayError)) throw error;
    if (endpoint && "channel" in endpoint) return errorPage(c, error);
    if (endpoint && isKnown) return signedAnswer(world, endpoint.method, error.node);
    return unsignedAnswer(endpoint?.method, error.node);
  }
}

function endpointNamed(method: string | undefined): Endpoint | ScreenEndpoint | undefined {
  const browser = SCREENS.filter((each) => each.channel === "browser");
  return [...ENDPOINTS, ...browser].find((each) => each.method === method);
}

async function parametersOf(c: SandboxContext): Promise<Parameters> {
  const [, query = ""] = (c.env.incoming.url ?? "").split(/\?(.*)/s, 2);
  return readParameters(query, c.req.method === "POST" ? await c.req.text() : "");
}
