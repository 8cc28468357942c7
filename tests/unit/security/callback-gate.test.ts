/** Floods of callbacks that nobody signed: put off, without ever standing in the way of a genuine one for long. */
import { beforeEach, describe, expect, it } from "vitest";
import { CallbackGate } from "../../../src/security/callback-gate.ts";
import { addressKey, RateLimits } from "../../../src/security/rate-limits.ts";

const FORGER = "203.0.113.7";
const PROVIDER = "101.226.103.5";

let now: number;
let counted: string[];
let gate: CallbackGate;
/** Lets three through, as a binding would. */
let limits: RateLimits;

beforeEach(() => {
  now = 0;
  counted = [];
  gate = new CallbackGate(() => now);
  const limit = async ({ key }: { readonly key: string }) => {
    counted.push(key);
    return { success: counted.filter((one) => one === key).length <= 3 };
  };
  limits = new RateLimits({ forgeries: { limit } });
});

async function forge(times: number, address: string = FORGER): Promise<number> {
  let verified = 0;
  for (let i = 0; i < times; i++) {
    if (!gate.admits("wechat", address)) continue;
    verified++;
    await gate.unverified(limits, "wechat", address);
  }
  return verified;
}

describe("an address whose callbacks do not verify", () => {
  it("has as many looked at as its limit says, and then is put off for a minute", async () => {
    expect(await forge(1000)).toBe(4);
    now = 59_999;
    expect(await forge(1000)).toBe(1);
    now = 130_000;
    expect(gate.admits("wechat", FORGER)).toBe(true);
  });

  it("has one in two tenths of a second looked at all the same: a provider may stand behind it", async () => {
    await forge(10);
    now = 200;
    expect([gate.admits("wechat", FORGER), gate.admits("wechat", FORGER)]).toEqual([true, false]);
    gate.verified("wechat", FORGER);
    expect([gate.admits("wechat", FORGER), gate.admits("wechat", FORGER)]).toEqual([true, true]);
  });

  it("holds up nobody else, and no other provider", async () => {
    await forge(1000);
    expect(gate.admits("wechat", PROVIDER)).toBe(true);
    expect(gate.admits("alipay", FORGER)).toBe(true);
    expect(gate.admits("wechat", undefined)).toBe(true);
  });
});

it("an address from which a callback has verified is never put off, and never counted again", async () => {
  gate.verified("wechat", PROVIDER);
  expect(await forge(100, PROVIDER)).toBe(100);
  expect(counted).toEqual([]);
});

it("what verifies is counted nowhere", async () => {
  for (let i = 0; i < 100; i++) gate.verified("wechat", PROVIDER);
  expect(counted).toEqual([]);
});

it("remembers no more addresses than it has room for", async () => {
  for (let i = 0; i < 30_000; i++) gate.verified("wechat", `10.0.${i >> 8}.${i & 255}`);
  expect(gate.admits("wechat", FORGER)).toBe(true);
});

it.each([
  ["203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::ffff:203.0.113.7", "::ffff:cb00:7107"],
  [undefined, "unknown"],
])("the address %s counts as %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});
