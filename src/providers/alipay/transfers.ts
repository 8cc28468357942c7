/** Paying money out by alipay.fund.trans.uni.transfer, for applications in certificate mode. */

import type { CallContext } from "../call.ts";
import { InputError } from "../input-error.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type { PreparedTransfer, TransferDraft, TransferRef, Transfers, TransferView } from "../transfers.ts";
import type { AlipayClient } from "./client.ts";
import { failure, plainCode } from "./codes.ts";
import { transferContent, transferQueryContent, transferReply, transferView } from "./transfer-content.ts";

type NotFound = { readonly status: "not_found" };

/** Transfers of one application. Nothing can be taken back once it is sent. */
export class AlipayTransfers implements Transfers {
  /** A red packet that nobody opens comes back after a day, money to a closed account later. */
  readonly returnDays = 3;
  readonly #client: Pick<AlipayClient, "call">;

  constructor(client: Pick<AlipayClient, "call">) {
    this.#client = client;
  }

  /** @throws InputError naming the member that Alipay would not take */
  async prepare(draft: TransferDraft): Promise<Outcome<PreparedTransfer>> {
    if (draft.provider !== "alipay") throw new InputError("provider", "is not Alipay");
    return ok({ request: transferContent(draft), encryptedFor: null });
  }

  /** Sent once: after silence a query comes first, and only a number that Alipay does not know goes out again. */
  async create(transfer: TransferRef, call: CallContext): Promise<Outcome<TransferView>> {
    const request = { method: "alipay.fund.trans.uni.transfer", bizContent: transfer.request, once: true } as const;
    const reply = await this.#client.call(request, call);
    if (reply.kind !== "success") return failure(reply, "transfer", call);
    return readTransfer(reply.node, transfer);
  }

  async query(transfer: TransferRef, call: CallContext): Promise<Outcome<TransferView | NotFound>> {
    const bizContent = transferQueryContent(transfer);
    const reply = await this.#client.call({ method: "alipay.fund.trans.common.query", bizContent }, call);
    if (reply.kind === "success") return readTransfer(reply.node, transfer);
    if (reply.kind === "error" && plainCode(reply.error.code) === "ORDER_NOT_EXIST") return ok({ status: "not_found" });
    return failure(reply, "transfer_query", call);
  }
}

function readTransfer(node: unknown, asked: Pick<TransferRef, "outBillNo">): Outcome<TransferView> {
  const said = transferReply.safeParse(node).data;
  if (!said) return unknown("unlisted", "the transfer lacks a member or has one of another type");
  if (said.out_biz_no !== asked.outBillNo) return unknown("unverified", "out_biz_no is another transfer's");
  const view = transferView(said);
  return view ? ok(view) : unknown("unlisted", "the transfer's status is unknown");
}
