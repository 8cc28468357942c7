/** Keys at an address: fetched as seldom as may be, and kept where the address can't be reached. */
import { describe, expect, it } from "vitest";
import { createAuthenticator, type TokenRules } from "../../../src/security/authenticate.ts";
import { issuer, keyServer, NOW, SECONDS, signed } from "./tokens.ts";

const RULES: TokenRules = { kind: "jwks", url: "https://id.test/jwks", issuer: undefined, audience: undefined };
const MINUTES = 60_000;

async function open() {
  const one = await issuer("k1", "ES256");
  const server = keyServer([one.jwk]);
  let now = NOW;
  const authenticate = createAuthenticator(RULES, undefined, { fetch: server.fetch, now: () => now });
  const exp = SECONDS + 7 * 24 * 3600;
  const tokenOf = ({ privateKey }: Pick<typeof one, "privateKey">, kid: string) =>
    signed({ sub: "customer-1", exp }, privateKey, { alg: "ES256", kid });
  return {
    server,
    call: async (kid = "k1", by: Pick<typeof one, "privateKey"> = one) =>
      authenticate({ authorization: `Bearer ${await tokenOf(by, kid)}`, assertion: undefined }),
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const down = async () => new Response("", { status: 500 });

describe("a key set", () => {
  it("is fetched once, and anew when it is ten minutes old", async () => {
    const { server, call, advance } = await open();
    for (let i = 0; i < 3; i++) await call();
    expect(server.asked).toBe(1);
    advance(10 * MINUTES);
    await call();
    expect(server.asked).toBe(2);
  });

  it("is fetched no more than twice a minute, however many tokens name keys that nobody has", async () => {
    const { server, call, advance } = await open();
    await call();
    advance(MINUTES);
    const flood = Array.from({ length: 50 }, (_, i) => call(`made-up-${i}`).catch((error: unknown) => error));
    for (const refusal of await Promise.all(flood)) expect(refusal).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(server.asked).toBe(2);
    advance(31_000);
    await expect(call("made-up")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(server.asked).toBe(3);
  });

  it("that has got a new key is fetched when somebody names it", async () => {
    const { server, call, advance } = await open();
    await call();
    const two = await issuer("k2", "ES256");
    server.keys = [...server.keys, two.jwk];
    advance(MINUTES);
    await expect(call("k2", two)).resolves.toMatchObject({ id: "customer-1" });
    expect(server.asked).toBe(2);
  });

  it("loses the keys that are withdrawn", async () => {
    const { server, call, advance } = await open();
    await call();
    server.keys = [(await issuer("k2", "ES256")).jwk];
    advance(11 * MINUTES);
    await expect(call()).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

describe("while the key server is down", () => {
  it("known keys go on being used, but not for ever", async () => {
    const { server, call, advance } = await open();
    await call();
    server.answer = down;
    advance(60 * MINUTES);
    await expect(call()).resolves.toMatchObject({ id: "customer-1" });
    await expect(call("unheard-of")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    advance(24 * 60 * MINUTES);
    await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE", details: { retryAfter: 1 } });
  });

  it("and no key is known, callers are told to come again, and the server is left alone for a second", async () => {
    const { server, call, advance } = await open();
    server.answer = down;
    const calls = await Promise.all(Array.from({ length: 20 }, () => call().catch((error: unknown) => error)));
    for (const refusal of calls) expect(refusal).toMatchObject({ code: "UNAVAILABLE", details: { retryAfter: 1 } });
    expect(server.asked).toBe(1);
    server.answer = async () => Response.json({ keys: server.keys });
    advance(1000);
    await expect(call()).resolves.toMatchObject({ id: "customer-1" });
  });

  it.each<[string, () => Promise<Response>]>([
    ["another address", async () => new Response(null, { status: 302, headers: { Location: "https://evil.test/" } })],
    ["a page", async () => new Response("<html>")],
    ["keys that are none", async () => Response.json({ keys: ["k"] })],
    ["more keys than anybody has", async () => Response.json({ keys: Array(101).fill({ kty: "RSA" }) })],
  ])("or answers with %s, no token counts", async (_what, answer) => {
    const { server, call } = await open();
    server.answer = answer;
    await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

it("requests at the same time wait for the one fetch that is under way", async () => {
  const { server, call } = await open();
  const answers = await Promise.all(Array.from({ length: 10 }, () => call()));
  expect([answers.length, server.asked]).toEqual([10, 1]);
});
