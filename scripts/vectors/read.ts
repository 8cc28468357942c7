/** Reading vector files: arrays of `{kind, what, source, inputs, expected}`. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import * as z from "zod";

const members = z.record(z.string(), z.unknown());

const vectorShape = z.object({
  kind: z.string().min(1),
  what: z.string(),
  inputs: members,
  expected: members.refine((expected) => Object.keys(expected).length > 0, "says nothing"),
});

export interface Vector extends z.output<typeof vectorShape> {
  /** The file, and which vector of it, for people. */
  readonly place: string;
}

/** What a folder holds: vectors, and what could not be read as one. */
export interface VectorFolder {
  readonly vectors: readonly Vector[];
  readonly problems: readonly string[];
}

/** Reads all files that end in `.json`, in this folder and below, in the order of their names. */
export async function readVectors(folder: string): Promise<VectorFolder> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith(".json"));
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const read = await Promise.all(paths.map((path) => readFileVectors(path, relative(folder, path))));
  return { vectors: read.flatMap(({ vectors }) => vectors), problems: read.flatMap(({ problems }) => problems) };
}

async function readFileVectors(path: string, name: string): Promise<VectorFolder> {
  const content = await parse(path);
  if (!Array.isArray(content)) return { vectors: [], problems: [`${name} is not a JSON array`] };
  const vectors: Vector[] = [];
  const problems: string[] = [];
  for (const [index, item] of content.entries()) {
    const place = `${name}[${index}]`;
    const shaped = vectorShape.safeParse(item);
    if (shaped.success) vectors.push({ ...shaped.data, place });
    else problems.push(`${place} is not a vector: ${z.prettifyError(shaped.error).replaceAll(/\s+/g, " ")}`);
  }
  return { vectors, problems };
}

async function parse(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readFile(path, "utf8")).replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
}
