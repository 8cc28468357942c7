import { expect, it } from "vitest";
import published from "../../../docs/openapi.json" with { type: "json" };
import { openApiDocument } from "../../../src/api/openapi.ts";
import { ROUTES } from "../../../src/api/rest/routes.ts";
import { appRouter } from "../../../src/api/router.ts";

it("is fresh: `node scripts/openapi.ts` would write the same document", () => {
  expect(JSON.parse(JSON.stringify(openApiDocument()))).toEqual(published);
});

it("has a path for every procedure, and no path twice", () => {
  const served = ROUTES.map((route) => route.procedure).sort();
  expect(served).toEqual(Object.keys(appRouter._def.procedures).sort());
  expect(new Set(ROUTES.map(({ verb, path }) => `${verb} ${path}`)).size).toBe(ROUTES.length);
});
