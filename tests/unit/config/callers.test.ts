/** Who may call, from where, and where buyers are sent: what is configured, and what is refused. */
import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../../../src/config.ts";
import { FIELD_ENCRYPTION_KEYS } from "../../support/field-keys.ts";

const SHOP = { DATABASE_URL: "https://user:password@db.test", JWT_SECRET: "s".repeat(32), FIELD_ENCRYPTION_KEYS };
const ACCESS = {
  CF_ACCESS_TEAM_DOMAIN: "acme.cloudflareaccess.com",
  CF_ACCESS_AUDIENCE: "a".repeat(64),
  CF_ACCESS_OPERATORS: "one, two",
};

function problemsOf(changes: object): readonly string[] {
  try {
    readConfig({ ...SHOP, ...changes });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const ISSUED = { JWT_ISSUER: "https://id.test", JWT_AUDIENCE: "shop" };

describe("tokens", () => {
  it("are read in one way only", () => {
    const problem = "JWT_SECRET: is there, and so is JWT_JWKS_URL: tokens must not be read in two ways";
    expect(problemsOf({ ...ISSUED, JWT_JWKS_URL: "https://id.test/jwks" })).toEqual([problem]);
  });

  it.each([
    ["http://id.test/jwks", "must be https, unless it is on this machine"],
    ["https://user:password@id.test/jwks", "must hold no user name and no password"],
    ["file:///etc/keys", "must be an http or https address"],
  ])("are not verified by keys from %s", (JWT_JWKS_URL, problem) => {
    expect(problemsOf({ ...ISSUED, JWT_SECRET: "", JWT_JWKS_URL })).toEqual([`JWT_JWKS_URL: ${problem}`]);
  });

  it("may be verified by keys of this machine, while developing", () => {
    expect(problemsOf({ ...ISSUED, JWT_SECRET: "", JWT_JWKS_URL: "http://127.0.0.1:3000/jwks" })).toEqual([]);
  });

  it("by published keys have to say who issued them, and for whom", () => {
    expect(problemsOf({ JWT_SECRET: "", JWT_JWKS_URL: "https://id.test/jwks" })).toEqual([
      "JWT_AUDIENCE: is missing: whoever publishes JWT_JWKS_URL signs tokens for others as well",
      "JWT_ISSUER: is missing: tokens by JWT_JWKS_URL have to say who issued them",
    ]);
  });
});

describe("Cloudflare Access", () => {
  it("needs its team, its application, and somebody to let in", () => {
    expect(readConfig({ ...SHOP, ...ACCESS }).access).toEqual({
      teamDomain: "acme.cloudflareaccess.com",
      audience: ["a".repeat(64)],
      operators: ["one", "two"],
      auditors: [],
    });
    expect(readConfig(SHOP).access).toBeUndefined();
  });

  const NOBODY =
    "CF_ACCESS_OPERATORS: must name somebody, or CF_ACCESS_AUDITORS must, where CF_ACCESS_TEAM_DOMAIN is set, and nowhere else";
  it.each<[object, string]>([
    [
      { ...ACCESS, CF_ACCESS_AUDIENCE: "" },
      "CF_ACCESS_AUDIENCE: needs CF_ACCESS_TEAM_DOMAIN beside it, and the other way round",
    ],
    [{ ...ACCESS, CF_ACCESS_OPERATORS: "" }, NOBODY],
    [{ CF_ACCESS_AUDITORS: "one" }, NOBODY],
    [{ ...ACCESS, CF_ACCESS_AUDITORS: "two" }, "CF_ACCESS_AUDITORS: must not name operators"],
    [{ ...ACCESS, CF_ACCESS_AUDIENCE: "shop" }, "CF_ACCESS_AUDIENCE: must be audience tags of 64 digits"],
    [{ ...ACCESS, CF_ACCESS_OPERATORS: "one,,two" }, "CF_ACCESS_OPERATORS: must be user ids, with commas between"],
    ...["acme", "https://acme.cloudflareaccess.com", "cloudflareaccess.com", "acme.cloudflareaccess.com.evil.test"].map(
      (CF_ACCESS_TEAM_DOMAIN): [object, string] => [
        { ...ACCESS, CF_ACCESS_TEAM_DOMAIN },
        "CF_ACCESS_TEAM_DOMAIN: must be the team's host, such as acme.cloudflareaccess.com",
      ],
    ),
  ])("as %j is refused", (changes, problem) => {
    expect(problemsOf(changes)).toEqual([problem]);
  });
});

describe("front ends", () => {
  it.each([
    "*",
    "null",
    "http://shop.test",
    "https://shop.test/",
    "https://*.shop.test",
    "https://user@shop.test",
    "https://SHOP.test",
  ])("may not be %s", (CORS_ORIGINS) => {
    const problem = "CORS_ORIGINS: must be origins such as https://shop.example, with commas between";
    expect(problemsOf({ CORS_ORIGINS })).toEqual([problem]);
  });
});

describe("where buyers may be sent", () => {
  const listed = (changes: object) => readConfig({ ...SHOP, ...changes }).returnHosts;

  it("is nowhere unless somebody says so, but for this machine while developing", () => {
    expect(listed({})).toEqual({ listed: [], loopback: false });
    expect(listed({ DATABASE_URL: "http://user:password@127.0.0.1:3900" })).toEqual({ listed: [], loopback: true });
  });

  it("is to the front ends, or to what is listed instead", () => {
    const CORS_ORIGINS = "https://shop.test,http://localhost:5173";
    expect(listed({ CORS_ORIGINS }).listed).toEqual(["shop.test", "localhost:5173"]);
    const RETURN_URL_HOSTS = "Shop.Example, 商城.example:8443";
    expect(listed({ CORS_ORIGINS, RETURN_URL_HOSTS }).listed).toEqual([
      "shop.example",
      new URL("https://商城.example:8443").host,
    ]);
  });

  it.each(["https://shop.example", "shop.example/paid", "user@shop.example", "shop.example\\", "a b"])(
    "can't be listed as %s",
    (RETURN_URL_HOSTS) => {
      const problem = "RETURN_URL_HOSTS: must be hosts such as shop.example, with commas between";
      expect(problemsOf({ RETURN_URL_HOSTS })).toEqual([problem]);
    },
  );
});

it("takes no variable for a rate limiting binding", () => {
  expect(problemsOf({ RATE_LIMIT_ORDERS: "20" })).toEqual(["RATE_LIMIT_ORDERS: must be a rate limiting binding"]);
});

it("sends nothing to a database without TLS, unless it is on this machine", () => {
  expect(problemsOf({ DATABASE_URL: "http://user:password@db.test" })).toEqual([
    "DATABASE_URL: must be https, unless it is on this machine",
  ]);
});
