/** What an endpoint of WeChat Pay is: whom it lets in, what it is given, what it answers. */
import type { Operation } from "../faults.ts";
import type { World } from "../world.ts";
import type { Family } from "./authorization.ts";
import type { RateLimit } from "./rates.ts";

export interface Input {
  /** The parsed JSON body; undefined where none came. */
  readonly body: unknown;
  /** The part of the path that names something (`:no`), decoded. */
  readonly no: string;
  readonly query: Readonly<Record<string, string>>;
  /** Where the call came from, as text of an IP address. */
  readonly address: string;
  /** A request header, by its name in lower case. */
  header(name: string): string | undefined;
  /**
   * Reads a member that was encrypted with the key which the request names in Wechatpay-Serial (RSA-OAEP, SHA-1,
   * base64). `field` is its JSON pointer. Throws WechatError.
   */
  decrypt(field: string, ciphertext: string): string;
}

/** An answer that is no JSON and carries no signature, such as a bill. */
export class Download {
  readonly contentType: string;
  readonly content: ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | string;

  constructor(contentType: string, content: Download["content"]) {
    this.contentType = contentType;
    this.content = content;
  }
}

export interface Endpoint {
  readonly method: "GET" | "POST";
  /** In Hono's notation; `:no` is the part that names something. */
  readonly path: string;
  /** What faults call it. */
  readonly operation: Operation;
  readonly family: Family;
  /** For a POST that may come without a body. */
  readonly bodyOptional?: true;
  readonly limit?: RateLimit;
  /** The number by which faults find the call, where it is neither out_trade_no in the body nor `no`. */
  concerns?(world: World, input: Input): string | undefined;
  /** Carries the call out. Returns the answer's body; null is 204. Throws WechatError. */
  run(world: World, input: Input): object | Download | null;
}
