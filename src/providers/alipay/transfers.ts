/** Paying money out by alipay.fund.trans.uni.transfer, for applications in certificate mode. */
import type { CallContext } from "../call.ts";
import { InputError } from "../input-error.ts";
import { type Outcome, ok, unknown } from "../outcome.ts";
import type {
  PreparedTransfer,
  TransferDraft,
  TransferName,
  TransferRef,
  Transfers,
  TransferView,
} from "../transfers.ts";
import type { Application } from "./application.ts";
import { failure } from "./codes.ts";
import { isError, NOT_FOUND, type NotFound, notUnderstood } from "./replies.ts";
import {
  type AskedTransfer,
  transferContent,
  transferQueryContent,
  transferReply,
  transferView,
} from "./transfer-content.ts";

/** Transfers of one application. Nothing can be taken back once it is sent. */
export class AlipayTransfers implements Transfers {
  /** A red packet that nobody opens comes back after a day, money to a closed account later. */
  readonly returnDays = 3;
  readonly #application: Application;

  constructor(application: Application) {
    this.#application = application;
  }

  /** @throws InputError naming the member that Alipay would not take */
  async prepare(draft: TransferDraft): Promise<Outcome<PreparedTransfer>> {
    if (draft.provider !== "alipay") throw new InputError("provider", "is not Alipay");
    return ok({ request: transferContent(draft), encryptedFor: null });
  }

  create(transfer: TransferRef, call: CallContext): Promise<Outcome<TransferView>> {
    return sendTransfer(this.#application, transfer, call);
  }

  async query({ outBillNo, productCode }: TransferName, call: CallContext): Promise<Outcome<TransferView | NotFound>> {
    if (!productCode) throw new RangeError("the transfer lacks its product");
    return findTransfer(this.#application, { outBillNo, productCode }, call);
  }
}

/** Pays out. Sent once: after silence a query comes first, and only a number that Alipay does not know goes out again. */
export async function sendTransfer(
  { client }: Application,
  transfer: Pick<TransferRef, "outBillNo" | "request">,
  call: CallContext,
): Promise<Outcome<TransferView>> {
  const request = { method: "alipay.fund.trans.uni.transfer", bizContent: transfer.request, once: true } as const;
  const reply = await client.call(request, call);
  return reply.kind === "success" ? readTransfer(reply.node, transfer) : failure(reply, "transfer", call);
}

/** Asks for a transfer. */
export async function findTransfer(
  { client }: Application,
  asked: AskedTransfer,
  call: CallContext,
): Promise<Outcome<TransferView | NotFound>> {
  const bizContent = transferQueryContent(asked);
  const reply = await client.call({ method: "alipay.fund.trans.common.query", bizContent }, call);
  if (isError(reply, "ORDER_NOT_EXIST")) return ok(NOT_FOUND);
  return reply.kind === "success" ? readTransfer(reply.node, asked) : failure(reply, "transfer_query", call);
}

function readTransfer(node: unknown, asked: Pick<TransferRef, "outBillNo">): Outcome<TransferView> {
  const said = transferReply.safeParse(node).data;
  if (!said) return notUnderstood("the transfer lacks a member or has one of another type");
  if (said.out_biz_no !== asked.outBillNo) return unknown("unverified", "out_biz_no is another transfer's");
  const view = transferView(said);
  return view ? ok(view) : notUnderstood("the transfer's status is unknown");
}
