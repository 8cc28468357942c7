/** What a method of Alipay's gateway is: who may call it and how, what it is given, what it answers. */
import type { Operation } from "../faults.ts";
import type { World } from "../world.ts";

export interface Input {
  /** The parsed biz_content, decrypted; undefined where it is no JSON. */
  readonly bizContent: unknown;
  /** Common parameters; empty ones count as absent. */
  readonly notifyUrl: string | undefined;
  readonly returnUrl: string | undefined;
}

interface Method {
  /** As the `method` parameter names it. */
  readonly method: string;
  /** What faults call it. */
  readonly operation: Operation;
  /** For applications in certificate mode only. */
  readonly certificateOnly?: true;
  /** The number by which faults find the call, where it is neither out_trade_no nor trade_no of biz_content. */
  concerns?(world: World, input: Input): string | undefined;
}

/** A call of the shop's server, answered by a node. */
export interface Endpoint extends Method {
  /** Returns the node's members; code 10000 unless they bring another. Throws AlipayError. */
  run(world: World, input: Input): object;
}

/** What the mobile SDK hands back to the application that called it. */
export interface AppResult {
  readonly memo: string;
  readonly resultStatus: string;
  /** JSON text: a node, its signature, the signature's type. Empty unless the payment went through. */
  readonly result: string;
}

/** A screen on which the buyer confirms or refuses. */
export interface Screen {
  readonly url: string;
  /** What the SDK says once the buyer is done, by how things stand then. */
  result?(): AppResult;
}

/** A request that the buyer's device brings: a browser to the gateway, or an application to the mobile SDK. */
export interface ScreenEndpoint extends Method {
  readonly channel: "browser" | "app";
  /** Checks the order and opens the screen. Throws AlipayError. */
  open(world: World, input: Input): Screen;
}
