/** What the documents about security name is there, and no requirement is left out or told twice. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const at = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const text = readFileSync(at("docs/security.md"), "utf8");
const table = text.slice(text.indexOf("## OWASP ASVS"));

/** How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has, from V1 on. */
const REQUIREMENTS = [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7];

const rows = table.split("\n").filter((line) => line.startsWith("| "));

it.each(["docs/security.md", "SECURITY.md"])("%s names files that are there", (name) => {
  const named = readFileSync(at(name), "utf8").matchAll(/`((?:src|db|scripts|sandbox|gateway|tests|docs)\/[^`]*)`/g);
  const missing = [...named].flatMap(([, file = ""]) => (existsSync(at(file)) ? [] : [file]));
  expect(missing).toEqual([]);
});

it("has every requirement once", () => {
  const ids = rows.flatMap((row) => row.match(/(?<=[| ])\d+\.\d+\.\d+(?= )/g) ?? []);
  expect(ids.filter((id, index) => ids.indexOf(id) < index)).toEqual([]);
  const counts = REQUIREMENTS.map((_, index) => ids.filter((id) => id.startsWith(`${index + 1}.`)).length);
  expect(counts).toEqual(REQUIREMENTS);
});

it("says of each whether it is met, and where", () => {
  const told = rows.filter((row) => /^\| \d/.test(row)).map((row) => row.split(" | "));
  expect(told.length).toBeGreaterThan(100);
  for (const [id, , met = "", where = ""] of told) {
    expect([id, met]).toEqual([id, expect.stringMatching(/^(yes|partly|no|platform|deployment)$/)]);
    expect([id, where]).toEqual([id, expect.stringMatching(/`[\w.]+[^`]*`/)]);
  }
});
