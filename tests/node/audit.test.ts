/** `npm run audit` as operators run it: over both ways to the books, and with an exit code that says what was seen. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { connectDatabase } from "../../db/client.ts";
import { seed } from "../../db/seed.ts";
import { type Gateway, startGateway } from "../../gateway/server.ts";
import { dropDatabases, prepareDatabase } from "../../scripts/database.ts";

const PROGRAM = fileURLToPath(new URL("../../scripts/audit.ts", import.meta.url));
const DATABASE = `audit_${process.pid}`;

let gateway: Gateway;
const directly = () => `${inject("mysqlUrl")}/${DATABASE}`;
const overHttp = () => gateway.url(DATABASE);

beforeAll(async () => {
  await prepareDatabase(inject("mysqlUrl"), DATABASE, true);
  gateway = await startGateway({ mysqlUrl: inject("mysqlUrl"), password: "audit" });
});
afterAll(async () => {
  await gateway.close();
  await dropDatabases(inject("mysqlUrl"), [DATABASE]);
});

interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function audit(databaseUrl: string | undefined, ...args: string[]): Promise<Ending> {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], { env }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

async function change(statement: string): Promise<void> {
  const connection = await createConnection(directly());
  await connection.query(statement);
  await connection.end();
}

it.each([
  ["directly", directly],
  ["over HTTP", overHttp],
])(
  "says %s that it has looked at nothing, that all is well, and what is wrong",
  async (_, url) => {
    for (const table of ["inventory_items", "inventory_logs", "points_accounts", "points_logs"]) {
      await change(`delete from ${table}`);
    }
    const empty = await audit(url(), "--allow-empty");
    expect(empty).toMatchObject({ code: 2, out: expect.stringMatching(/^stock\.on_hand +0 +0 +looked at nothing$/m) });

    await seed(connectDatabase({ url: overHttp(), timeoutMs: 10_000, fetch }), new Date());
    const fresh = await audit(url(), "--allow-empty");
    expect(fresh).toMatchObject({ code: 0, out: expect.stringMatching(/^stock\.on_hand +5 +0 +what is on a shelf/m) });
    expect(await audit(url())).toMatchObject({ code: 2, out: expect.stringContaining("looked at nothing") });

    await change("update inventory_items set on_hand = on_hand - 1 where sku = 'FAN-SILK'");
    const broken = await audit(url(), "--since", "1");
    expect(broken).toMatchObject({ code: 1, out: expect.stringMatching(/FAN-SILK: on_hand=59 reserved=0/) });
    expect(broken.out).toContain("Only what was made in the last 1 days");
    expect(fresh.out).not.toContain("Only what was made");
  },
  60_000,
);

it("ends with 2, and says nothing of the books, when it can't look to the end", async () => {
  await change("rename table anomalies to anomalies_away");
  try {
    const halfMade = await audit(directly(), "--allow-empty");
    expect(halfMade).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/could not look.*anomalies/) });
  } finally {
    await change("rename table anomalies_away to anomalies");
  }
  const { origin, username, password } = new URL(overHttp());
  const answer = await fetch(`${origin}/_gateway/${DATABASE}/faults`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${username}:${password}`)}`, "Content-Type": "application/json" },
    body: JSON.stringify({ fail: [{ at: 20, when: "before", how: "drop" }] }),
  });
  expect(answer.ok).toBe(true);
  const cutOff = await audit(overHttp(), "--allow-empty");
  expect(cutOff).toMatchObject({ code: 2, out: "", err: expect.stringContaining("could not look") });
}, 60_000);

it("ends with 2 where it can't look", async () => {
  expect(await audit(undefined)).toMatchObject({ code: 2, err: expect.stringContaining("DATABASE_URL") });
  const absent = await audit(`${inject("mysqlUrl")}/audit_of_nothing`);
  expect(absent).toMatchObject({ code: 2, out: "", err: expect.stringContaining("could not look") });
  expect(await audit(directly(), "--since", "yesterday")).toMatchObject({
    code: 2,
    err: expect.stringContaining("--since"),
  });
}, 60_000);
