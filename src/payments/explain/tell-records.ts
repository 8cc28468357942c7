/** What was said between the shop and the providers, what was noticed, and what operators did. */
import { AS_ASKED } from "../refunds/view.ts";
import { entryAt, type StoryEntry } from "./entry.ts";
import type { Story } from "./read-story.ts";

export function tellCalls({ calls }: Story): StoryEntry[] {
  return calls.flatMap((call) => {
    const { id, sentAt, provider, operation, number, status, code, request, response, durationMs, requestId } = call;
    const answer = status === null ? "no answer" : `HTTP ${status}`;
    const said = code === null ? answer : `${answer}, ${code}`;
    const text = `${provider} was asked: ${operation} of ${number}. ${said} after ${durationMs} ms.`;
    const facts = { provider, operation, number, status, code, durationMs, requestId, request, response };
    return entryAt(sentAt, "provider_call", id, text, facts);
  });
}

const OUTCOMES = {
  APPLIED: "it was applied",
  REPEATED: "it was known already",
  ANOMALY: "it was put before an operator",
  IGNORED: "it changed nothing",
  FAILED: "it could not be processed",
} as const;

export function tellCallbacks({ notifications }: Story): StoryEntry[] {
  return notifications.flatMap((told) => {
    const { provider, notifyId, event, outcome, deliveries, receivedAt, processingMs } = told;
    const again = deliveries > 1 ? `, ${deliveries} times` : "";
    const text = `${provider} told of ${event}${again}; ${OUTCOMES[outcome]}.`;
    const facts = { provider, notifyId, event, number: told.outTradeNo, outcome, deliveries, processingMs };
    return entryAt(receivedAt, "callback", `${provider}:${notifyId}`, text, facts);
  });
}

export function tellEvents({ events }: Story): StoryEntry[] {
  return events.flatMap(({ id, kind, detail, createdAt }) =>
    entryAt(createdAt, "event", id, `The shop took note of ${kind}.`, { event: kind, detail }),
  );
}

export function tellAnomalies({ anomalies }: Story): StoryEntry[] {
  return anomalies.flatMap((anomaly) => {
    const { id, kind, state, detail, suggestion, seen, createdAt, resolvedAt, resolvedBy, resolution } = anomaly;
    const again = seen > 1 ? ` It was seen ${seen} times.` : "";
    const facts = {
      anomaly: kind,
      state,
      outTradeNo: anomaly.outTradeNo,
      refundId: anomaly.refundId,
      detail,
      suggestion,
    };
    return [
      ...entryAt(createdAt, "anomaly", `${id}:found`, `${kind} was put before an operator.${again}`, facts),
      ...entryAt(resolvedAt, "anomaly", `${id}:resolved`, `${kind} was resolved.`, { by: resolvedBy, resolution }),
    ];
  });
}

/** An operator may take over the reason that a refund was asked for with: those are a buyer's words, and not shown. */
export function tellActions({ actions, wishes }: Story): StoryEntry[] {
  return actions.flatMap(({ id, at, actor, role, action, subject, reason: given, before, after, requestId }) => {
    const reason = wishes.includes(given) ? AS_ASKED : given;
    const facts = { by: actor, role, action, subject, reason, before, after, requestId };
    return entryAt(at, "operator", id, `${actor} did ${action} to ${subject}.`, facts);
  });
}
