/** Checking one vector: what our code makes of its inputs, against what it expects. */
import { KeyFormatError } from "../../src/crypto/pem.ts";
import { ALIPAY_KINDS } from "./alipay.ts";
import { type Comparison, compare, compareRefusal } from "./compare.ts";
import { CRYPTO_KINDS } from "./crypto.ts";
import { Inputs, MissingInputError } from "./inputs.ts";
import type { Vector } from "./read.ts";
import { BILL_KINDS } from "./trade-bill.ts";
import { WECHAT_KINDS } from "./wechat.ts";

const KINDS = new Map([CRYPTO_KINDS, WECHAT_KINDS, BILL_KINDS, ALIPAY_KINDS].flatMap((kinds) => Object.entries(kinds)));

/** Checks a vector. */
export async function checkVector({ kind, inputs, expected }: Vector): Promise<Comparison> {
  const run = KINDS.get(kind);
  if (!run) return failed("nothing here knows this kind");
  try {
    return compare(await run(new Inputs(inputs)), expected);
  } catch (error) {
    if (error instanceof KeyFormatError) return compareRefusal(error.message, expected);
    return failed(error instanceof MissingInputError ? error.message : `our code crashes: ${error}`);
  }
}

function failed(problem: string): Comparison {
  return { problems: [problem], unchecked: [] };
}
