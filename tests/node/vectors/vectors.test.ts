/** `npm run test:vectors`, on vectors made here. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import packageJson from "../../../package.json" with { type: "json" };
import { type MadeVector, vector } from "./made.ts";
import { alipayVectors } from "./made-alipay.ts";
import { alipayShapes } from "./made-alipay-shapes.ts";
import { cryptoVectors } from "./made-crypto.ts";
import { wechatVectors } from "./made-wechat.ts";

let folder: string;
let made: readonly MadeVector[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vectors-"));
  made = [...(await cryptoVectors()), ...(await wechatVectors()), ...(await alipayVectors()), ...alipayShapes()];
});
afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs the command on a folder that holds these files. */
async function check(name: string, files: Readonly<Record<string, unknown>>): Promise<Run> {
  const root = join(folder, name);
  await mkdir(join(root, "below"), { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await writeFile(join(root, file), typeof content === "string" ? content : JSON.stringify(content));
  }
  return run(root);
}

function run(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["scripts/vectors.ts", ...args], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, lines: `${stdout}${stderr}`.trim().split("\n") });
    });
  });
}

const nameOf = ({ kind, what }: MadeVector): string => `${kind}  ${what}  `;

test("it is there for npm to run, on any Node.js", () => {
  expect(packageJson.scripts["test:vectors"]).toBe("node scripts/start.mjs vectors");
});

test("all vectors pass, each by name, in all files of the folder and below it", async () => {
  const [first, ...rest] = made;
  const result = await check("good", { "one.json": [first], "below/rest.json": rest, "notes.txt": "{" });
  for (const one of made) expect(result.lines).toContainEqual(expect.stringContaining(`pass  ${nameOf(one)}`));
  expect(result).toMatchObject({ code: 0 });
  expect(result.lines.at(-1)).toBe(`${made.length} vectors: ${made.length} pass, 0 fail`);
});

/** The same vectors, each with one expectation turned into another. */
function spoilt(): readonly MadeVector[] {
  return made.flatMap(({ expected, ...rest }) =>
    Object.entries(expected).map(([name, value]) => ({
      ...rest,
      what: `${rest.what}, ${name} spoilt`,
      expected: { ...expected, [name]: spoil(value) },
    })),
  );
}

function spoil(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 1;
  if (Array.isArray(value)) return [...value.slice(1), "x"];
  if (typeof value === "object" && value !== null)
    return { ...value, ...Object.fromEntries(Object.keys(Object(value)).map((key) => [key, "x"])) };
  return `x${value}`;
}

test("each expectation is checked: every one that is spoilt fails, by name", async () => {
  const vectors = spoilt().filter(({ what }) => !what.startsWith("one that comes too late"));
  const { code, lines } = await check("spoilt", { "spoilt.json": vectors });
  expect(lines.filter((line) => line.startsWith("pass"))).toEqual([]);
  expect(lines.filter((line) => line.startsWith("FAIL"))).toHaveLength(vectors.length);
  expect(code).toBe(1);
});

test("vectors that can't be checked fail", async () => {
  const sign = "crypto.rsa-sha256-sign";
  const vectors = [
    vector("wechat.pay-sign-watch", "a kind that nobody knows", {}, { valid: true }),
    vector(sign, "an input that is missing", {}, { signatureBase64: "" }),
    vector(sign, "a key that is refused", { privateKeyPem: "AAAA" }, { signatureBase64: "" }),
    vector(sign, "expects nothing of its kind", { ...made[0]?.inputs }, { size: 1 }),
  ];
  const { code, lines } = await check("unknown", { "a.json": vectors });
  for (const one of vectors) expect(lines).toContainEqual(expect.stringContaining(`FAIL  ${nameOf(one)}`));
  expect(lines).toContain("      nothing here knows this kind");
  expect(lines).toContain("      inputs.privateKeyPem is missing");
  expect(code).toBe(1);
});

test("an expectation that a kind does not have is named, and the others are checked", async () => {
  const more = made.slice(0, 1).map((one) => ({ ...one, expected: { ...one.expected, size: 1 } }));
  expect(await check("more", { "a.json": more })).toMatchObject({
    code: 0,
    lines: [expect.stringMatching(/^pass/), "      not checked: size", expect.any(String)],
  });
});

test("files that can't be read fail, next to vectors that pass", async () => {
  const result = await check("malformed", {
    "no-json.json": "[",
    "no-array.json": { kind: "x" },
    "no-vector.json": [{ kind: "crypto.certificate", what: "x", inputs: {} }],
    "good.json": made.slice(0, 1),
  });
  expect(result.lines).toEqual([
    expect.stringMatching(/^pass/),
    "FAIL  no-array.json is not a JSON array",
    "FAIL  no-json.json is not a JSON array",
    expect.stringMatching(/^FAIL {2}no-vector\.json\[0\] is not a vector: .*expected/),
    "1 vectors: 1 pass, 0 fail",
  ]);
  expect(result.code).toBe(1);
});

test("a folder without vectors fails, as does one that is not there, and none at all", async () => {
  const runs = [check("none", { "none.json": [] }), run(join(folder, "missing")), run()];
  for (const { code } of await Promise.all(runs)) expect(code).toBe(1);
});
