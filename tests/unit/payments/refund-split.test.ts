/** Money and points of one order go back together: never more of either than came, and all of both in the end. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fen } from "../../../src/money.ts";
import { type Standing, splitRefund, valueLeft } from "../../../src/payments/refunds/split.ts";
import { REFUNDS_IN_THIRDS } from "../../support/refunds-in-thirds.ts";

const POLICIES = ["proportional", "money_first", "points_first"] as const;
type Policy = (typeof POLICIES)[number];

const standing = (money: number, points: number): Standing => ({
  ...{ money: fen(money), points, goneMoney: fen(0), gonePoints: 0, elsewhere: fen(0) },
});

const after = (before: Standing, { amount, points }: { amount: number; points: number }): Standing => ({
  ...before,
  goneMoney: fen(before.goneMoney + amount),
  gonePoints: before.gonePoints + points,
});

/** What each of several refunds of 23.00 in money and 700 points gives back. */
function course(policy: Policy, values: readonly number[]) {
  let now = standing(2300, 700);
  return values.map((value) => {
    const split = splitRefund(policy, now, value);
    now = after(now, split);
    return [split.amount, split.points];
  });
}

describe("by policy", () => {
  it.each(REFUNDS_IN_THIRDS)("three times 10.00 of 23.00 and 700 points, %s", (policy, expected) => {
    expect(course(policy, [1000, 1000, 1000])).toEqual(expected);
  });
});

/** Who gives money back in the console does so at any time: what our own refunds have left of it is the most. */
function withElsewhere(now: Standing, share: number): Standing {
  const free = now.money - now.goneMoney - now.elsewhere;
  return { ...now, elsewhere: fen(now.elsewhere + Math.floor(free * share)) };
}

const paid = fc
  .record({
    money: fc.integer({ min: 0, max: 1_000_000 }),
    points: fc.integer({ min: 0, max: 1_000_000 }),
  })
  .filter(({ money, points }) => money + points > 0);

/** Refunds by any policies, some of which fail later and come free again. */
const steps = fc.array(
  fc.record({
    policy: fc.constantFrom(...POLICIES),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    fails: fc.boolean(),
  }),
  { maxLength: 12 },
);

it("whatever goes back in whatever parts, neither exceeds what came, and the last takes all that is left of both", () => {
  fc.assert(
    fc.property(paid, steps, fc.constantFrom(...POLICIES), ({ money, points }, parts, lastPolicy) => {
      let now = standing(money, points);
      const failing: { amount: number; points: number }[] = [];
      for (const { policy, share, fails } of parts) {
        const value = Math.ceil(valueLeft(now) * share);
        if (value === 0) continue;
        const split = splitRefund(policy, now, value);
        expect(split.amount + split.points).toBe(value);
        expect(Math.min(split.amount, split.points)).toBeGreaterThanOrEqual(0);
        now = after(now, split);
        expect(now.goneMoney).toBeLessThanOrEqual(money);
        expect(now.gonePoints).toBeLessThanOrEqual(points);
        if (fails) failing.push(split);
        if (failing.length > 1) {
          const [freed] = failing.splice(0, 1);
          if (freed) now = after(now, { amount: -freed.amount, points: -freed.points });
        }
      }
      const last = splitRefund(lastPolicy, now, valueLeft(now));
      expect(after(now, last)).toMatchObject({ goneMoney: money, gonePoints: points });
    }),
  );
});

it("in proportion, money that has gone back is never a fen more than its share of what has", () => {
  fc.assert(
    fc.property(
      paid,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
      ({ money, points }, shares) => {
        let now = standing(money, points);
        for (const share of shares) {
          now = after(now, splitRefund("proportional", now, Math.ceil(valueLeft(now) * share)));
          const due = (money * (now.goneMoney + now.gonePoints)) / (money + points);
          expect(now.goneMoney).toBeGreaterThan(due - 1.001);
          expect(now.goneMoney).toBeLessThan(due + 0.001);
        }
      },
    ),
  );
});

it("money that others give back meanwhile is left out, and the last refund takes all the points there are", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const course = fc.array(fc.record({ asked: share, elsewhere: share }), { maxLength: 8 });
  fc.assert(
    fc.property(paid, course, fc.constantFrom(...POLICIES), ({ money, points }, parts, policy) => {
      let now = standing(money, points);
      for (const { asked, elsewhere } of parts) {
        now = withElsewhere(now, elsewhere);
        now = after(now, splitRefund(policy, now, Math.ceil(valueLeft(now) * asked)));
        expect(now.goneMoney + now.elsewhere).toBeLessThanOrEqual(money);
        expect(now.gonePoints).toBeLessThanOrEqual(points);
      }
      const end = after(now, splitRefund(policy, now, valueLeft(now)));
      expect([end.goneMoney + end.elsewhere, end.gonePoints]).toEqual([money, points]);
    }),
  );
});
