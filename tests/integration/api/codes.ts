/** What a call of any procedure comes to, over either transport: "ok", or our code. */
import { ROUTES } from "../../../src/api/rest/routes.ts";
import { appRouter } from "../../../src/api/router.ts";
import type { Actor } from "../../../src/payments/context.ts";
import { unique } from "../support/shop.ts";
import { type Api, reasoned, tokenFor } from "./support.ts";

interface Call {
  readonly name: string;
  readonly input: unknown;
  readonly as: Actor | undefined;
}

export async function codeOverTrpc(api: Api, { name, input, as }: Call): Promise<string> {
  const procedures: Record<string, { _def: { type: string } }> = appRouter._def.procedures as never;
  const isQuery = procedures[name]?._def.type === "query";
  const asked = isQuery ? input : reasoned(input, as);
  const json = JSON.stringify(asked === undefined ? {} : { json: asked });
  const address = `http://shop.test/trpc/${name}`;
  const headers = {
    "Content-Type": "application/json",
    "Idempotency-Key": unique("key"),
    ...(as && { Authorization: `Bearer ${await tokenFor(as)}` }),
  };
  const request = isQuery
    ? new Request(`${address}?input=${encodeURIComponent(json)}`, { headers })
    : new Request(address, { method: "POST", headers, body: json });
  const answer = (await (await api.send(request)).json()) as { error?: { json: { data: { reason: string } } } };
  await api.idle();
  return answer.error?.json.data.reason ?? "ok";
}

/** The same by the procedure's path. Throws when it has none. */
export async function codeOverRest(api: Api, { name, input, as }: Call): Promise<string> {
  const route = ROUTES.find(({ procedure }) => procedure === name);
  if (!route) throw new Error(`no path leads to ${name}`);
  const given: Record<string, unknown> = { ...Object(input) };
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, parameter: string) => {
    const value = encodeURIComponent(String(given[parameter]));
    delete given[parameter];
    return value;
  });
  const flat = Object.entries(given).map(([member, value]) => [member, String(value)]);
  const query = route.verb === "GET" ? `?${new URLSearchParams(flat)}` : "";
  const headers = { "Idempotency-Key": unique("key") };
  const body = route.verb === "POST" ? given : undefined;
  const answer = await api.call(route.verb, path + query, { as, headers, body });
  await api.idle();
  return answer.status < 300 ? "ok" : String(answer.body.code);
}
