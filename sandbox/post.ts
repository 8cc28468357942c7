/** How the providers call the shop: one POST, five seconds, no redirects followed. */
import type { ShopAnswer, SignedRequest } from "./deliveries.ts";
import { SECOND } from "./times.ts";

const PATIENCE = 5 * SECOND;

/** Posts a callback and reads the answer. Never throws: no answer is an answer too. */
export async function postToShop(request: SignedRequest): Promise<ShopAnswer> {
  try {
    const response = await fetch(request.url, {
      method: "POST",
      headers: request.headers,
      body: request.body,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    return { error: reason(error) };
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  if (error.name === "TimeoutError") return `no answer within ${PATIENCE / SECOND} seconds`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
