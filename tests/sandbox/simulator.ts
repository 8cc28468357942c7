/** A simulator for the tests of one file, from before they are laid out until they are done. */
import { afterAll, afterEach } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { type Control, controlOf } from "./control.ts";
import { type Shop, startShop } from "./http.ts";
import type { Env } from "./wechat-client.ts";

interface Simulator {
  readonly sandbox: Sandbox;
  /** What a shop of this simulator has in its environment. */
  readonly env: Env;
  readonly control: Control;
}

/** Starts a simulator whose callbacks are fetched. */
export async function openSimulator(): Promise<Simulator> {
  const sandbox = await startSandbox({ notify: "pull" });
  afterAll(() => sandbox.close());
  return { sandbox, env: sandbox.env, control: controlOf(sandbox.url) };
}

/** Starts a simulator that posts its callbacks to a shop. Both are as new for each test. */
export async function openSimulatorAndShop(): Promise<Simulator & { readonly shop: Shop }> {
  const shop = await startShop();
  const sandbox = await startSandbox({ notify: "push", shopUrl: shop.url });
  const control = controlOf(sandbox.url);
  afterAll(async () => {
    await sandbox.close();
    shop.close();
  });
  afterEach(async () => {
    await control.post("/reset");
    shop.callbacks.length = 0;
    shop.answer = { status: 200, body: "success" };
  });
  return { sandbox, env: sandbox.env, control, shop };
}
