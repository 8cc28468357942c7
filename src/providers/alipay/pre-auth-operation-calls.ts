/** The calls that take frozen money or let it go, and that ask what became of them. */
import type { CallContext } from "../call.ts";
import { type Outcome, ok, unknown } from "../outcome.ts";
import type { OperationKind, OperationRef, OperationView } from "../pre-authorisation.ts";
import type { Application } from "./application.ts";
import { type AlipayOperation, failure } from "./codes.ts";
import { MISSING } from "./pre-auth-calls.ts";
import { type AskedOperation, operationReference, readOperation } from "./pre-auth-operations.ts";
import { isError, NOT_FOUND, type NotFound, notUnderstood } from "./replies.ts";

interface Way {
  readonly method: string;
  /** What its codes are looked up under. */
  readonly operation: AlipayOperation;
}

const WAYS: Readonly<Record<OperationKind, { readonly send: Way; readonly ask: Way }>> = {
  CAPTURE: {
    send: { method: "alipay.trade.pay", operation: "pay" },
    ask: { method: "alipay.trade.query", operation: "query" },
  },
  UNFREEZE: {
    send: { method: "alipay.fund.auth.order.unfreeze", operation: "unfreeze" },
    ask: { method: "alipay.fund.auth.operation.detail.query", operation: "auth_query" },
  },
};

/**
 * Sends a capture or a release. Sent once: after silence a query comes first. No notice is asked for: one of a capture
 * would be a payment's, of an out_trade_no that is no payment's.
 */
export async function sendOperation(
  { client }: Application,
  operation: Pick<OperationRef, "kind" | "number" | "request">,
  call: CallContext,
): Promise<Outcome<OperationView>> {
  const way = WAYS[operation.kind].send;
  const reply = await client.call({ method: way.method, bizContent: operation.request, once: true }, call);
  return reply.kind === "success" ? read(operation, reply.node, "send") : failure(reply, way.operation, call);
}

/** Asks for a capture or a release. */
export async function findOperation(
  { client }: Application,
  operation: AskedOperation,
  call: CallContext,
): Promise<Outcome<OperationView | NotFound>> {
  const way = WAYS[operation.kind].ask;
  const reply = await client.call({ method: way.method, bizContent: operationReference(operation) }, call);
  if (isError(reply, ...MISSING)) return ok(NOT_FOUND);
  return reply.kind === "success" ? read(operation, reply.node, "ask") : failure(reply, way.operation, call);
}

function read(
  { kind, number }: Pick<OperationRef, "kind" | "number">,
  node: unknown,
  call: "send" | "ask",
): Outcome<OperationView> {
  const said = readOperation(kind, node, call);
  if (!said) return notUnderstood("the operation lacks a member or has one of another type");
  if (said.number !== number) return unknown("unverified", "the number is another operation's");
  return said.view ? ok(said.view) : notUnderstood("the operation's status is unknown");
}
