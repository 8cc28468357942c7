/** Pre-authorisation of one application: money frozen, captured in parts, and released. */

import type { CallContext } from "../call.ts";
import type { Outcome } from "../outcome.ts";
import { ok, unknown } from "../outcome.ts";
import type {
  FreezeDraft,
  FreezeRef,
  FreezeView,
  OperationDraft,
  OperationRef,
  OperationView,
  PreAuthorisations,
  StartedFreeze,
} from "../pre-authorisation.ts";
import type { Application } from "./application.ts";
import type { AlipayReply } from "./call.ts";
import { failure, plainCode } from "./codes.ts";
import {
  cancelReply,
  FREEZE_METHODS,
  freezeContent,
  freezeFacts,
  freezeReference,
  freezeView,
  voucherReply,
} from "./pre-auth-content.ts";
import { OPERATION_METHODS, operationContent, operationReference, readOperation } from "./pre-auth-operations.ts";

type NotFound = { readonly status: "not_found" };
const NOT_FOUND: NotFound = { status: "not_found" };

/** What queries call that which is not there. */
const MISSING: readonly string[] = ["AUTH_ORDER_NOT_EXIST", "AUTH_OPERATION_NOT_EXIST", "TRADE_NOT_EXIST"];

const QUERY = "alipay.fund.auth.operation.detail.query";
const CANCEL = "alipay.fund.auth.operation.cancel";

export class AlipayPreAuthorisations implements PreAuthorisations {
  readonly #application: Pick<Application, "config" | "client">;

  constructor(application: Pick<Application, "config" | "client">) {
    this.#application = application;
  }

  /** @throws InputError naming the member that Alipay would not take */
  prepareFreeze(draft: FreezeDraft): string {
    return freezeContent(draft);
  }

  /** An order string is only signed: Alipay hears of it when the buyer opens it. */
  async freeze(freeze: FreezeRef, call: CallContext): Promise<Outcome<StartedFreeze>> {
    const { client, config } = this.#application;
    const { method } = FREEZE_METHODS[freeze.channel];
    const request = { method, bizContent: freeze.request, notifyUrl: config.notifyUrl };
    if (freeze.channel === "app") {
      const orderString = await client.orderString(request, call.now());
      return ok({ view: { status: "pending" }, credential: { channel: "app", orderString } });
    }
    const reply = await client.call(freeze.channel === "barcode" ? { ...request, once: true } : request, call);
    if (reply.kind !== "success") return failure(reply, "freeze", call);
    if (freeze.channel === "qr") return readVoucher(reply.node, freeze);
    const view = readFreeze(reply.node, freeze);
    return view.kind === "ok" ? ok({ view: view.value, credential: { channel: "barcode" } }) : view;
  }

  async queryFreeze(freeze: FreezeRef, call: CallContext): Promise<Outcome<FreezeView | NotFound>> {
    const bizContent = freezeReference(freeze);
    const reply = await this.#application.client.call({ method: QUERY, bizContent }, call);
    if (isMissing(reply)) return ok(NOT_FOUND);
    return reply.kind === "success" ? readFreeze(reply.node, freeze) : failure(reply, "auth_query", call);
  }

  async cancelFreeze(freeze: FreezeRef, call: CallContext): Promise<Outcome<{ readonly status: "closed" } | NotFound>> {
    const bizContent = JSON.stringify({ ...JSON.parse(freezeReference(freeze)), remark: "取消预授权" });
    const reply = await this.#application.client.call({ method: CANCEL, bizContent }, call);
    if (isMissing(reply)) return ok(NOT_FOUND);
    if (reply.kind !== "success") return failure(reply, "auth_cancel", call);
    const said = cancelReply.safeParse(reply.node).data;
    if (said?.out_order_no !== freeze.outOrderNo) return anotherFreeze();
    return ok({ status: "closed" });
  }

  /** @throws InputError naming the member that Alipay would not take */
  prepareOperation(draft: OperationDraft): string {
    return operationContent(draft);
  }

  /** Sent once: after silence a query comes first. */
  async operate(operation: OperationRef, call: CallContext): Promise<Outcome<OperationView>> {
    const method = OPERATION_METHODS[operation.kind].send;
    const reply = await this.#application.client.call({ method, bizContent: operation.request, once: true }, call);
    if (reply.kind === "success") return readReply(operation, reply.node, "send");
    return failure(reply, operation.kind === "CAPTURE" ? "pay" : "unfreeze", call);
  }

  async queryOperation(operation: OperationRef, call: CallContext): Promise<Outcome<OperationView | NotFound>> {
    const method = OPERATION_METHODS[operation.kind].ask;
    const reply = await this.#application.client.call({ method, bizContent: operationReference(operation) }, call);
    if (isMissing(reply)) return ok(NOT_FOUND);
    if (reply.kind === "success") return readReply(operation, reply.node, "ask");
    return failure(reply, operation.kind === "CAPTURE" ? "query" : "auth_query", call);
  }
}

function isMissing(reply: AlipayReply): boolean {
  return reply.kind === "error" && MISSING.includes(plainCode(reply.error.code));
}

function readVoucher(node: unknown, freeze: FreezeRef): Outcome<StartedFreeze> {
  const said = voucherReply.safeParse(node).data;
  if (!said) return unknown("unlisted", "the reply holds no code");
  if (said.out_order_no !== freeze.outOrderNo) return anotherFreeze();
  return ok({ view: { status: "pending" }, credential: { channel: "qr", qrCode: said.code_value } });
}

function readFreeze(node: unknown, freeze: FreezeRef): Outcome<FreezeView> {
  const facts = freezeFacts.safeParse(node).data;
  if (!facts) return unknown("unlisted", "the freeze lacks a member or has one of another type");
  if (facts.out_order_no !== freeze.outOrderNo) return anotherFreeze();
  const view = freezeView(facts);
  return view ? ok(view) : unknown("unlisted", "the freeze's status is unknown or its receipt incomplete");
}

function readReply(operation: OperationRef, node: unknown, call: "send" | "ask"): Outcome<OperationView> {
  const said = readOperation(operation.kind, node, call);
  if (!said) return unknown("unlisted", "the operation lacks a member or has one of another type");
  if (said.number !== operation.number) return unknown("unverified", "the number is another operation's");
  return said.view ? ok(said.view) : unknown("unlisted", "the operation's status is unknown");
}

function anotherFreeze(): Outcome<never> {
  return unknown("unverified", "out_order_no is another freeze's");
}
