/** Misbehaviour on request: what a provider, or the way to it, shall do to the next matching calls. */
import * as z from "zod";
import { randomText } from "./crypto.ts";

const OPERATIONS = [
  "create",
  "query",
  "close",
  "refund",
  "refund_query",
  "cancel",
  "certificates",
  "callback",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Kinds that take the place of an answer, or happen after one has been made. */
export const CALL_KINDS = [
  "timeout_before",
  "timeout_after",
  "drop_before",
  "drop_after",
  "http_500",
  "http_429",
  "refuse",
] as const;
/** Kinds that spoil a signature, of answers and of callbacks. */
export const SIGNATURE_KINDS = ["bad_signature", "unsigned", "sigtest", "stale_timestamp"] as const;
export type SignatureKind = (typeof SIGNATURE_KINDS)[number];
/** Kinds that change how a callback travels. */
export const CALLBACK_KINDS = ["callback_lost", "callback_doubled", "callback_late"] as const;
/** Kinds that decide how a refund ends. */
export const REFUND_KINDS = ["refund_abnormal", "refund_closed"] as const;
const KINDS = [...CALL_KINDS, ...SIGNATURE_KINDS, ...CALLBACK_KINDS, ...REFUND_KINDS] as const;
type Kind = (typeof KINDS)[number];

export const FaultSchema = z.strictObject({
  kind: z.enum(KINDS),
  provider: z.enum(["wechat", "alipay"]).optional(),
  operation: z.enum(OPERATIONS).optional(),
  outTradeNo: z.string().optional(),
  /** How many matching calls it strikes. */
  times: z.int().min(1).default(1),
  /** callback_late: by how much. */
  seconds: z.number().min(0).default(60),
  /** refuse: the provider's code (else one that is a definite no) and message; for WeChat Pay also the HTTP status. */
  code: z.string().optional(),
  status: z.int().min(400).max(599).default(403),
  message: z.string().default("模拟器按要求拒绝"),
  /** http_500, http_429, refuse: whether the call took effect all the same. */
  effect: z.boolean().default(false),
});

export type Fault = z.infer<typeof FaultSchema> & { readonly id: string };

interface Occasion {
  readonly provider: "wechat" | "alipay";
  readonly operation: Operation;
  readonly outTradeNo: string | undefined;
}

export class Faults {
  #waiting: Fault[] = [];

  add(draft: z.infer<typeof FaultSchema>): Fault {
    const fault = { ...draft, id: randomText(8) };
    this.#waiting.push(fault);
    return fault;
  }

  list(): readonly Fault[] {
    return this.#waiting;
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The oldest fault of one of these kinds that fits the occasion, used up by one. */
  take<K extends Kind>(occasion: Occasion, kinds: readonly K[]): (Fault & { kind: K }) | undefined {
    const fault = this.#waiting.find(
      (waiting) => fits(waiting, occasion) && kinds.some((kind) => kind === waiting.kind),
    );
    if (!fault) return undefined;
    fault.times -= 1;
    this.#waiting = this.#waiting.filter((waiting) => waiting.times > 0);
    const kind = kinds.find((each) => each === fault.kind);
    return kind && { ...fault, kind };
  }
}

function fits(fault: Fault, occasion: Occasion): boolean {
  return (
    (fault.provider === undefined || fault.provider === occasion.provider) &&
    (fault.operation === undefined || fault.operation === occasion.operation) &&
    (fault.outTradeNo === undefined || fault.outTradeNo === occasion.outTradeNo)
  );
}
