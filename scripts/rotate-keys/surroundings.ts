/** Which database key rotation is for, and which keys: the environment's, or those of the shop that `npm run dev` runs here. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import * as z from "zod";
import { fieldKeys } from "../../src/config/field-keys.ts";
import { FieldCipher, type FieldKey } from "../../src/security/field-cipher.ts";
import { LOCAL } from "../world.ts";

export interface Target {
  readonly databaseUrl: string;
  readonly keys: readonly FieldKey[];
  readonly cipher: FieldCipher;
}

const developing = z.object({ database: z.string() });

type Variables = Readonly<Partial<Record<string, string>>>;

/** Reads DATABASE_URL and FIELD_ENCRYPTION_KEYS. Throws an error that says what is wrong with them, and shows neither. */
export async function findTarget(environment: Variables): Promise<Target> {
  const variables = environment.DATABASE_URL ? environment : await developmentShop();
  const { DATABASE_URL: databaseUrl = "", FIELD_ENCRYPTION_KEYS: list } = variables;
  if (!/^(?:mysql|https?):\/\//.test(databaseUrl)) {
    throw new Error("DATABASE_URL must be a mysql:// or https:// address, unless `npm run dev` runs in this folder");
  }
  const keys = fieldKeys.safeParse(list);
  if (!keys.success) {
    throw new Error(keys.error.issues.map(({ message }) => `FIELD_ENCRYPTION_KEYS: ${message}`).join("\n"));
  }
  return { databaseUrl, keys: keys.data, cipher: new FieldCipher(keys.data) };
}

/** What the running shop of this folder was started with; nothing when none runs. */
async function developmentShop(): Promise<Variables> {
  try {
    const { database } = developing.parse(JSON.parse(await readFile(join(LOCAL, "dev.json"), "utf8")));
    const variables = parseEnv(await readFile(join(LOCAL, "dev/variables.env"), "utf8"));
    return { ...variables, DATABASE_URL: database };
  } catch {
    return {};
  }
}
