/** Bugs in what happens to an order once it is paid, or closed: refunds tried again or given up, late money, points. */
import type { Bug } from "./bug.ts";

export const LATER_BUGS: readonly Bug[] = [
  {
    name: "tried again while under way",
    seed: 1,
    edits: [
      {
        file: "src/payments/refunds/retry-refund.ts",
        find: `if (refund.state !== "CLOSED" || refund.failureCode === DECLINED || !refund.applied) {`,
        instead: `if (refund.failureCode === DECLINED || !refund.applied) {`,
      },
      {
        file: "src/payments/refunds/retry-refund.ts",
        find: `if (refund.provider === "points") return;`,
        instead: "return;",
      },
    ],
  },
  {
    name: "late money takes what others were promised",
    seed: 6,
    edits: [
      {
        file: "db/statements/receipt.ts",
        find: `\${onHand} = \${onHand} - \${inventoryLogs.quantity} - \${reopens ? refusedByCheck : 0},`,
        instead: `\${onHand} = \${onHand} - \${inventoryLogs.quantity},
          \${inventoryItems.shortage} = \${inventoryItems.shortage} + \${inventoryLogs.quantity},`,
      },
    ],
  },
  {
    name: "points earned twice",
    seed: 2,
    edits: [
      {
        file: "db/statements/settle.ts",
        find: `+ (case when \${earns} then \${earn.points} else 0 end),`,
        instead: `+ (case when \${earns} then 2 * \${earn.points} else 0 end),`,
      },
    ],
  },
  {
    name: "earned points kept after a refund",
    seed: 2,
    edits: [
      {
        file: "db/statements/clawback.ts",
        find: "export const clawbackPresent: SQL | undefined = or(isNull(earned.userId), isNotNull(claw.userId));",
        instead: "export const clawbackPresent: SQL | undefined = undefined;",
      },
      {
        file: "db/statements/clawback.ts",
        find: "eq(refunds.applied, true), eq(refunds.state, state))}`",
        instead: "eq(refunds.applied, true), eq(refunds.state, state))} and 1 = 0`",
      },
    ],
  },
  {
    name: "more orders open than allowed",
    seed: 10,
    edits: [{ file: "db/statements/order.ts", find: "cap && isBelow(cap)", instead: "undefined" }],
  },
];
