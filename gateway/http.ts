/** Small pieces of HTTP: bodies in, JSON out, Basic credentials. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** An answer to send, or `"drop"`: the connection is cut without one. */
export type Answer = { readonly status: number; readonly body: unknown } | "drop";

const BODY_LIMIT = 16 << 20;

/** Reads a JSON body of at most 16 MiB. Undefined when it is larger or not JSON; an empty body is `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) return undefined;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sends an answer: text as it is, anything else as JSON. */
export function send(response: ServerResponse, answer: Answer): void {
  if (answer === "drop") {
    response.socket?.destroy();
    return;
  }
  const isText = typeof answer.body === "string";
  const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** An error in the wrapper that PlanetScale's driver recognises. */
export function failure(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

/** The user name of Basic credentials whose password is right; undefined otherwise. */
export function authenticate(request: IncomingMessage, password: string): string | undefined {
  const encoded = /^Basic (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [user = "", ...rest] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return timingSafeEqual(digest(rest.join(":")), digest(password)) ? user : undefined;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
