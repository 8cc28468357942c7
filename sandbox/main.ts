/** Starts the simulator alone: npm run sandbox -- --port 9600 [--notify-base http://127.0.0.1:8787] */
import { parseArgs } from "node:util";
import { startSandbox } from "./server.ts";

const USAGE = `usage: npm run sandbox -- [--host 127.0.0.1] [--port 9600] [--notify-base URL of the shop] [--public-url URL]
       [--keys FILE] [--notify push|pull] [--refund-seconds 2] [--alipay-mode public_key|certificate] [--alipay-encryption]`;

const values = options();
const shopUrl = values["notify-base"];
const publicUrl = values["public-url"];
const sandbox = await startSandbox({
  host: values.host,
  port: number("port", values.port),
  keysFile: values.keys,
  notify: notifyMode(values.notify),
  alipayMode: alipayMode(values["alipay-mode"]),
  alipayEncryption: values["alipay-encryption"],
  refundSeconds: number("refund-seconds", values["refund-seconds"]),
  ...(shopUrl !== undefined && { shopUrl }),
  ...(publicUrl !== undefined && { publicUrl }),
});

for (const [name, value] of Object.entries(sandbox.env)) console.log(`${name}=${JSON.stringify(value)}`);
console.error(`Simulated WeChat Pay and Alipay: ${sandbox.url}/`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
}

function options() {
  try {
    return parseArgs({
      options: {
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "9600" },
        "notify-base": { type: "string" },
        "public-url": { type: "string" },
        keys: { type: "string", default: ".local/sandbox-keys.json" },
        notify: { type: "string", default: "push" },
        "refund-seconds": { type: "string", default: "2" },
        "alipay-mode": { type: "string", default: "public_key" },
        "alipay-encryption": { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(message: string): never {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text !== "" && Number.isFinite(value) && value >= 0) return value;
  refuse(`--${name} must be a number, not ${JSON.stringify(text)}`);
}

function notifyMode(text: string): "push" | "pull" {
  if (text === "push" || text === "pull") return text;
  refuse(`--notify must be push or pull, not ${JSON.stringify(text)}`);
}

function alipayMode(text: string): "public_key" | "certificate" {
  if (text === "public_key" || text === "certificate") return text;
  refuse(`--alipay-mode must be public_key or certificate, not ${JSON.stringify(text)}`);
}
