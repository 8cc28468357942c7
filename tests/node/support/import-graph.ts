/** What files import, on and on. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** The modules that a file imports, types included. */
function importsOf(file: string): readonly string[] {
  const statements = readFileSync(file, "utf8").matchAll(
    /^(?:import|export)\b[^;]*?\bfrom "([^"]+)";|^import "([^"]+)";/gm,
  );
  const dynamic = readFileSync(file, "utf8").matchAll(/\bimport\(\s*["'`]([^"'`]+)/g);
  return [...statements, ...dynamic].map((match) => match[1] ?? match[2] ?? "");
}

/** Every file that can be reached from the given ones, with what was imported on the way. */
export function reach(files: readonly string[]) {
  const imported = new Map<string, string>();
  const queue = [...files];
  for (const seen = new Set(files); queue.length > 0; ) {
    const file = queue.pop() ?? "";
    for (const name of importsOf(file)) {
      const path = name.startsWith(".") ? resolve(dirname(file), name) : undefined;
      imported.set(path ? relative(ROOT, path) : name, relative(ROOT, file));
      if (path && !seen.has(path)) {
        seen.add(path);
        queue.push(path);
      }
    }
  }
  return imported;
}

/** Whatever the files of a folder can reach. */
export function reachOfFolder(folder: string) {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return reach(files.filter((file) => file.endsWith(".ts")).map((file) => join(ROOT, folder, file)));
}
