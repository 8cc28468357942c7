/** What development and tests have in common: a database server with the gateway in front of it. */
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { type Gateway, startGateway } from "../gateway/server.ts";
import type { Durability } from "./engine/options.ts";
import { type Engine, startEngine } from "./engine.ts";

/** Where everything is kept that doesn't belong into the repository. */
export const LOCAL = fileURLToPath(new URL("../.local", import.meta.url));

export interface Store {
  readonly engine: Engine;
  readonly gateway: Gateway;
  stop(): Promise<void>;
}

export interface StoreOptions {
  /** Holds data, log and process id of the server; claimed by the caller. */
  readonly folder: string;
  readonly durability: Durability;
  /** A `mysql://` address to use instead of a server of our own. */
  readonly databaseUrl: string | undefined;
  readonly gatewayPort?: number;
  readonly gatewayPassword?: string;
  readonly say: (line: string) => void;
}

/** Starts a database server and its gateway. */
export async function startStore(options: StoreOptions): Promise<Store> {
  const { folder, durability, databaseUrl, gatewayPort, say } = options;
  const engine = await startEngine({ local: LOCAL, folder, durability, databaseUrl, say });
  try {
    const gateway = await startGateway({
      mysqlUrl: engine.url,
      password: options.gatewayPassword ?? randomBytes(12).toString("hex"),
      ...(gatewayPort === undefined ? {} : { port: gatewayPort }),
    });
    const stop = async (): Promise<void> => {
      await gateway.close();
      await engine.stop();
    };
    return { engine, gateway, stop };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}
