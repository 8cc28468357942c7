/** Whether all is well in the end: the books by themselves, beside the providers', and by what people were told. */
import { checkInvariants } from "../simulation/audit/invariants.ts";
import { runOwnAudit } from "../simulation/audit/own-audit.ts";
import { REFUSED } from "./operation.ts";
import { disagreements, PARTS, type Picture, pictureOf, readAll } from "./picture.ts";
import type { Run } from "./play.ts";
import type { World } from "./world.ts";

interface Evidence {
  /** How the operation ends when nothing disturbs it, and when nobody asks for it. */
  readonly done: Run;
  readonly undone: Run;
  readonly runs: readonly Run[];
}

export interface Judgement {
  /** Promises that were broken. */
  readonly broken: readonly string[];
  /** The undisturbed run's end. */
  readonly end: Picture["affairs"];
}

export async function judge(world: World, { done, undone, runs }: Evidence): Promise<Judgement> {
  const books = await readAll(world);
  const ends = { done: pictureOf(books, done.cast), undone: pictureOf(books, undone.cast) };
  const broken = [
    ...(await checkInvariants(world.mysql)),
    ...(await runOwnAudit(world.mysql, world.clock.now())),
    ...disagreements(books),
    ...world.troubles,
    ...(done.told === undefined ? ["undisturbed: nothing was heard"] : []),
    ...runs.flatMap((run) =>
      [...run.broken, ...flawsOf(pictureOf(books, run.cast), run, ends)].map((flaw) => `${run.title}: ${flaw}`),
    ),
  ];
  return { broken, end: ends.done.affairs };
}

/** Who was told that it is done finds it done. Who was not finds it done or not done, and nothing between. */
function flawsOf(
  { affairs, actions }: Picture,
  { told }: Run,
  { done, undone }: { readonly done: Picture; readonly undone: Picture },
): string[] {
  const mayBeUndone = told === undefined || told === REFUSED;
  if (mayBeUndone && flat(withoutWishes(affairs, undone.affairs)) === flat(undone.affairs)) return [];
  // Then nobody can tell whether it was.
  if (flat(affairs) === flat(done.affairs) && flat(done.affairs) === flat(undone.affairs)) return [];
  const isDone = told !== REFUSED && flat(affairs) === flat(done.affairs);
  if (isDone) return done.actions.filter((each) => !actions.includes(each)).map((each) => `nobody wrote down ${each}`);
  return PARTS.filter((part) => flat(affairs[part]) !== flat(done.affairs[part])).map(
    (part) => `${told ?? "nothing"} was heard, and ${part}: ${flat(affairs[part])}, not ${flat(done.affairs[part])}`,
  );
}

/**
 * A refund that was written down and not reserved is a wish like a customer's, for an operator to decide. Another try is
 * told of before its money moves.
 */
function withoutWishes(affairs: Picture["affairs"], undone: Picture["affairs"]): Picture["affairs"] {
  const isWish = (refund: string) => refund.includes(" REQUESTED ") && !undone.refunds.includes(refund);
  if (!affairs.refunds.some(isWish)) return affairs;
  return {
    ...affairs,
    refunds: affairs.refunds.filter((refund) => !isWish(refund)),
    events: affairs.events.filter((event) => event !== "refund.retried"),
  };
}

const flat = (value: unknown) => JSON.stringify(value);
