/** Puts virtual time and seeded chance in the place of the machine's, for the code of parties alone. */
import nodeCrypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { VirtualTimer } from "./clock.ts";
import { queueCrypto } from "./crypto-queue.ts";
import { currentParty, type Party } from "./party.ts";
import type { Random } from "./random.ts";
import { unpackAtOnce } from "./unpacking.ts";

/** To be done once, before anything is loaded that keeps a function of these. */
export function takeOver(): void {
  takeOverTime();
  takeOverTimers();
  takeOverChance();
  queueCrypto();
  unpackAtOnce();
}

function takeOverTime(): void {
  const RealDate = Date;
  const now = () => currentParty()?.clock.now() ?? RealDate.now();
  const virtual = new Proxy(RealDate, {
    construct: (target, parameters, newTarget) =>
      Reflect.construct(target, parameters.length === 0 ? [now()] : parameters, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
  });
  replace(globalThis, "Date", virtual);
}

function takeOverTimers(): void {
  const { setTimeout: start, clearTimeout: stop } = globalThis;
  const realLimit = AbortSignal.timeout.bind(AbortSignal);
  replace(globalThis, "setTimeout", (run: (...rest: unknown[]) => void, delay = 0, ...rest: unknown[]) => {
    const party = currentParty();
    return party ? party.clock.start(party, () => run(...rest), delay) : start(run, delay, ...rest);
  });
  replace(globalThis, "clearTimeout", (timer: Parameters<typeof stop>[0] | VirtualTimer) => {
    if (timer instanceof VirtualTimer) timer.party.clock.cancel(timer);
    else stop(timer);
  });
  replace(AbortSignal, "timeout", (delay: number) => {
    const party = currentParty();
    return party ? limit(party, delay) : realLimit(delay);
  });
}

function limit(party: Party, delay: number): AbortSignal {
  const controller = new AbortController();
  const reason = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  party.clock.start(party, () => controller.abort(reason), delay);
  return controller.signal;
}

function takeOverChance(): void {
  const realRandom = Math.random;
  const realValues = crypto.getRandomValues.bind(crypto);
  const realUuid = crypto.randomUUID.bind(crypto);
  replace(Math, "random", () => seeded()?.fraction() ?? realRandom());
  replace(crypto, "getRandomValues", (target: Uint8Array<ArrayBuffer>) => {
    const random = seeded();
    if (!random) return realValues(target);
    target.set(random.bytes(target.length));
    return target;
  });
  replace(crypto, "randomUUID", () => (seeded() ? uuid() : realUuid()));
  takeOverNodeCrypto();
}

function takeOverNodeCrypto(): void {
  const { randomInt, randomBytes, randomUUID } = nodeCrypto;
  replace(nodeCrypto, "randomInt", (first: number, second?: number) => {
    const random = seeded();
    const [least, beyond] = second === undefined ? [0, first] : [first, second];
    return random ? random.between(least, beyond - 1) : randomInt(least, beyond);
  });
  replace(nodeCrypto, "randomBytes", (...parameters: Parameters<typeof randomBytes>) => {
    const random = seeded();
    return random ? Buffer.from(random.bytes(parameters[0])) : Reflect.apply(randomBytes, nodeCrypto, parameters);
  });
  replace(nodeCrypto, "randomUUID", () => (seeded() ? uuid() : randomUUID()));
  // Modules that imported a function by its name get the new one.
  syncBuiltinESMExports();
}

function seeded(): Random | undefined {
  return currentParty()?.random;
}

function uuid(): string {
  const hex = Buffer.from(seeded()?.bytes(16) ?? []).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function replace(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, configurable: true, writable: true });
}
