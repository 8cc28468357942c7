/** Misbehaviour on request: what a provider, or the way to it, shall do to the next matching calls. */
import * as z from "zod";
import { randomText } from "./crypto.ts";

const OPERATIONS = [
  "create",
  "query",
  "close",
  "refund",
  "refund_query",
  "abnormal_refund",
  "cancel",
  "certificates",
  "echo",
  "bill",
  "bill_download",
  "transfer",
  "transfer_query",
  "transfer_cancel",
  "combine_create",
  "combine_query",
  "combine_close",
  "auth_freeze",
  "auth_query",
  "auth_unfreeze",
  "auth_cancel",
  "return",
  "callback",
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** Kinds that take the place of an answer, or happen after one has been made. */
export const CALL_KINDS = [
  "timeout_before",
  "timeout_after",
  "drop_before",
  "drop_after",
  "http_429",
  "http_500",
  "http_501",
  "http_502",
  "http_503",
  "old_order_limit",
  "refuse",
  "gbk_error",
  "error_response",
] as const;
/** Kinds that spoil a signature, of answers and of callbacks. */
export const SIGNATURE_KINDS = [
  "bad_signature",
  "unsigned",
  "sigtest",
  "sigtest_undecodable",
  "stale_timestamp",
  "unknown_serial",
  "other_algorithm",
] as const;
export type SignatureKind = (typeof SIGNATURE_KINDS)[number];
/** Kinds that change how a callback travels. */
export const CALLBACK_KINDS = ["callback_lost", "callback_doubled", "callback_late", "callback_reordered"] as const;
/** Kinds that change what a callback says, or how. */
export const NOTICE_KINDS = ["callback_wrong_amount", "refund_notice_v2"] as const;
/** Kinds that change the form of an answer of Alipay's, which stays signed. */
export const ANSWER_KINDS = ["sign_first", "duplicate_node"] as const;
export type AnswerKind = (typeof ANSWER_KINDS)[number];
/** Kinds that change the form of a callback of Alipay's, for one delivery. */
export const FORM_KINDS = [
  "callback_gbk",
  "callback_content_type",
  "callback_empty_values",
  "callback_empty_values_signed",
  "callback_sign_type_signed",
  "callback_cert_sn",
  "callback_extra_fields",
  "callback_duplicate_field",
  "callback_truncated",
] as const;
export type FormKind = (typeof FORM_KINDS)[number];
/** Kinds that decide how a refund ends. */
export const REFUND_KINDS = ["refund_abnormal", "refund_closed"] as const;
const KINDS = [
  ...CALL_KINDS,
  ...SIGNATURE_KINDS,
  ...ANSWER_KINDS,
  ...CALLBACK_KINDS,
  ...NOTICE_KINDS,
  ...FORM_KINDS,
  ...REFUND_KINDS,
] as const;
type Kind = (typeof KINDS)[number];

export const FaultSchema = z.strictObject({
  kind: z.enum(KINDS),
  provider: z.enum(["wechat", "alipay"]).optional(),
  operation: z.enum(OPERATIONS).optional(),
  outTradeNo: z.string().optional(),
  /** The Host header of the calls it is meant for: only one of several names that lead here. */
  host: z.string().optional(),
  /** How many matching calls it strikes; without limit when `forSeconds` ends it. */
  times: z.int().min(1).optional(),
  /** For how long it strikes, by the schedule clock. */
  forSeconds: z.number().positive().optional(),
  /** callback_late: by how much; callback_reordered: for how long at most. */
  seconds: z.number().min(0).default(60),
  /** callback_wrong_amount: what the callback says, in fen. */
  amount: z.int().min(0).default(1),
  /** refuse: the provider's code (else one that is a definite no) and message; for WeChat Pay also the HTTP status. */
  code: z.string().optional(),
  /** refuse, gbk_error: Alipay's code as it is said, without the prefix of the trade core. */
  bare: z.boolean().default(false),
  status: z.int().min(200).max(599).default(403),
  message: z.string().default("模拟器按要求拒绝"),
  /** http_…, old_order_limit, refuse: whether the call took effect all the same. */
  effect: z.boolean().default(false),
});

export type Fault = Omit<z.infer<typeof FaultSchema>, "times" | "forSeconds"> & {
  readonly id: string;
  times: number;
  /** ms of the schedule clock. */
  readonly endsAt: number | null;
};

interface Occasion {
  readonly provider: "wechat" | "alipay";
  readonly operation: Operation;
  readonly outTradeNo: string | undefined;
  readonly host?: string | undefined;
}

export class Faults {
  #waiting: Fault[] = [];
  readonly #now: () => number;

  /** `now` is the schedule clock in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(draft: z.infer<typeof FaultSchema>): Fault {
    const { times, forSeconds, ...rest } = draft;
    const endsAt = forSeconds === undefined ? null : this.#now() + forSeconds * 1000;
    const unlimited = forSeconds === undefined ? 1 : Number.MAX_SAFE_INTEGER;
    const fault: Fault = { ...rest, id: randomText(8), times: times ?? unlimited, endsAt };
    this.#waiting.push(fault);
    return fault;
  }

  list(): readonly Fault[] {
    this.#waiting = this.#waiting.filter((fault) => fault.endsAt === null || this.#now() < fault.endsAt);
    return this.#waiting;
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The oldest fault of one of these kinds that fits the occasion, used up by one. */
  take<K extends Kind>(occasion: Occasion, kinds: readonly K[]): (Fault & { kind: K }) | undefined {
    const fault = this.list().find((waiting) => fits(waiting, occasion) && kinds.some((kind) => kind === waiting.kind));
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
    (fault.outTradeNo === undefined || fault.outTradeNo === occasion.outTradeNo) &&
    (fault.host === undefined || fault.host === occasion.host)
  );
}
