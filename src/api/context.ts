/** What a procedure works with, however it was called. */
import * as z from "zod";
import { PayError } from "../errors.ts";
import type { Actor, PaymentContext } from "../payments/context.ts";
import type { Scope, Services } from "../services.ts";

export interface ApiContext {
  readonly requestId: string;
  readonly payments: PaymentContext;
  /** A context for running the jobs, whose provider calls each have a budget of their own. */
  readonly jobs: () => PaymentContext;
  /** Who calls. Throws UNAUTHENTICATED. */
  readonly authenticate: () => Promise<Actor>;
  readonly idempotencyKey: string | undefined;
  /** Where the caller is, IPv4 or IPv6, as the platform's edge saw it. */
  readonly callerAddress: string | undefined;
}

const ipAddress = z.union([z.ipv4(), z.ipv6()]);

/** Makes the context of a request. A token is verified at most once, when the first procedure asks who calls. */
export function createApiContext(
  services: Services,
  payments: PaymentContext,
  request: Request,
  scope: Scope,
): ApiContext {
  let actor: Promise<Actor> | undefined;
  return {
    requestId: scope.requestId,
    payments,
    jobs: () => services.jobContext(scope),
    authenticate: () => {
      actor ??= services.authenticate(request.headers.get("Authorization") ?? undefined);
      return actor;
    },
    idempotencyKey: request.headers.get("Idempotency-Key") ?? undefined,
    // Cloudflare sets this one itself; X-Forwarded-For is anybody's to write.
    callerAddress: ipAddress.safeParse(request.headers.get("CF-Connecting-IP")).data,
  };
}

/** The caller's Idempotency-Key, if there is one: 1 to 128 printable ASCII characters. Throws BAD_INPUT. */
export function idempotencyKey(ctx: Pick<ApiContext, "idempotencyKey">): string | undefined {
  const key = ctx.idempotencyKey;
  if (key === undefined || /^[\x20-\x7e]{1,128}$/.test(key)) return key;
  const issues = [{ path: "Idempotency-Key", message: "must be 1 to 128 printable ASCII characters" }];
  throw new PayError("BAD_INPUT", { issues });
}
