/** The providers' and the merchant's keys: made once and kept, with certificates that are good in virtual time. */
import { type Keys, loadKeys } from "../../sandbox/keys.ts";
import { Clock } from "./engine/clock.ts";
import { type Party, runAs } from "./engine/party.ts";
import { Random } from "./engine/random.ts";
import { START } from "./start.ts";

/** Reads the keys from a file, or makes them. Virtual time has to be in place. */
export function keysOf(file: string): Promise<Keys> {
  const party: Party = { name: "keys", clock: new Clock(START), random: new Random("keys"), dead: false };
  return runAs(party, () => loadKeys(file));
}
