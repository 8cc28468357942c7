/** Certificates of Alipay's that were downloaded, kept between isolates: a notice need not name the one that signed it. */
import * as z from "zod";
import { encodeBase64 } from "../../crypto/bytes.ts";
import { type Certificate, readCertificate } from "../../crypto/certificate.ts";
import { KeyFormatError } from "../../crypto/pem.ts";
import type { TextCache } from "../exchange.ts";
import { parseJson } from "../json.ts";
import { KeptText } from "../kept-text.ts";

/** A certificate, and the authorities above it that came along. */
type Chain = readonly Certificate[];

/** More are never in use at once. */
const MOST_CHAINS = 8;
/** No cache keeps a text for less. */
const LEAST_SECONDS = 60;

const chains = z.array(z.array(z.string()));

/** Nothing that is read has been checked. */
export class CertificateCache {
  readonly #kept: KeptText;

  constructor(cache: TextCache | undefined, appId: string) {
    this.#kept = new KeptText(cache, `alipay/certificates/${appId}`);
  }

  async read(signal: AbortSignal): Promise<readonly Chain[]> {
    const { data = [] } = chains.safeParse(parseJson(await this.#kept.read(signal)));
    return data.map(readChain).filter((chain) => chain.length > 0);
  }

  /** Keeps one more, until the last has lapsed. Two isolates may overwrite each other: then one downloads again. */
  async add(chain: Chain, now: number, signal: AbortSignal): Promise<void> {
    const others = (await this.read(signal)).filter((other) => textOf(other) !== textOf(chain));
    const lasting = [...others, chain].filter((each) => lapsesAt(each) > now).slice(-MOST_CHAINS);
    if (lasting.length === 0) return;
    const seconds = Math.floor((Math.max(...lasting.map(lapsesAt)) - now) / 1000);
    const text = `[${lasting.map(textOf).join(",")}]`;
    await this.#kept.write(text, Math.max(LEAST_SECONDS, seconds), signal);
  }
}

function textOf(chain: Chain): string {
  return JSON.stringify(chain.map(({ der }) => encodeBase64(der)));
}

function readChain(texts: readonly string[]): Chain {
  try {
    return texts.map((text) => readCertificate(text, "certificate"));
  } catch (error) {
    if (error instanceof KeyFormatError) return [];
    throw error;
  }
}

/** When the certificate itself lapses, which comes first. Milliseconds since the epoch. */
function lapsesAt([first]: Chain): number {
  return first?.notAfter.getTime() ?? 0;
}
