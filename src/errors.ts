/** The errors a caller can meet: one closed set of codes, each with its HTTP status and tRPC code. */
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server";

interface ErrorKind {
  readonly status: number;
  readonly trpc: TRPC_ERROR_CODE_KEY;
  readonly message: string;
}

export const ERRORS = {
  BAD_INPUT: { status: 400, trpc: "BAD_REQUEST", message: "The input is not valid." },
  UNKNOWN_SKU: { status: 400, trpc: "BAD_REQUEST", message: "An item is not for sale." },
  AMOUNT_MISMATCH: { status: 400, trpc: "BAD_REQUEST", message: "The amount is not what is left to pay." },
  METHOD_PROVIDER_MISMATCH: { status: 400, trpc: "BAD_REQUEST", message: "The method belongs to another provider." },
  METHOD_UNAVAILABLE: { status: 400, trpc: "BAD_REQUEST", message: "This payment method is not configured." },
  IDEMPOTENCY_KEY_REQUIRED: { status: 400, trpc: "BAD_REQUEST", message: "The Idempotency-Key header is required." },
  UNAUTHENTICATED: { status: 401, trpc: "UNAUTHORIZED", message: "A valid bearer token is required." },
  FORBIDDEN: { status: 403, trpc: "FORBIDDEN", message: "Your role may not do this." },
  NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "There is nothing here." },
  ORDER_NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "There is no such order." },
  PAYMENT_NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "The order has no payment with this provider." },
  REFUND_NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "There is no such refund." },
  RECEIPT_NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "No money beside an order has this number." },
  ANOMALY_NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "There is no such anomaly." },
  AUTHORISATION_NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "There is no such pre-authorisation." },
  TRANSFER_NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "There is no such transfer." },
  ORDER_PAID: { status: 409, trpc: "CONFLICT", message: "The order is paid." },
  ORDER_CLOSED: { status: 409, trpc: "CONFLICT", message: "The order is closed." },
  ORDER_CLOSING: { status: 409, trpc: "CONFLICT", message: "The order is being closed." },
  ORDER_EXPIRED: { status: 409, trpc: "CONFLICT", message: "The time to pay the order is over." },
  PAYMENT_CLOSED: { status: 409, trpc: "CONFLICT", message: "This attempt is closed. Open another." },
  ORDER_NOT_PAID: { status: 409, trpc: "CONFLICT", message: "The order is not paid." },
  TOO_MANY_OPEN_ORDERS: {
    status: 409,
    trpc: "CONFLICT",
    message: "So many orders are open that no more can be made. Pay or cancel one.",
  },
  STOCK_MOVED: { status: 409, trpc: "CONFLICT", message: "The stock moved while it was being counted. Count again." },
  OUT_OF_STOCK: { status: 409, trpc: "CONFLICT", message: "There are not enough pieces." },
  INSUFFICIENT_POINTS: { status: 409, trpc: "CONFLICT", message: "There are not enough points." },
  REFUND_EXCEEDS_PAYMENT: { status: 409, trpc: "CONFLICT", message: "The refund is more than is left of the payment." },
  REFUND_ITEMS_EXCEED_ORDER: {
    status: 409,
    trpc: "CONFLICT",
    message: "The refund names pieces that are not left to return.",
  },
  REFUND_NOT_REQUESTED: { status: 409, trpc: "CONFLICT", message: "The refund has been decided already." },
  REFUND_WINDOW_OVER: { status: 409, trpc: "CONFLICT", message: "The payment is too old to be refunded." },
  REFUND_PARTS_USED_UP: {
    status: 409,
    trpc: "CONFLICT",
    message: "The payment has been refunded in as many parts as it may be.",
  },
  REFUND_NOT_FAILED: {
    status: 409,
    trpc: "CONFLICT",
    message: "Only a refund that has failed for certain can be tried again.",
  },
  REFUND_NOT_IN_DOUBT: {
    status: 409,
    trpc: "CONFLICT",
    message: "It is known how the refund stands, or nobody has waited for long enough to find out.",
  },
  REFUND_NOT_ABNORMAL: { status: 409, trpc: "CONFLICT", message: "The refund is not stuck at the provider." },
  RECEIPT_DECIDED: {
    status: 409,
    trpc: "CONFLICT",
    message: "Something else has become of this money: it was applied, or written off.",
  },
  RECEIPT_REFUNDED: { status: 409, trpc: "CONFLICT", message: "This money is going back, or has gone back." },
  BOOKS_INCOMPLETE: {
    status: 409,
    trpc: "CONFLICT",
    message: "The books lack what the order needs: a shelf, or an entry of its pieces or points.",
  },
  RECEIPT_AMOUNT_DIFFERS: { status: 409, trpc: "CONFLICT", message: "This money is not what its order costs." },
  ANOMALY_UNDECIDED: {
    status: 409,
    trpc: "CONFLICT",
    message: "The money that it is about is held. Apply it, refund it or write it off.",
  },
  TRANSFER_FINAL: { status: 409, trpc: "CONFLICT", message: "The transfer has come to its end." },
  AUTHORISATION_NOT_FROZEN: { status: 409, trpc: "CONFLICT", message: "No money is frozen under this number." },
  AUTHORISATION_FROZEN: { status: 409, trpc: "CONFLICT", message: "The money is frozen. Release it instead." },
  AUTHORISATION_EXCEEDED: { status: 409, trpc: "CONFLICT", message: "That much is not left of the frozen money." },
  AUTHORISATION_BUSY: {
    status: 409,
    trpc: "CONFLICT",
    message: "Another capture or release of this money is under way. Repeat the request when it is done.",
  },
  TRANSFER_IRREVOCABLE: {
    status: 409,
    trpc: "CONFLICT",
    message: "This provider's transfers can't be taken back.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    trpc: "CONFLICT",
    message: "This Idempotency-Key was used with another request.",
  },
  REQUEST_IN_PROGRESS: { status: 409, trpc: "CONFLICT", message: "The same request is still being worked on." },
  PAYLOAD_TOO_LARGE: { status: 413, trpc: "PAYLOAD_TOO_LARGE", message: "The request is too large." },
  PROVIDER_REFUSED: { status: 422, trpc: "UNPROCESSABLE_CONTENT", message: "The payment provider refused." },
  RATE_LIMITED: { status: 429, trpc: "TOO_MANY_REQUESTS", message: "Too many requests. Slow down." },
  PROVIDER_BUSY: { status: 429, trpc: "TOO_MANY_REQUESTS", message: "The payment provider asks to come back later." },
  INTERNAL: { status: 500, trpc: "INTERNAL_SERVER_ERROR", message: "Something went wrong on our side." },
  PROVIDER_UNINTELLIGIBLE: {
    status: 502,
    trpc: "BAD_GATEWAY",
    message: "The payment provider's answer can't be understood or trusted.",
  },
  UNAVAILABLE: {
    status: 503,
    trpc: "SERVICE_UNAVAILABLE",
    message: "The service can't reach its database. Repeat the request.",
  },
  PROVIDER_SILENT: {
    status: 504,
    trpc: "GATEWAY_TIMEOUT",
    message: "The payment provider did not answer. Repeat the request.",
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing that is wrong with an input, and where. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export interface ErrorDetails {
  readonly issues?: readonly Issue[] | undefined;
  /** The provider's own code, with PROVIDER_REFUSED. */
  readonly providerCode?: string | undefined;
  /** The attempt in doubt, with PROVIDER_SILENT and its like: repeating the call goes on with it. */
  readonly transactionId?: string | undefined;
  /** Of the request that was refused like this first, when it came under an idempotency key. */
  readonly requestId?: string | undefined;
  /** Seconds after which a repeat makes sense. */
  readonly retryAfter?: number | undefined;
}

/** An error meant for the caller. Its message and details hold nothing but what the caller may see. */
export class PayError extends Error {
  override readonly name = "PayError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, message: string = ERRORS[code].message) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
