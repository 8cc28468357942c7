import * as z from "zod";
import { AUTHORISATION_STATES } from "../../../db/schema/pre-authorisations.ts";
import { FREEZE_CHANNELS } from "../../providers/pre-authorisation.ts";
import { limit, moment, operatorsReason, plainLine, provider, reference, yuan, yuanText } from "./fields.ts";

const positive = yuan.refine((amount) => amount > 0, "must be at least 0.01");

const freeze = {
  title: plainLine(100).meta({ description: "Shown to the buyer" }),
  amount: positive,
  minutes: z.int().min(1).max(1440).optional().meta({ description: "For how long the buyer may confirm" }),
  reason: operatorsReason,
};

export const createPreAuthorisationInput = z.discriminatedUnion(
  "channel",
  [
    z.strictObject({ channel: z.literal("app"), ...freeze }),
    z.strictObject({ channel: z.literal("qr"), ...freeze }),
    z.strictObject({
      channel: z.literal("barcode"),
      ...freeze,
      authCode: z
        .string()
        .regex(/^(?:\d{16,32}|fp[0-9a-zA-Z]{20,62})$/, "must be what was scanned from the buyer's phone"),
    }),
  ],
  "must be app, qr or barcode",
);

export const preAuthorisationReference = z.strictObject({ outOrderNo: reference });
export const cancelPreAuthorisationInput = preAuthorisationReference.extend({ reason: operatorsReason });

const operation = {
  outOrderNo: reference,
  amount: positive,
  title: plainLine(100).optional().meta({ description: "Shown to the buyer; the freeze's own when absent" }),
  reason: operatorsReason,
};

export const captureInput = z.strictObject({
  ...operation,
  final: z
    .boolean()
    .optional()
    .meta({ description: "Whether the rest is released with it; otherwise it stays frozen" }),
});

export const unfreezeInput = z.strictObject(operation);

export const listPreAuthorisationsInput = z.strictObject({
  state: z.enum(AUTHORISATION_STATES).optional().meta({ description: "CREATED: not confirmed by the provider yet" }),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

const operationRecord = z.object({
  number: z.string(),
  kind: z.enum(["CAPTURE", "UNFREEZE"]),
  status: z.enum(["PROCESSING", "SUCCESS", "FAILED"]),
  amount: yuanText,
  final: z.boolean(),
  providerNo: z.string().nullable(),
  failureCode: z.string().nullable(),
  requestedBy: z.string(),
  createdAt: moment,
  finishedAt: moment.nullable(),
});

const credential = z.discriminatedUnion("channel", [
  z.object({ channel: z.literal("app"), orderString: z.string().meta({ description: "For Alipay's mobile SDK" }) }),
  z.object({ channel: z.literal("qr"), qrCode: z.string().meta({ description: "To be shown as a QR code" }) }),
  z.object({ channel: z.literal("barcode") }),
]);

export const preAuthorisation = z
  .object({
    outOrderNo: z.string(),
    provider,
    channel: z.enum(FREEZE_CHANNELS),
    status: z.enum(["PENDING", "FROZEN", "CANCELLING", "FINISHED", "CLOSED", "FAILED"]),
    title: z.string(),
    amount: yuanText,
    captured: yuanText,
    released: yuanText,
    available: yuanText.meta({ description: "Frozen, and neither captured nor released nor about to be" }),
    credential: credential.nullable().meta({ description: "What the buyer confirms with, while PENDING" }),
    authNo: z.string().nullable(),
    failureCode: z.string().nullable(),
    requestedBy: z.string(),
    createdAt: moment,
    expiresAt: moment,
    frozenAt: moment.nullable(),
    finishedAt: moment.nullable(),
    operations: z.array(operationRecord).readonly(),
  })
  .meta({ id: "PreAuthorisation" });

export const preAuthorisationPage = z.object({
  preAuthorisations: z.array(preAuthorisation).readonly(),
  next: z.string().nullable(),
});
