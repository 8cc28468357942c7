/** Starts what all tests share, in one child process, and tells them where it is. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import type { WorldMessage } from "../../scripts/test-world.ts";

const PROGRAM = fileURLToPath(new URL("../../scripts/test-world.ts", import.meta.url));

/** Vitest's global setup: resolves, with what stops everything, once databases and simulators answer. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const child = fork(PROGRAM, { execArgv: [] });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await exited;
  };
  const message = await Promise.race([
    new Promise<WorldMessage>((resolve) => child.once("message", (value: WorldMessage) => resolve(value))),
    exited.then(([code]): WorldMessage => ({ failure: `the test world ended with code ${code}` })),
  ]);
  if ("failure" in message) {
    await stop();
    throw new Error(message.failure);
  }
  project.provide("worlds", message.worlds);
  project.provide("nodeWorlds", message.nodeWorlds);
  project.provide("mysqlUrl", message.mysqlUrl);
  return stop;
}
