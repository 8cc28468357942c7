/**
 * Freezing a buyer's money, and taking or releasing it later: a provider's part of it (Alipay's 预授权). A freeze has one
 * number, out_order_no; each capture and each release has one of its own.
 */
import type { Fen } from "../money.ts";
import type { CallContext } from "./call.ts";
import type { Outcome } from "./outcome.ts";

/** By an order string in the application, a QR code that the buyer scans, or the buyer's bar code that the shop scans. */
export const FREEZE_CHANNELS = ["app", "qr", "barcode"] as const;
export type FreezeChannel = (typeof FREEZE_CHANNELS)[number];

/** A freeze, before it is put into a provider's words. */
export interface FreezeDraft {
  readonly outOrderNo: string;
  readonly channel: FreezeChannel;
  /** What was scanned from the buyer's phone, with `barcode`. */
  readonly authCode?: string | undefined;
  readonly title: string;
  readonly amount: Fen;
  /** For how many minutes the buyer may confirm. */
  readonly minutes: number;
}

/** A freeze as it is asked about and cancelled. */
export interface FreezeName {
  readonly outOrderNo: string;
  readonly channel: FreezeChannel;
}

/** A freeze as recorded: `request` is the exact text that `prepareFreeze` made. */
export interface FreezeRef extends FreezeName {
  readonly request: string;
}

/** What the buyer confirms with. */
export type FreezeCredential =
  | { readonly channel: "app"; readonly orderString: string }
  | { readonly channel: "qr"; readonly qrCode: string }
  | { readonly channel: "barcode" };

/** A freeze as the provider sees it now. */
export type FreezeView =
  | { readonly status: "pending" }
  | {
      readonly status: "frozen";
      /** Names the frozen money in captures and releases. */
      readonly authNo: string;
      readonly amount: Fen;
      /** What has neither been taken nor released of it, where the provider says it. */
      readonly rest: Fen | null;
      readonly frozenAt: Date | null;
    }
  /** Was frozen, and all of it has been taken or released since. */
  | { readonly status: "finished" }
  /** Nothing is frozen, nor can be by this number any more. */
  | { readonly status: "closed" };

/** A new freeze as the provider has it. */
export interface StartedFreeze {
  readonly view: FreezeView;
  readonly credential: FreezeCredential;
}

export type OperationKind = "CAPTURE" | "UNFREEZE";

/** A capture or a release, before it is put into a provider's words. */
export interface OperationDraft {
  readonly number: string;
  readonly kind: OperationKind;
  readonly outOrderNo: string;
  /** How the money was frozen. */
  readonly channel: FreezeChannel;
  readonly authNo: string;
  readonly amount: Fen;
  /** What it is, for the buyer. */
  readonly title: string;
  /** Of a capture: whether the rest is released with it. */
  readonly final: boolean;
}

/** A capture or a release as it is asked about. */
export interface OperationName {
  readonly number: string;
  readonly kind: OperationKind;
  readonly outOrderNo: string;
}

/** A capture or a release as recorded: `request` is the exact text that `prepareOperation` made. */
export interface OperationRef extends OperationName {
  readonly request: string;
}

/** A capture or a release as the provider sees it now. `success` and `failed` are final. */
export interface OperationView {
  readonly status: "processing" | "success" | "failed";
  readonly providerNo: string | null;
  /** Where the provider says it. */
  readonly amount: Fen | null;
  readonly finishedAt: Date | null;
}

type NotFound = { readonly status: "not_found" };

export interface PreAuthorisations {
  /**
   * Puts a freeze into the exact text to send. Pure.
   * @throws InputError naming the member that the provider would not take
   */
  prepareFreeze(draft: FreezeDraft): string;
  /** Asks for the freeze, or repeats the identical request and gets the same one. */
  freeze(freeze: FreezeRef, call: CallContext): Promise<Outcome<StartedFreeze>>;
  /** Asks for the freeze. `not_found` also while the buyer has not opened it. */
  queryFreeze(freeze: FreezeName, call: CallContext): Promise<Outcome<FreezeView | NotFound>>;
  /** Closes a freeze in doubt, whatever has become of it: what was frozen is released. Safe to repeat. */
  cancelFreeze(freeze: FreezeName, call: CallContext): Promise<Outcome<{ readonly status: "closed" } | NotFound>>;

  /** Puts a capture or a release into the exact text to send. Pure. */
  prepareOperation(draft: OperationDraft): string;
  /** Takes or releases frozen money, or repeats the identical request and gets the same result. */
  operate(operation: OperationRef, call: CallContext): Promise<Outcome<OperationView>>;
  /** Asks for a capture or a release by its number. */
  queryOperation(operation: OperationName, call: CallContext): Promise<Outcome<OperationView | NotFound>>;
}
