/** Fields that nobody knows: refused by name, by every procedure, at every depth, over both transports. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ROUTES } from "../../../src/api/rest/routes.ts";
import { appRouter } from "../../../src/api/router.ts";
import { OPERATOR } from "../support/shop.ts";
import { openApi, tokenFor } from "./support.ts";

const SHOP = "http://shop.test";
const api = openApi();

const definition = z.object({ type: z.enum(["query", "mutation"]), inputs: z.array(z.instanceof(z.ZodType)).max(1) });
const PROCEDURES = Object.entries(appRouter._def.procedures).map(([name, procedure]) => {
  const { type, inputs } = definition.parse(Reflect.get(procedure, "_def"));
  return { name, type, input: inputs[0] };
});

/** A JSON schema as far as these tests look into it. */
interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: unknown;
  readonly items?: Shape;
  readonly maxItems?: number;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
}

function shapeOf(input: z.ZodType): Shape {
  return z.toJSONSchema(input, { io: "input", reused: "inline", unrepresentable: "any" }) as Shape;
}

/** Every object within a shape, by where it is. */
function objectsIn(shape: Shape, path = ""): (readonly [string, Shape])[] {
  const inner = [
    ...Object.entries(shape.properties ?? {}).flatMap(([name, member]) =>
      objectsIn(member, path === "" ? name : `${path}.${name}`),
    ),
    ...(shape.items ? objectsIn(shape.items, `${path}[0]`) : []),
    ...[...(shape.anyOf ?? []), ...(shape.oneOf ?? [])].flatMap((one) => objectsIn(one, path)),
  ];
  return shape.type === "object" ? [[path, shape], ...inner] : inner;
}

/** Every list within a shape, by where it is. */
function listsIn(shape: Shape, path = ""): (readonly [string, Shape])[] {
  const inner = [
    ...Object.entries(shape.properties ?? {}).flatMap(([name, member]) => listsIn(member, `${path}.${name}`)),
    ...(shape.items ? listsIn(shape.items, `${path}[]`) : []),
    ...[...(shape.anyOf ?? []), ...(shape.oneOf ?? [])].flatMap((one) => listsIn(one, path)),
  ];
  return shape.type === "array" ? [[path, shape], ...inner] : inner;
}

/** Something of a shape, right as far as its choices go, with a member that nobody knows at one place. */
function sampleOf(shape: Shape, at: string, path = ""): unknown {
  if (shape.const !== undefined) return shape.const;
  if (shape.enum) return shape.enum[0];
  const alternatives = [...(shape.anyOf ?? []), ...(shape.oneOf ?? [])];
  const fitting = alternatives.find((one) => objectsIn(one, path).some(([place]) => place === at)) ?? alternatives[0];
  if (fitting) return sampleOf(fitting, at, path);
  if (shape.type === "array") return shape.items ? [sampleOf(shape.items, at, `${path}[0]`)] : [];
  if (shape.type !== "object") return shape.type === "string" ? "A" : 1;
  const members = Object.entries(shape.properties ?? {}).map(([name, member]) => [
    name,
    sampleOf(member, at, path === "" ? name : `${path}.${name}`),
  ]);
  return { ...Object.fromEntries(members), ...(path === at && { surplus: 1 }) };
}

const CASES = PROCEDURES.flatMap(({ name, type, input }) => {
  const shape = input ? shapeOf(input) : { type: "object" };
  const places = [...new Set(objectsIn(shape).map(([place]) => place))];
  return places.map((at) => [name, at === "" ? "its input" : at, { type, at, sample: sampleOf(shape, at) }] as const);
});

it("no procedure's input has an object that is open", () => {
  const open = PROCEDURES.flatMap(({ name, input }) =>
    objectsIn(input ? shapeOf(input) : {})
      .filter(([, shape]) => shape.additionalProperties !== false)
      .map(([path]) => `${name} ${path}`),
  );
  expect(open).toEqual([]);
});

it("no procedure's input has a list without an end", () => {
  const endless = PROCEDURES.flatMap(({ name, input }) =>
    listsIn(input ? shapeOf(input) : {})
      .filter(([, shape]) => shape.maxItems === undefined)
      .map(([path]) => `${name} ${path}`),
  );
  expect(endless).toEqual([]);
});

const named = (at: string) => (at === "" ? "surplus" : `${at}.surplus`);
/** Operators say why they change something. */
const reasoned = (type: string, sample: unknown) => (type === "query" ? sample : { reason: "A", ...Object(sample) });
const auth = async () => ({
  Authorization: `Bearer ${await tokenFor(OPERATOR)}`,
  "Idempotency-Key": crypto.randomUUID(),
});

describe("over tRPC", () => {
  it.each(CASES)("%s names what it does not know of %s", async (name, _place, { type, at, sample }) => {
    const json = JSON.stringify({ json: reasoned(type, sample) });
    const headers = { ...(await auth()), "Content-Type": "application/json" };
    const request =
      type === "query"
        ? new Request(`${SHOP}/trpc/${name}?input=${encodeURIComponent(json)}`, { headers })
        : new Request(`${SHOP}/trpc/${name}`, { method: "POST", headers, body: json });
    const { error } = (await (await api.send(request)).json()) as { error?: { json: { data: object } } };
    expect(error?.json.data).toMatchObject({ reason: "BAD_INPUT", httpStatus: 400 });
    expect(error?.json.data).toHaveProperty(
      "issues",
      expect.arrayContaining([{ path: named(at), message: "unknown field" }]),
    );
  });
});

describe("over REST", () => {
  const routed = ROUTES.map((route) => route.procedure as string);
  it.each(CASES.filter(([name]) => routed.includes(name)))(
    "%s names what it does not know of %s",
    async (name, _place, { at, sample }) => {
      const route = ROUTES.find(({ procedure }) => procedure === name);
      if (!route) throw new Error(`no route to ${name}`);
      const given: Record<string, unknown> = { ...Object(sample) };
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, parameter: string) => {
        const value = String(given[parameter] ?? "A");
        delete given[parameter];
        return value;
      });
      const flat = Object.entries(given).map(([member, value]) => [member, String(value)]);
      const query = route.verb === "GET" ? `?${new URLSearchParams(flat)}` : "";
      const headers = await auth();
      const body = route.verb === "POST" ? given : undefined;
      const answer = await api.call(route.verb, path + query, { headers, body });
      expect([answer.status, answer.body.code]).toEqual([400, "BAD_INPUT"]);
      expect(answer.body.issues).toEqual(expect.arrayContaining([{ path: named(at), message: "unknown field" }]));
    },
  );
});
