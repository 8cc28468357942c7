import * as z from "zod";
import { TRANSFER_STATES } from "../../../db/schema/transfers.ts";
import { fen, formatYuan } from "../../money.ts";
import { ALIPAY_IDENTITIES, ALIPAY_TRANSFER_PRODUCTS, TRANSFER_APPLICATIONS } from "../../providers/transfers.ts";
import { limit, line, moment, plainLine, reference, yuan, yuanText } from "./fields.ts";

const LEAST = fen(10);
const NAMED_FROM = fen(200_000);

const reason = line(200).meta({ description: "Why, in the operator's own words; kept on record" });

const sceneReports = z
  .array(z.strictObject({ infoType: plainLine(15), infoContent: plainLine(32) }))
  .min(1)
  .max(20)
  .meta({ description: "Exactly what the scene demands to be told" });

const createWechatTransfer = z
  .strictObject({
    provider: z.literal("wechat").optional().meta({ description: "When absent, WeChat Pay" }),
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
    sceneReports,
    reason,
  })
  .superRefine(({ amount, userName }, context) => {
    if (amount < NAMED_FROM || userName !== undefined) return;
    const message = `is required from ${formatYuan(NAMED_FROM)} yuan on`;
    context.addIssue({ code: "custom", path: ["userName"], message });
  });

const identity = z.string().regex(/^[\x21-\x7e]{1,64}$/, "must be 1 to 64 printable ASCII characters");

const payee = z
  .strictObject({
    identity: identity.meta({ description: "A user id (2088…), a sign-in name (phone or e-mail) or an open id" }),
    identityType: z.enum(ALIPAY_IDENTITIES),
    name: plainLine(64).optional().meta({ description: "The recipient's real name; required with ALIPAY_LOGON_ID" }),
  })
  .superRefine(({ identityType, name }, context) => {
    if (identityType !== "ALIPAY_LOGON_ID" || name !== undefined) return;
    context.addIssue({ code: "custom", path: ["name"], message: "is required with ALIPAY_LOGON_ID" });
  });

const createAlipayTransfer = z
  .strictObject({
    provider: z.literal("alipay"),
    payee,
    title: plainLine(128).meta({ description: "What the recipient's bill calls it" }),
    amount: yuan.refine((amount) => amount > 0, "must be at least 0.01"),
    remark: plainLine(200).optional(),
    productCode: z.enum(ALIPAY_TRANSFER_PRODUCTS).meta({ description: "To the account, or as a red packet" }),
    sceneName: plainLine(64).optional(),
    sceneReports: sceneReports.optional(),
    reason,
  })
  .superRefine(({ amount, productCode }, context) => {
    if (productCode !== "TRANS_ACCOUNT_NO_PWD" || amount >= LEAST) return;
    context.addIssue({ code: "custom", path: ["amount"], message: `must be at least ${formatYuan(LEAST)}` });
  });

export const createTransferInput = z.discriminatedUnion(
  "provider",
  [createWechatTransfer, createAlipayTransfer],
  "must be wechat or alipay",
);

export const transferReference = z.strictObject({ outBillNo: reference });
export const cancelTransferInput = transferReference.extend({ reason });

export const listTransfersInput = z.strictObject({
  state: z.enum(TRANSFER_STATES).optional().meta({ description: "CREATED: not confirmed by the provider yet" }),
  before: reference.optional().meta({ description: "`next` of the page before" }),
  limit,
});

const common = {
  outBillNo: z.string(),
  status: z.enum(["PROCESSING", "AWAITING_USER", "CANCELLING", "SUCCESS", "FAILED", "CANCELLED", "RETURNED"]),
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
};

const wechatTransfer = z.object({
  ...common,
  provider: z.literal("wechat"),
  application: z.enum(TRANSFER_APPLICATIONS),
  openid: z.string(),
  sceneId: z.string(),
});

const alipayTransfer = z.object({
  ...common,
  provider: z.literal("alipay"),
  payee: z.object({
    identity: z.string().meta({ description: "A sign-in name only in part" }),
    identityType: z.enum(ALIPAY_IDENTITIES),
  }),
  productCode: z.enum(ALIPAY_TRANSFER_PRODUCTS),
  title: z.string(),
  sceneName: z.string().nullable(),
});

export const transfer = z.discriminatedUnion("provider", [wechatTransfer, alipayTransfer]).meta({ id: "Transfer" });

export const transferPage = z.object({ transfers: z.array(transfer).readonly(), next: z.string().nullable() });
