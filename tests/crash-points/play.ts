/** Plays an operation with every misfortune at every one of its calls, lets all recover, and looks at what is left. */
import type { Target } from "../simulation/engine/call.ts";
import { BrokenPromise } from "../simulation/ledger.ts";
import { type Judgement, judge } from "./judge.ts";
import { Fate, MISFORTUNES, type Misfortune, type Patience } from "./misfortune.ts";
import { type Cast, type Operation, REFUSED, type Wish } from "./operation.ts";
import { recover, runOnce } from "./recovery.ts";
import { newCast } from "./staging.ts";
import { type Ground, World } from "./world.ts";

/** One run of the operation, for people of its own. */
export interface Run {
  readonly title: string;
  readonly patience: Patience;
  readonly cast: Cast;
  readonly wish: Wish;
  /** What the shop said, once it has said something definite. */
  told: string | undefined;
  readonly broken: string[];
}

export interface Played extends Judgement {
  /** At how many round trips and provider calls misfortunes struck: those that found the fewest. */
  readonly trips: number;
  readonly calls: number;
  readonly runs: number;
}

/** Nobody waits for a job. */
const NOBODY: readonly Patience[] = ["never comes back"];

const MINUTE = 60_000;
/** How often one asks who is told to wait. */
const MOST_QUESTIONS = 5;
/** So much later what was put off for the first time is due. */
const NEXT_RUN = 20_000;
/** By then an abandoned draft has been given up. */
const LATER = 15 * MINUTE;
/** By then nothing can be paid any more. */
const OVER = 130 * MINUTE;

/** Plays an operation under each of these misfortunes, at each of its calls. */
export async function play(
  ground: Ground,
  operation: Operation,
  misfortunes: readonly Misfortune[] = MISFORTUNES,
): Promise<Played> {
  await ground.mysql.empty();
  return await new Performance(new World(ground, operation.settings ?? {}), operation).play(misfortunes);
}

class Performance {
  readonly #world: World;
  readonly #operation: Operation;
  readonly #runs: Run[] = [];

  constructor(world: World, operation: Operation) {
    this.#world = world;
    this.#operation = operation;
  }

  async play(misfortunes: readonly Misfortune[]): Promise<Played> {
    const done = await this.#perform("undisturbed", "never comes back");
    const undone = await this.#perform("never asked for", "never comes back", { asks: false });
    const seen: Record<Target, number> = { database: Number.POSITIVE_INFINITY, provider: Number.POSITIVE_INFINITY };
    for (const misfortune of misfortunes) {
      let at = 1;
      while (await this.#strike(misfortune, at)) at += 1;
      seen[misfortune.target] = Math.min(seen[misfortune.target], at - 1);
    }
    await this.#repeat("asks again");
    await runOnce(this.#world, await this.#hearing());
    await this.#world.pass(LATER);
    await runOnce(this.#world, await this.#hearing());
    await this.#repeat("asks again later");
    await this.#world.pass(OVER);
    await recover(this.#world, await this.#hearing());
    const judgement = await judge(this.#world, { done, undone, runs: this.#runs });
    return { ...judgement, trips: seen.database, calls: seen.provider, runs: this.#runs.length };
  }

  /** Returns whether there still was a call with that number. */
  async #strike(misfortune: Misfortune, at: number): Promise<boolean> {
    let struck = false;
    for (const patience of this.#operation.isJob ? NOBODY : misfortune.patiences) {
      const fate = new Fate(misfortune, at);
      await this.#perform(`${misfortune.name} at call ${at}, ${patience}`, patience, { fate });
      struck ||= fate.hasStruck;
    }
    return struck;
  }

  async #perform(
    title: string,
    patience: Patience,
    { asks = true, fate }: { readonly asks?: boolean; readonly fate?: Fate } = {},
  ): Promise<Run> {
    const cast = await newCast(this.#world);
    const wish = await this.#operation.stage(this.#world, cast);
    const run: Run = { title, patience, cast, wish, told: undefined, broken: [] };
    this.#runs.push(run);
    if (asks) await this.#ask(run, fate);
    if (this.#operation.isJob) await this.#runNext(run);
    return run;
  }

  /** What a job put off is done by its next runs, so that those of others find nothing but their own. */
  async #runNext(run: Run): Promise<void> {
    await this.#world.pass(NEXT_RUN);
    await this.#ask(run);
  }

  async #ask(run: Run, fate?: Fate): Promise<void> {
    try {
      const answer = await this.#world.under(fate, run.wish.ask);
      if (answer !== undefined) await this.#hear(run, answer);
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      run.broken.push(error.message);
    }
  }

  async #hear(run: Run, answer: string): Promise<void> {
    const before = run.told;
    run.told = answer;
    if (before !== undefined && before !== REFUSED && before !== answer)
      run.broken.push(`was told ${before}, and then ${answer}`);
    if (answer === REFUSED) return;
    if (run.wish.isTrue && !(await run.wish.isTrue())) run.broken.push(`was told ${answer}, and it is not so`);
    if (before !== answer) run.wish.afterwards?.();
  }

  async #repeat(patience: Patience): Promise<void> {
    let waiting = this.#runs.filter((run) => run.patience === patience);
    for (let question = 1; question <= MOST_QUESTIONS && waiting.length > 0; question++) {
      for (const run of waiting) await this.#ask(run);
      waiting = waiting.filter(({ told }) => told === undefined);
      await this.#world.pass(MINUTE);
    }
    if (this.#operation.mayStayOpen) return;
    for (const run of waiting) run.broken.push("nobody learns what became of it");
  }

  /** Which callbacks arrive: none about the trades of those who never come back. */
  async #hearing(): Promise<(outTradeNo: string) => boolean> {
    const { mysql, providers } = this.#world;
    const orders = await mysql.ask("select id, user_id from orders");
    const owners = new Map(orders.map(({ id, user_id }) => [id, user_id]));
    if (this.#operation.isAlwaysTold) return () => true;
    const lost = new Set<unknown>(
      this.#runs.filter(({ patience }) => patience === "never comes back").map(({ cast }) => cast.buyer.id),
    );
    return (outTradeNo) => {
      const [first] = providers.act((world) => world.wechat.combinations.byOutTradeNo(outTradeNo)?.trades) ?? [];
      return !lost.has(owners.get((first?.outTradeNo ?? outTradeNo).slice(0, 26)));
    };
  }
}
