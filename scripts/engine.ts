/** A MySQL-compatible database server for development and tests, wherever it can be had. */
import { join } from "node:path";
import { type EngineBinary, installedBinaries } from "./engine/binary.ts";
import { downloadedBinary } from "./engine/download.ts";
import { startInstance } from "./engine/instance.ts";
import type { Durability } from "./engine/options.ts";

/** A running server. `url` is `mysql://user:password@host:port`, without a database. */
export interface Engine {
  readonly url: string;
  /** Resolves when the server ends without having been asked to. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Where an engine keeps its files, and which server it is. */
export interface EngineOptions {
  /** Holds what is shared between instances: programs that had to be downloaded. */
  readonly local: string;
  /** Holds the instance's data, log and process id. */
  readonly folder: string;
  readonly durability: Durability;
  /** A `mysql://` address to use instead of a server of our own. */
  readonly databaseUrl?: string | undefined;
  readonly say: (line: string) => void;
}

/**
 * Uses the server at `databaseUrl`; else starts a private instance of a server found on the machine; else of a MariaDB
 * downloaded into `local`. The caller has claimed `folder`. Throws an error that says what to install.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  if (options.databaseUrl?.startsWith("mysql://")) return externalEngine(options.databaseUrl);
  const { url, process, stop } = await firstThatStarts(options);
  return { url, ended: new Promise((resolve) => process.once("exit", () => resolve())), stop };
}

function externalEngine(databaseUrl: string): Engine {
  const url = new URL(databaseUrl);
  url.pathname = "";
  return { url: url.href, ended: new Promise(() => {}), stop: async () => {} };
}

async function firstThatStarts(options: EngineOptions) {
  const reasons: string[] = [];
  for await (const binary of candidates(options, reasons)) {
    try {
      return await startInstance(binary, options.folder, options.durability);
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  throw new Error(
    `No MySQL-compatible server could be started. Install MariaDB 10.6 or MySQL 8.0 or later, or set DATABASE_URL=mysql://user:password@host:port (${reasons.join("; ")})`,
  );
}

async function* candidates(options: EngineOptions, reasons: string[]): AsyncGenerator<EngineBinary> {
  yield* await installedBinaries();
  try {
    yield await downloadedBinary(join(options.local, "engine"), options.say);
  } catch (error) {
    reasons.push(`MariaDB can't be downloaded here: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
