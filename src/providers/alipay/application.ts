/** One application at work: settings and signed calls. */
import type { ProviderRuntime } from "../exchange.ts";
import { AlipayClient } from "./client.ts";
import type { AlipayConfig } from "./config.ts";

export interface Application {
  readonly config: AlipayConfig;
  readonly client: AlipayClient;
}

export function openApplication(config: AlipayConfig, runtime: ProviderRuntime): Application {
  return { config, client: new AlipayClient(config, runtime) };
}
