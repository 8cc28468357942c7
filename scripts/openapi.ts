/** Writes docs/openapi.json from the schemas of the procedures. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openApiDocument } from "../src/api/openapi.ts";

const FILE = fileURLToPath(new URL("../docs/openapi.json", import.meta.url));

await writeFile(FILE, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
