/** Paying money out to a user who confirms it, 商家转账 (WeChat Pay V3, "merchant transfer"). */
import * as z from "zod";
import type { CallContext } from "../call.ts";
import { InputError } from "../input-error.ts";
import { parseJson, readJson } from "../json.ts";
import type { WechatMethod } from "../methods.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type {
  PreparedTransfer,
  TransferApplication,
  TransferConfirmation,
  TransferDraft,
  TransferRef,
  Transfers,
  TransferView,
  WechatTransferDraft,
} from "../transfers.ts";
import { notifyUrl, shownText, text, writeBody } from "./body-rules.ts";
import type { WechatReply } from "./call.ts";
import { failure } from "./codes.ts";
import { appIdOf, type WechatPayConfig } from "./config.ts";
import { encryptFields } from "./encrypted-fields.ts";
import type { Merchant } from "./merchant.ts";
import { isMissing, NOT_FOUND, type NotFound, notUnderstood } from "./replies.ts";
import { transferBill, transferReply, transferView } from "./transfer-bills.ts";

const BILLS_PATH = "/v3/fund-app/mch-transfer/transfer-bills";
/** From 2,000 yuan on the recipient's name is required. */
const NAMED_FROM_FEN = 200_000;

const createRequest = z.object({
  appid: text(32),
  out_bill_no: z.string().regex(/^[0-9A-Za-z]{1,32}$/, "is not up to 32 letters and digits"),
  transfer_scene_id: text(36),
  openid: text(64),
  user_name: z.string().optional(),
  transfer_amount: z.int("is not a number of fen").min(10, "is less than 10 fen"),
  transfer_remark: text(32),
  notify_url: notifyUrl(256),
  user_recv_perception: text(256).optional(),
  transfer_scene_report_infos: z.array(z.object({ info_type: text(256), info_content: text(256) })).min(1, "is empty"),
});

/** A transfer as far as it takes to ask for it. */
type AskedTransfer = Pick<TransferRef, "outBillNo">;

/** Transfers of one merchant. WeChat Pay takes these calls from listed addresses only. */
export class WechatTransfers implements Transfers {
  readonly returnDays = null;
  readonly #merchant: Merchant;

  constructor(merchant: Merchant) {
    this.#merchant = merchant;
  }

  /** @throws InputError naming the member that WeChat Pay would not take */
  async prepare(draft: TransferDraft, call: Pick<CallContext, "signal" | "now">): Promise<Outcome<PreparedTransfer>> {
    if (draft.provider === "alipay") throw new InputError("provider", "is not WeChat Pay");
    const body = transferBody(draft, this.#merchant.config);
    if (draft.userName === undefined) {
      if (draft.amount >= NAMED_FROM_FEN) throw new InputError("user_name", "is required from 2,000 yuan on");
      return ok({ request: writeBody(createRequest, body), encryptedFor: null });
    }
    writeBody(createRequest, body);
    const sealed = await encryptFields(this.#merchant, { user_name: draft.userName }, call);
    if (sealed.kind !== "ok") return sealed;
    const { fields, serial } = sealed.value;
    return ok({ request: writeBody(createRequest, { ...body, ...fields }), encryptedFor: serial });
  }

  async create(transfer: AskedTransfer & PreparedTransfer, call: CallContext): Promise<Outcome<TransferView>> {
    const { request: body, encryptedFor } = transfer;
    const sent = { method: "POST", path: BILLS_PATH, body, listedAddress: true } as const;
    const reply = await this.#merchant.client.call(encryptedFor === null ? sent : { ...sent, encryptedFor }, call);
    if (reply.kind !== "success") return failure(reply, "transfer", call);
    const made = readReply(reply, transfer);
    if (made.kind !== "ok") return made;
    return ok({ ...made.value.view, confirmation: this.#confirmation(body, made.value.packageInfo) });
  }

  async query(transfer: AskedTransfer, call: CallContext): Promise<Outcome<TransferView | NotFound>> {
    const found = await this.#find(`out-bill-no/${encodeURIComponent(transfer.outBillNo)}`, call);
    if (found.kind !== "ok") return found;
    if (!("transfer" in found.value)) return ok(found.value);
    if (found.value.outBillNo !== transfer.outBillNo) return unknown("unverified", "out_bill_no is another transfer's");
    return ok(found.value.transfer);
  }

  /** Asks for a transfer by WeChat Pay's own number. Both queries reach back 30 days. */
  queryByBillNo(transferBillNo: string, call: CallContext): Promise<Outcome<FoundTransfer | NotFound>> {
    return this.#find(`transfer-bill-no/${encodeURIComponent(transferBillNo)}`, call);
  }

  async cancel(transfer: AskedTransfer, call: CallContext): Promise<Outcome<TransferView>> {
    const path = `${BILLS_PATH}/out-bill-no/${encodeURIComponent(transfer.outBillNo)}/cancel`;
    const reply = await this.#merchant.client.call({ method: "POST", path, listedAddress: true }, call);
    if (reply.kind !== "success") return failure(reply, "transfer_cancel", call);
    const cancelled = readReply(reply, transfer);
    return cancelled.kind === "ok" ? ok(cancelled.value.view) : cancelled;
  }

  async #find(bill: string, call: CallContext): Promise<Outcome<FoundTransfer | NotFound>> {
    const path = `${BILLS_PATH}/${bill}`;
    const reply = await this.#merchant.client.call({ method: "GET", path, listedAddress: true }, call);
    if (isMissing(reply, "NOTFOUND", "RESOURCENOTEXISTS")) return ok(NOT_FOUND);
    if (reply.kind !== "success") return failure(reply, "transfer_query", call);
    const found = readJson(reply.body, transferBill);
    if (!found) return notUnderstood("the transfer lacks a member or has one of another type");
    if (found.mch_id !== this.#merchant.config.mchId) return unknown("unverified", "mch_id is another merchant's");
    const transfer = transferView(found);
    return transfer ? ok({ outBillNo: found.out_bill_no, transfer }) : notUnderstood("the transfer's state is unknown");
  }

  /** What the recipient confirms with, in the application that the transfer was made for. */
  #confirmation(request: string, packageInfo: string | null): TransferConfirmation | null {
    const made = z.object({ appid: z.string() }).safeParse(parseJson(request)).data;
    if (!made || packageInfo === null) return null;
    return { mchId: this.#merchant.config.mchId, appId: made.appid, package: packageInfo };
  }
}

/** A transfer that a query found. */
export interface FoundTransfer {
  readonly outBillNo: string;
  readonly transfer: TransferView;
}

function transferBody(draft: WechatTransferDraft, config: WechatPayConfig): z.input<typeof createRequest> {
  return {
    appid: appIdOf(config, METHOD_OF[draft.application]),
    out_bill_no: draft.outBillNo,
    transfer_scene_id: draft.sceneId,
    openid: draft.openid,
    transfer_amount: draft.amount,
    transfer_remark: shownText(draft.remark, 32) ?? "",
    notify_url: config.notifyUrl,
    user_recv_perception: draft.perception,
    transfer_scene_report_infos: draft.sceneReports.map((report) => ({
      info_type: report.infoType,
      info_content: report.infoContent,
    })),
  };
}

/** The method that pays in the same application. */
const METHOD_OF = {
  official_account: "WECHAT_JSAPI",
  mini_program: "WECHAT_MINI",
  mobile_app: "WECHAT_APP",
} as const satisfies Record<TransferApplication, WechatMethod>;

function readReply(
  reply: Extract<WechatReply, { kind: "success" }>,
  asked: AskedTransfer,
): Outcome<{ readonly view: TransferView; readonly packageInfo: string | null }> {
  const said = readJson(reply.body, transferReply);
  if (!said) return notUnderstood("the transfer lacks a member or has one of another type");
  if (said.out_bill_no !== asked.outBillNo) return unknown("unverified", "out_bill_no is another transfer's");
  const view = transferView(said);
  return view ? ok({ view, packageInfo: said.package_info }) : notUnderstood("the transfer's state is unknown");
}
