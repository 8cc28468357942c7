/** The typed client, and the types of everything that can be called. */
import {
  createTRPCClient,
  type HTTPLinkOptions,
  httpBatchLink,
  httpLink,
  type Operation,
  splitLink,
} from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import superjson from "superjson";
import type { AppRouter } from "./api/router.ts";

export type { AppRouter } from "./api/router.ts";
export type { ErrorCode } from "./errors.ts";
export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;

/** As many calls as the service takes in one request. */
const MAX_BATCH_SIZE = 10;

export interface PayClientOptions {
  /** The service's address, such as `https://pay.example.com`. */
  readonly url: string;
  /** A JWT, or what gets a fresh one for each request. */
  readonly token: string | (() => string | Promise<string>);
  readonly fetch?: NonNullable<HTTPLinkOptions<AppRouter["_def"]["_config"]["$types"]>["fetch"]>;
}

/**
 * Makes a client. A call that has to happen only once carries its key in the context:
 * `client.refunds.create.mutate(input, { context: { idempotencyKey } })`. Such calls travel alone, others in batches.
 */
export function createPayClient(options: PayClientOptions) {
  const { token } = options;
  const shared = {
    url: `${options.url.replace(/\/+$/, "")}/trpc`,
    transformer: superjson,
    ...(options.fetch && { fetch: options.fetch }),
  };
  const authorization = async () => ({ Authorization: `Bearer ${typeof token === "string" ? token : await token()}` });
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => keyOf(operation) !== undefined,
        true: httpLink({
          ...shared,
          headers: async ({ op }) => ({ ...(await authorization()), ...keyHeader(op) }),
        }),
        false: httpBatchLink({ ...shared, headers: authorization, maxItems: MAX_BATCH_SIZE }),
      }),
    ],
  });
}

export type PayClient = ReturnType<typeof createPayClient>;

function keyHeader(operation: Pick<Operation, "context">): Record<string, string> {
  const key = keyOf(operation);
  return key === undefined ? {} : { "Idempotency-Key": key };
}

function keyOf(operation: Pick<Operation, "context">): string | undefined {
  const { idempotencyKey } = operation.context;
  return typeof idempotencyKey === "string" ? idempotencyKey : undefined;
}
