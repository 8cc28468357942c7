import { PayError } from "../../errors.ts";
import type { Actor } from "../../payments/context.ts";
import { maySee } from "../../payments/orders/read-order.ts";

/** Refuses a customer who names somebody else. Throws FORBIDDEN. */
export function assertOwn(actor: Actor, userId: string): void {
  if (!maySee(actor, userId)) throw new PayError("FORBIDDEN");
}
