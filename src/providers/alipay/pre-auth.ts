/** Pre-authorisation of one application: money frozen, captured in parts, and released. */
import type { CallContext } from "../call.ts";
import { type Outcome, ok } from "../outcome.ts";
import type {
  FreezeDraft,
  FreezeName,
  FreezeRef,
  FreezeView,
  OperationDraft,
  OperationName,
  OperationRef,
  OperationView,
  PreAuthorisations,
  StartedFreeze,
} from "../pre-authorisation.ts";
import type { Application } from "./application.ts";
import { cancelFreeze, createVoucher, findFreeze, scanFreeze, signFreeze } from "./pre-auth-calls.ts";
import { freezeContent } from "./pre-auth-content.ts";
import { findOperation, sendOperation } from "./pre-auth-operation-calls.ts";
import { operationContent } from "./pre-auth-operations.ts";
import type { NotFound } from "./replies.ts";

export class AlipayPreAuthorisations implements PreAuthorisations {
  readonly #application: Application;

  constructor(application: Application) {
    this.#application = application;
  }

  /** @throws InputError naming the member that Alipay would not take */
  prepareFreeze(draft: FreezeDraft): string {
    return freezeContent(draft, this.#application.config);
  }

  async freeze(freeze: FreezeRef, call: CallContext): Promise<Outcome<StartedFreeze>> {
    if (freeze.channel === "barcode") {
      const scanned = await scanFreeze(this.#application, freeze, call);
      return scanned.kind === "ok" ? ok({ view: scanned.value, credential: { channel: "barcode" } }) : scanned;
    }
    const start = freeze.channel === "app" ? signFreeze : createVoucher;
    const started = await start(this.#application, freeze, call);
    return started.kind === "ok" ? ok({ view: { status: "pending" }, credential: started.value }) : started;
  }

  queryFreeze({ outOrderNo }: FreezeName, call: CallContext): Promise<Outcome<FreezeView | NotFound>> {
    return findFreeze(this.#application, outOrderNo, call);
  }

  cancelFreeze(
    { outOrderNo }: FreezeName,
    call: CallContext,
  ): Promise<Outcome<{ readonly status: "closed" } | NotFound>> {
    return cancelFreeze(this.#application, outOrderNo, call);
  }

  /** @throws InputError naming the member that Alipay would not take */
  prepareOperation(draft: OperationDraft): string {
    return operationContent(draft);
  }

  operate(operation: OperationRef, call: CallContext): Promise<Outcome<OperationView>> {
    return sendOperation(this.#application, operation, call);
  }

  queryOperation(operation: OperationName, call: CallContext): Promise<Outcome<OperationView | NotFound>> {
    return findOperation(this.#application, operation, call);
  }
}
