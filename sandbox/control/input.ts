/** Reading what a test sends to the control interface. */
import type { Context } from "hono";
import * as z from "zod";

/** A control request that can't be done, with its HTTP status. */
export class ControlError extends Error {
  readonly status: 400 | 403 | 404 | 409;

  constructor(status: 400 | 403 | 404 | 409, message: string) {
    super(message);
    this.status = status;
  }
}

export const ProviderName = z.enum(["wechat", "alipay"]);

/** The JSON body by a schema; an absent body counts as {}. Throws ControlError. */
export async function input<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const result = schema.safeParse(parse(await c.req.text()));
  if (!result.success) throw new ControlError(400, z.prettifyError(result.error));
  return result.data;
}

function parse(text: string): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlError(400, "the body is no JSON");
  }
}
