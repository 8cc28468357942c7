import { sql } from "drizzle-orm";
import type { Database } from "../client.ts";
import { insertOnce } from "../run.ts";
import { jobRuns } from "../schema/figures.ts";

export type JobRun = Omit<typeof jobRuns.$inferInsert, "succeededAt">;

/** Writes down how jobs have run, over the runs before. A failure leaves the time of the last success as it was. */
export async function noteJobRuns(db: Database, runs: readonly JobRun[]): Promise<void> {
  const rows = runs.map((run) => ({ ...run, succeededAt: run.ok ? run.finishedAt : null }));
  const { startedAt, finishedAt, ok, succeededAt } = jobRuns;
  await insertOnce(() =>
    db
      .insert(jobRuns)
      .values(rows)
      .onDuplicateKeyUpdate({
        set: {
          startedAt: sql`values(${startedAt})`,
          finishedAt: sql`values(${finishedAt})`,
          ok: sql`values(${ok})`,
          succeededAt: sql`coalesce(values(${succeededAt}), ${succeededAt})`,
        },
      }),
  );
}
