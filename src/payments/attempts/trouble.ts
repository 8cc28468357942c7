import { PayError } from "../../errors.ts";
import type { Outcome, UnknownCause } from "../../providers/outcome.ts";

/** Silence is one thing, nonsense another: after the first a repeat is all that is needed. */
const SILENT: readonly UnknownCause[] = ["timeout", "network", "server", "echo"];

const RETRY_SECONDS = 5;

/** What a caller is told of a provider call that did not succeed. The attempt stays, but for a refusal. */
export function providerTrouble(outcome: Exclude<Outcome<unknown>, { kind: "ok" }>, transactionId?: string): PayError {
  switch (outcome.kind) {
    case "refused":
      return new PayError("PROVIDER_REFUSED", { providerCode: outcome.code, transactionId });
    case "later":
      return new PayError("PROVIDER_BUSY", { providerCode: outcome.code, transactionId, retryAfter: RETRY_SECONDS });
    case "unknown":
      return new PayError(SILENT.includes(outcome.cause) ? "PROVIDER_SILENT" : "PROVIDER_UNINTELLIGIBLE", {
        transactionId,
        retryAfter: RETRY_SECONDS,
      });
  }
}
