/** A bare HTTP client that adds no headers of its own, and a shop that takes callbacks. */
import { createServer, type IncomingHttpHeaders, request } from "node:http";

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly timeout?: number;
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
  json(): Record<string, unknown>;
}

/** Sends one request. Rejects when the connection breaks, and with "timeout" when nothing comes in time. */
export function send(sent: Sent): Promise<Received> {
  return new Promise((resolve, reject) => {
    const body = sent.body ?? "";
    const headers = { "Content-Length": String(Buffer.byteLength(body)), ...sent.headers };
    const outgoing = request(sent.url, { method: sent.method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => resolve(received(incoming.statusCode ?? 0, incoming.headers, chunks)));
    });
    if (sent.timeout !== undefined) outgoing.setTimeout(sent.timeout, () => outgoing.destroy(new Error("timeout")));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function received(status: number, headers: IncomingHttpHeaders, chunks: Buffer[]): Received {
  const bytes = Buffer.concat(chunks);
  const body = bytes.toString("utf8");
  return { status, headers, body, bytes, json: () => JSON.parse(body) };
}

interface Callback {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Shop {
  readonly url: string;
  readonly callbacks: Callback[];
  /** What the shop answers from now on. */
  answer: { status: number; body: string; headers?: Record<string, string> };
  close(): void;
}

/** A shop that writes down what it is sent. */
export async function startShop(): Promise<Shop> {
  const callbacks: Callback[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    callbacks.push({
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    });
    outgoing.writeHead(shop.answer.status, shop.answer.headers).end(shop.answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  const shop: Shop = {
    url: `http://127.0.0.1:${address.port}`,
    callbacks,
    answer: { status: 200, body: "success" },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return shop;
}
