/** Bugs that other systems have had, as changes to the shop's source: the simulation has to catch every one of them. */
import type { Bug } from "./bug.ts";
import { LATER_BUGS } from "./later-bugs.ts";

export const BUGS: readonly Bug[] = [
  {
    name: "timeout booked as failure",
    seed: 8,
    edits: [
      {
        file: "src/payments/refunds/send-refund.ts",
        find: `    case "later":
    case "unknown":`,
        instead: `    case "unknown":
      return await afterRefusal(ctx, refund, outcome.cause, mode);
    case "later":`,
      },
    ],
  },
  {
    name: "refusal after a timeout believed",
    seed: 11,
    edits: [
      {
        file: "src/providers/outcome.ts",
        find: `meaning === "echo" || !call.firstSend`,
        instead: `meaning === "echo" && call.firstSend`,
      },
    ],
  },
  {
    name: "refund repeated under a new number",
    seed: 1,
    edits: [
      {
        file: "src/payments/refunds/send-refund.ts",
        find: "const outcome = await provider.refund(await recordedRefund(ctx, refund), callContext(ctx, mode.firstSend));",
        instead: `const recorded = await recordedRefund(ctx, refund);
  const { outRefundNo: old } = recorded;
  const outRefundNo = mode.repeat ? \`\${old.slice(0, -1)}0\` : old;
  const anew = { ...recorded, outRefundNo, request: recorded.request.replaceAll(old, outRefundNo) };
  const outcome = await provider.refund(anew, callContext(ctx, mode.firstSend));`,
      },
    ],
  },
  {
    name: "ceiling checked and not reserved",
    seed: 1,
    edits: [
      {
        file: "db/statements/refund-books.ts",
        find: `\${attempts.refunding} = \${attempts.refunding} + \${refunds.amount},`,
        instead: `\${attempts.refunding} = \${attempts.refunding},`,
      },
    ],
  },
  {
    name: "close without asking",
    seed: 2,
    edits: [
      {
        file: "src/payments/attempts/close-attempt.ts",
        find: "const answer = await ctx.providers.get(unpaid.provider).close(attemptRef(unpaid), callContext(ctx, false));",
        instead: `const answer = { kind: "ok", value: "closed" } as const;`,
      },
    ],
  },
  {
    name: "duplicate applied twice",
    seed: 4,
    edits: [
      {
        file: "db/statements/points.ts",
        find: `eq(pointsLogs.kind, "GRANT"),
        eq(pointsLogs.causeId, causeId),
        eq(pointsLogs.state, "PENDING"),`,
        instead: `eq(pointsLogs.kind, "GRANT"),
        eq(pointsLogs.causeId, causeId),`,
      },
    ],
  },
  {
    name: "second payment applied too",
    seed: 2,
    edits: [
      {
        file: "db/statements/settle.ts",
        find: `eq(orders.state, "PENDING"),`,
        instead: `ne(orders.state, "CLOSED"),`,
      },
    ],
  },
  {
    name: "stock given back twice",
    seed: 9,
    edits: [
      {
        file: "db/statements/order.ts",
        find: `eq(orders.state, "PENDING"), isNotNull(orders.closingAt), booksComplete`,
        instead: `isNotNull(orders.closingAt)`,
      },
      {
        file: "db/statements/order.ts",
        find: `eq(inventoryLogs.kind, "SALE"), eq(inventoryLogs.state, "PENDING"))}`,
        instead: `eq(inventoryLogs.kind, "SALE"))}`,
      },
    ],
  },
  {
    name: "amount unchecked",
    seed: 2,
    edits: [{ file: "db/statements/settle.ts", find: "eq(attempts.amount, receipt.amount),", instead: "" }],
  },
  {
    name: "acknowledgement before record",
    seed: 1,
    edits: [
      {
        file: "src/payments/callback-handler.ts",
        find: "const reply = await within(this.answerWithinMs, work);",
        instead: `this.ctx.defer(() => work);
    const reply: CallbackReply | undefined = this.answerWithinMs > 0 ? "accepted" : undefined;`,
      },
    ],
  },
  {
    name: "repeated reservation adds twice",
    seed: 2,
    edits: [
      {
        file: "db/statements/order.ts",
        find: `eq(orders.state, "DRAFT"), booksComplete`,
        instead: `inArray(orders.state, ["DRAFT", "PENDING"]), booksComplete`,
      },
    ],
  },
  {
    name: "late money forgotten",
    seed: 2,
    edits: [
      {
        file: "src/payments/settlement.ts",
        find: `if (order.state === "CLOSED") return await setAside(ctx, attempt, receipt, "LATE", order);`,
        instead: `if (order.state === "CLOSED") return "repeated";`,
      },
    ],
  },
  ...LATER_BUGS,
];
