/** The OpenAPI 3.1 document, made from the table of routes and the schemas of their procedures. Not part of the Worker. */
import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { ERRORS } from "../errors.ts";
import { ROLES } from "../payments/context.ts";
import { type RestRoute, ROUTES, SUCCESS_STATUSES } from "./rest/routes.ts";
import { appRouter } from "./router.ts";

/** Makes the document that docs/openapi.json holds. */
export function openApiDocument() {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.verb.toLowerCase()]: operation(route) };
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "zhongdao-pay",
      version: "1",
      description: "Orders, payments by WeChat Pay, Alipay and points, and refunds. Amounts are yuan, times UTC.",
    },
    servers: [{ url: "/api/v1" }],
    security: [{ bearer: [] }],
    paths: { ...paths, ...callbackPaths() },
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  });
}

/** An input that may be left out is described by what it is when it is there. */
const inputSchema = z.preprocess(
  (schema) => (schema instanceof z.ZodOptional ? schema.unwrap() : schema),
  z.union([z.instanceof(z.ZodObject), z.instanceof(z.ZodDiscriminatedUnion)]),
);

const definition = z.object({
  inputs: z.array(inputSchema).max(1),
  output: z.instanceof(z.ZodType),
  meta: z.object({ roles: z.union([z.literal("public"), z.array(z.enum(ROLES))]) }),
});

function definitionOf(name: RestRoute["procedure"]) {
  const procedure: unknown = Reflect.get(appRouter._def.procedures, name);
  if (typeof procedure !== "function" || !("_def" in procedure)) throw new Error(`there is no procedure ${name}`);
  const { inputs, output, meta } = definition.parse(procedure._def);
  return { input: inputs[0] ?? z.object({}), output, roles: meta.roles };
}

function operation(route: RestRoute): ZodOpenApiOperationObject {
  const { input, output, roles } = definitionOf(route.procedure);
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const alternatives = alternativesOf(input);
  const rest = alternatives.map((one) => part(one, (name) => !inPath.includes(name)));
  const [query] = rest.filter((one) => Object.keys(one.shape).length > 0);
  const body = input instanceof z.ZodObject ? query : oneOf(input.def.discriminator, rest);
  return {
    operationId: route.procedure,
    summary: route.summary,
    tags: [route.procedure.split(".")[0] ?? ""],
    description: roles === "public" ? "Roles: none needed" : `Roles: ${roles.join(", ")}`,
    ...(roles === "public" && { security: [] }),
    requestParams: {
      path: pathOf(alternatives, inPath),
      ...(route.verb === "GET" && query && { query }),
      ...(route.idempotencyKey && { header: idempotencyHeader(route.idempotencyKey) }),
    },
    ...(route.verb === "POST" && body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(SUCCESS_STATUSES[route.success ?? "done"]).map(([status, description]) => [
          status,
          { description, content: json(output) },
        ]),
      ),
      default: { description: "Refused, or failed", content: json(errorBody) },
    },
  };
}

/** The objects that an input may be: several when its fields depend on one of them. */
function alternativesOf(input: z.ZodObject | z.ZodDiscriminatedUnion): z.ZodObject[] {
  return input instanceof z.ZodObject ? [input] : z.array(z.instanceof(z.ZodObject)).parse(input.options);
}

function oneOf(discriminator: string, [first, ...others]: readonly z.ZodObject[]): z.ZodType | undefined {
  return first && z.discriminatedUnion(discriminator, [first, ...others]);
}

/** What stands in the path is the same in all alternatives. */
function pathOf(alternatives: readonly z.ZodObject[], inPath: readonly string[]): z.ZodObject {
  const [first = z.object({})] = alternatives;
  return part(first, (name) => inPath.includes(name));
}

function part(input: z.ZodObject, belongs: (name: string) => boolean): z.ZodObject {
  return z.strictObject(Object.fromEntries(Object.entries(input.shape).filter(([name]) => belongs(name))));
}

function idempotencyHeader(need: "optional" | "required") {
  const key = z
    .string()
    .min(1)
    .max(128)
    .meta({ description: "Printable ASCII. A repeat with the same key is the same request" });
  return z.object({ "Idempotency-Key": need === "required" ? key : key.optional() });
}

const codes = Object.keys(ERRORS).filter((code): code is keyof typeof ERRORS => code in ERRORS);
const meanings = codes.map((code) => `- \`${code}\` (${ERRORS[code].status}): ${ERRORS[code].message}`).join("\n");

const errorBody = z
  .object({
    code: z.enum(codes).meta({ description: meanings }),
    message: z.string(),
    requestId: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    providerCode: z.string().optional().meta({ description: "The provider's own code" }),
    transactionId: z.string().optional().meta({ description: "The attempt in doubt: a repeat goes on with it" }),
  })
  .meta({ id: "Error" });

function json(schema: z.ZodType) {
  return { "application/json": { schema } };
}

/** Signed by Alipay, opened by a buyer's browser. */
const returnPage: ZodOpenApiOperationObject = {
  operationId: "callbacks.return",
  summary: "For browsers that come back from Alipay's pages: shows how the order stands, after asking Alipay",
  tags: ["callbacks"],
  security: [],
  responses: {
    200: { description: "A page with the order's status. Without parameters, one that says where to look" },
    400: { description: "A page: the address is not signed by Alipay for this application" },
    404: { description: "A page: there is no such payment" },
    503: { description: "A page: the status can't be looked up now" },
  },
};

/** The providers' own routes speak the providers' protocols, not these schemas. */
function callbackPaths(): ZodOpenApiPathsObject {
  const path = z.object({ provider: z.enum(["wechat", "alipay"]) });
  const post = (operationId: string): ZodOpenApiOperationObject => ({
    operationId,
    summary: "For the payment providers: a signed callback of either kind",
    tags: ["callbacks"],
    security: [],
    requestParams: { path },
    responses: {
      200: { description: "Applied, applied before, or on record" },
      401: { description: "Does not verify" },
      404: { description: "There is no such provider" },
      413: { description: "Larger than any callback" },
      429: { description: "Too many that did not verify came from there: it has to come again" },
      500: { description: "Could not be processed: it has to come again" },
    },
  });
  return {
    "/payments/{provider}/notify": { post: post("callbacks.payment") },
    "/payments/{provider}/refund/notify": { post: post("callbacks.refund") },
    "/payments/alipay/return": { get: returnPage },
  };
}
