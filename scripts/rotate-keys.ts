/**
 * `npm run rotate-keys [-- --dry-run] [--verify]`: seals every sealed column of the database at DATABASE_URL anew with the
 * first of FIELD_ENCRYPTION_KEYS, while the service runs. May be broken off and begun again at any moment. `--dry-run`
 * counts and changes nothing; `--verify` also opens what the first key has sealed. Ends with 0 when every value opens and
 * none is left to another key, with 1 when some are, with 2 when it could not look.
 */
import { parseArgs } from "node:util";
import { goThrough, type Pass, UNSEALED } from "./rotate-keys/rotate.ts";
import { openStore, type Store } from "./rotate-keys/store.ts";
import { findTarget, type Target } from "./rotate-keys/surroundings.ts";

/** What isolates with older variables write meanwhile is left to the next pass. */
const MOST_PASSES = 3;
const MOST_NAMED = 100;
const PROGRESS_MILLISECONDS = 2000;

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`the keys were not rotated: ${error instanceof Error ? shortened(error) : "unknown"}`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { "dry-run": { type: "boolean", default: false }, verify: { type: "boolean", default: false } },
  });
  const target = await findTarget(process.env);
  const store = await openStore(target.databaseUrl);
  try {
    const found = values["dry-run"]
      ? await goThrough(store, target.cipher, { reseal: false, verify: values.verify, progress: teller() })
      : await rotate(store, target, values.verify);
    console.log(reportOf(found, target));
    return found.unreadable.length > 0 || (!values["dry-run"] && leftOver(found, target) > 0) ? 1 : 0;
  } finally {
    await store.close();
  }
}

/** Seals anew until nothing is left to do, and counts at the end, when what others wrote meanwhile is there. */
async function rotate(store: Store, target: Target, verify: boolean): Promise<Pass> {
  for (let pass = 1; ; pass++) {
    const { resealed, overtaken } = await goThrough(store, target.cipher, {
      ...{ reseal: true, verify: false, progress: teller() },
    });
    console.log(
      `pass ${pass}: ${resealed} values sealed anew${overtaken > 0 ? `, ${overtaken} changed meanwhile` : ""}`,
    );
    const found = await goThrough(store, target.cipher, { reseal: false, verify });
    if (leftOver(found, target) === 0 || pass === MOST_PASSES) return found;
  }
}

/** How many values that can be opened the first key has not sealed. */
function leftOver({ counts, unreadable }: Pass, { cipher }: Target): number {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const others = unreadable.filter(({ keyId }) => keyId !== cipher.sealingKeyId).length;
  return all - (counts.get(cipher.sealingKeyId) ?? 0) - others;
}

function reportOf({ counts, unreadable, rows }: Pass, { keys, cipher }: Target): string {
  const ids = new Set([...keys.map(({ id }) => id), ...counts.keys()]);
  const lines = [...ids].map((id) => {
    const count = counts.get(id) ?? 0;
    if (id === UNSEALED) return `${count} values are not sealed`;
    if (id === cipher.sealingKeyId) return `key ${id}: ${count} values; it seals`;
    if (!keys.some((key) => key.id === id)) return `key ${id}: ${count} values; it is not in FIELD_ENCRYPTION_KEYS`;
    return `key ${id}: ${count} values; ${count === 0 ? "it may be removed" : "keep it"}`;
  });
  const named = unreadable
    .slice(0, MOST_NAMED)
    .map(({ column, row, keyId, reason }) => `  ${column} of ${row}: key ${keyId}, ${reason.replace("_", " ")}`);
  const more = unreadable.length > MOST_NAMED ? [`  … and ${unreadable.length - MOST_NAMED} more`] : [];
  const trouble = unreadable.length > 0 ? [`${unreadable.length} values do not open:`, ...named, ...more] : [];
  return [`${rows} rows`, ...lines, ...trouble].join("\n");
}

function teller(): (table: string, pass: Pass) => void {
  let said = Date.now();
  return (table, { rows, resealed }) => {
    if (Date.now() - said < PROGRESS_MILLISECONDS) return;
    said = Date.now();
    console.log(`${table}: ${rows} rows so far, ${resealed} values sealed anew`);
  };
}

/** The server's own words, if there are any: the statement around and behind them holds values. */
function shortened(error: Error): string {
  const said = error.cause instanceof Error ? error.cause.message : error.message;
  return (said.split(/\bsql:|\bbindvars:/i)[0] ?? "").slice(0, 300);
}
