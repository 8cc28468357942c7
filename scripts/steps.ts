/** The checks of a change, one after another, each with a heading and its duration. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/** One command, found on PATH. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Format and lint, types, unused code. */
export const CHECKS: readonly Step[] = [
  { name: "format and lint", command: "biome", args: ["ci", "."] },
  { name: "types", command: "tsc", args: ["-p", "."] },
  { name: "unused code", command: "knip", args: [] },
];

/** Runs the steps in order and stops at the first that fails. Returns the exit code. */
export async function runSteps(steps: readonly Step[]): Promise<number> {
  for (const step of steps) {
    console.log(`\n── ${step.name}`);
    const startedAt = performance.now();
    const code = await runStep(step);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (code !== 0) {
      console.error(`── ${step.name}: failed after ${seconds} s`);
      return code;
    }
    console.log(`── ${step.name}: ok, ${seconds} s`);
  }
  return 0;
}

async function runStep(step: Step): Promise<number> {
  const child = spawn(step.command, step.args, { stdio: "inherit", shell: process.platform === "win32" });
  // At a terminal the child hears Ctrl-C by itself; waiting for it lets it clean up.
  const onInterrupt = (): void => void (process.stdin.isTTY || child.kill("SIGINT"));
  const onTerminate = (): void => void child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
  try {
    const [code, signal]: [number | null, NodeJS.Signals | null] = await exitOf(child);
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
  }
}

async function exitOf(child: ReturnType<typeof spawn>): Promise<[number | null, NodeJS.Signals | null]> {
  await once(child, "close");
  return [child.exitCode, child.signalCode];
}
