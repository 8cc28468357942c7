/** `npm run bench`: every benchmark, one after the other. */
import { readdir } from "node:fs/promises";

const folder = new URL("../bench/", import.meta.url);
for (const name of (await readdir(folder)).filter((file) => file.endsWith(".ts")).sort()) {
  console.log(`\n${name}`);
  await import(new URL(name, folder).href);
}
