/**
 * Nothing personal and nothing secret leaves: recognisable values are put into every call, answer and callback, in
 * success, refusal, silence and forgery, and then searched for wherever they could turn up.
 */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ROUTES } from "../../src/api/rest/routes.ts";
import { startAfresh } from "./support/afresh.ts";
import { emptyBooks } from "./support/empty-books.ts";
import { BUYERS_WORDS, dumpOf, findPlanted, PERSONAL } from "./support/planted.ts";
import { walkFunds, walkRest } from "./support/planted-funds.ts";
import { walkCombined, walkPayments } from "./support/planted-payments.ts";
import { openWalk, type Walk } from "./support/planted-walk.ts";
import { openShop } from "./support/shop.ts";

let walk: Walk;
/** What every place held in the end. */
let places: ReadonlyMap<string, string>;

beforeAll(async () => {
  const shop = openShop();
  await emptyBooks(shop);
  const urls: string[] = [];
  const transport = globalThis.fetch;
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    urls.push(input instanceof Request ? input.url : String(input));
    return transport(input, init);
  });
  walk = await openWalk(shop);
  for (const part of [walkPayments, walkCombined, walkFunds, walkRest]) await part(walk);
  spy.mockRestore();
  await shop.idle();
  const { api, seen } = walk;
  // What tests tell the simulator is none of the shop's addresses.
  const addresses = urls.filter((url) => !url.includes("/_sandbox/"));
  const written = { log: [...api.lines, ...shop.lines].join("\n"), addresses: addresses.join("\n") };
  places = new Map([...seen, ...Object.entries(written), ...(await dumpOf(shop))]);
}, 240_000);
afterAll(startAfresh);

it("is shown in no log line, error, figure, story, address or column", () => {
  for (const name of ["log", "addresses", "errors", "figures", "stories", "table transfers"]) {
    expect(places.get(name)?.length, name).toBeGreaterThan(100);
  }
  const searched = new Map([...places].filter(([place]) => place !== "answers"));
  expect(findPlanted(searched, walk.planted)).toEqual([]);
});

it("is shown to those whom it is for", () => {
  for (const value of [BUYERS_WORDS, PERSONAL.openid, "pla****le"]) expect(places.get("answers")).toContain(value);
});

it("is looked for on every path there is", () => {
  const missing = ROUTES.map(({ verb, path }) => `${verb} ${path}`).filter((route) => !walk.walked.has(route));
  expect(missing).toEqual([]);
});
