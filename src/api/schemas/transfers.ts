import * as z from "zod";
import { TRANSFER_STATES } from "../../../db/schema/transfers.ts";
import { fen, formatYuan } from "../../money.ts";
import { TRANSFER_APPLICATIONS } from "../../providers/transfers.ts";
import { limit, moment, plainLine, provider, reference, yuan, yuanText } from "./fields.ts";

const LEAST = fen(10);
const NAMED_FROM = fen(200_000);

export const createTransferInput = z
  .strictObject({
    application: z.enum(TRANSFER_APPLICATIONS).meta({ description: "Whose openid names the recipient" }),
    openid: z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be 1 to 64 printable ASCII characters"),
    userName: plainLine(64)
      .optional()
      .meta({
        description: `The recipient's real name, sent encrypted; required from ${formatYuan(NAMED_FROM)} yuan on`,
      }),
    sceneId: z.string().regex(/^[0-9A-Za-z]{1,36}$/, "must be 1 to 36 letters and digits"),
    amount: yuan.refine((amount) => amount >= LEAST, `must be at least ${formatYuan(LEAST)}`),
    remark: plainLine(32).meta({ description: "Shown to the recipient" }),
    perception: plainLine(32)
      .optional()
      .meta({ description: "What the recipient sees it as, where the scene has a choice" }),
    sceneReports: z
      .array(z.strictObject({ infoType: plainLine(15), infoContent: plainLine(32) }))
      .min(1)
      .max(20)
      .meta({ description: "Exactly what the scene demands to be told" }),
  })
  .superRefine(({ amount, userName }, context) => {
    if (amount < NAMED_FROM || userName !== undefined) return;
    const message = `is required from ${formatYuan(NAMED_FROM)} yuan on`;
    context.addIssue({ code: "custom", path: ["userName"], message });
  });

export const transferReference = z.strictObject({ outBillNo: reference });

export const listTransfersInput = z.strictObject({
  state: z.enum(TRANSFER_STATES).optional().meta({ description: "CREATED: not confirmed by the provider yet" }),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

export const transfer = z
  .object({
    outBillNo: z.string(),
    provider,
    status: z.enum(["PROCESSING", "AWAITING_USER", "CANCELLING", "SUCCESS", "FAILED", "CANCELLED"]),
    application: z.enum(TRANSFER_APPLICATIONS),
    openid: z.string(),
    sceneId: z.string(),
    amount: yuanText,
    remark: z.string(),
    providerBillNo: z.string().nullable(),
    failureCode: z.string().nullable().meta({ description: "Why it came to nothing, when FAILED" }),
    confirm: z
      .object({ mchId: z.string(), appId: z.string(), package: z.string() })
      .nullable()
      .meta({ description: "For wx.requestMerchantTransfer, while AWAITING_USER: the recipient has 24 hours" }),
    requestedBy: z.string(),
    createdAt: moment,
    finishedAt: moment.nullable(),
  })
  .meta({ id: "Transfer" });

export const transferPage = z.object({ transfers: z.array(transfer).readonly(), next: z.string().nullable() });
