import { callContext, type PaymentContext } from "../payments/context.ts";
import { eachApart } from "./each.ts";

/** Lets every provider renew what lapses by itself, such as certificates. Each decides whether it is time. */
export async function renewKeys(ctx: PaymentContext): Promise<number> {
  const renewing = ctx.providers.all().filter((provider) => provider.renewKeys !== undefined);
  await eachApart(ctx, "keys", renewing, async (provider) => provider.renewKeys?.(callContext(ctx, false)));
  return 0;
}
