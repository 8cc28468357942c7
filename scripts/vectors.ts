/**
 * `npm run test:vectors -- DIR`: checks the code that signs, encrypts and speaks the providers' protocols against a
 * folder of vectors. Names each vector with its result. Fails on one that does not fit, on a kind that it does not
 * know, on a file that can't be read and on a folder without vectors.
 */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { checkVector } from "./vectors/check.ts";
import { readVectors } from "./vectors/read.ts";

const folder = await folderOf(process.argv[2]);
process.exitCode = folder === undefined ? usage() : await checkFolder(folder);

/** Where npm was called, if by npm: npm itself, and what it starts, go to the root of the package first. */
async function folderOf(name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const candidates = [resolve(process.env.INIT_CWD ?? ".", name), resolve(name)];
  for (const candidate of candidates) {
    if (
      await stat(candidate).then(
        (found) => found.isDirectory(),
        () => false,
      )
    )
      return candidate;
  }
  console.error(`${name} is not a folder`);
  return undefined;
}

function usage(): number {
  console.error("usage: npm run test:vectors -- <folder of JSON vector files>");
  return 1;
}

async function checkFolder(root: string): Promise<number> {
  const { vectors, problems } = await readVectors(root);
  let failed = 0;
  for (const vector of vectors) {
    const result = await checkVector(vector);
    if (result.problems.length > 0) failed += 1;
    console.log(`${result.problems.length > 0 ? "FAIL" : "pass"}  ${vector.kind}  ${vector.what}  (${vector.place})`);
    for (const problem of result.problems) console.log(`      ${problem}`);
    if (result.unchecked.length > 0) console.log(`      not checked: ${result.unchecked.join(", ")}`);
  }
  for (const problem of problems) console.log(`FAIL  ${problem}`);
  if (vectors.length === 0) console.log(`FAIL  there are no vectors in ${root}`);
  console.log(`${vectors.length} vectors: ${vectors.length - failed} pass, ${failed} fail`);
  return failed + problems.length > 0 || vectors.length === 0 ? 1 : 0;
}
