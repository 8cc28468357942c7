/** What a procedure works with, however it was called. */
import * as z from "zod";
import { PayError } from "../errors.ts";
import type { Actor, PaymentContext } from "../payments/context.ts";
import { type Credentials, credentialsOf } from "../security/authenticate.ts";
import { type RateLimits, UNLIMITED } from "../security/rate-limits.ts";
import type { ReturnHosts } from "../security/return-hosts.ts";
import type { Scope, Services } from "../services.ts";

export interface ApiContext {
  readonly requestId: string;
  readonly payments: PaymentContext;
  /** A context for running the jobs, whose provider calls each have a budget of their own. */
  readonly jobs: () => PaymentContext;
  /** Who calls. Throws UNAUTHENTICATED, FORBIDDEN, UNAVAILABLE, and RATE_LIMITED where tokens are being tried out. */
  readonly authenticate: () => Promise<Actor>;
  /** Whether the request brings anything that says who calls. */
  readonly hasCredentials: boolean;
  readonly limits: RateLimits;
  /** Where buyers' browsers may be sent. */
  readonly returnHosts: ReturnHosts;
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
  limits: RateLimits = UNLIMITED,
): ApiContext {
  let actor: Promise<Actor> | undefined;
  const credentials = credentialsOf(request.headers);
  const address = callerAddressOf(request.headers);
  return {
    requestId: scope.requestId,
    payments,
    jobs: () => services.jobContext(scope),
    authenticate: () => {
      actor ??= authenticate(services, credentials, limits, address);
      return actor;
    },
    hasCredentials: credentials.authorization !== undefined || credentials.assertion !== undefined,
    limits,
    returnHosts: services.config.returnHosts,
    idempotencyKey: request.headers.get("Idempotency-Key") ?? undefined,
    callerAddress: address,
  };
}

/** Where a request comes from. Cloudflare sets this header itself; X-Forwarded-For is anybody's to write. */
export function callerAddressOf(headers: Headers): string | undefined {
  return ipAddress.safeParse(headers.get("CF-Connecting-IP")).data;
}

/** Tokens that do not count are counted by address, so that nobody tries them out at leisure. Others pass uncounted. */
async function authenticate(
  services: Services,
  credentials: Credentials,
  limits: RateLimits,
  address: string | undefined,
): Promise<Actor> {
  try {
    return await services.authenticate(credentials);
  } catch (error) {
    if (error instanceof PayError && error.code === "UNAUTHENTICATED") await limits.countAddress("failures", address);
    throw error;
  }
}

/** The caller's Idempotency-Key, if there is one: 1 to 128 printable ASCII characters. Throws BAD_INPUT. */
export function idempotencyKey(ctx: Pick<ApiContext, "idempotencyKey">): string | undefined {
  const key = ctx.idempotencyKey;
  if (key === undefined || /^[\x20-\x7e]{1,128}$/.test(key)) return key;
  const issues = [{ path: "Idempotency-Key", message: "must be 1 to 128 printable ASCII characters" }];
  throw new PayError("BAD_INPUT", { issues });
}
