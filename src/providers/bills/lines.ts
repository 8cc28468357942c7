/** A bill's lines, cut out of bytes as they come: CRLF or LF, in the charset that the provider writes. */
import { BillError } from "./error.ts";

/** Rows have some hundreds of characters. Without a limit, text without line breaks would fill the memory. */
const MAX_LINE_LENGTH = 64 * 1024;

/**
 * Cuts bytes into lines, without their ends and a byte order mark. Bytes that are no text become U+FFFD: what a
 * merchant put into a name must not void a whole bill.
 */
export class LineCutter {
  readonly #decoder: TextDecoder;
  #rest = "";

  constructor(charset: "utf-8" | "gb18030" = "utf-8") {
    this.#decoder = new TextDecoder(charset);
  }

  /** The lines that a chunk completes. Throws BillError `malformed_row` for a line of more than 64 Ki characters. */
  push(chunk: Uint8Array): readonly string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > MAX_LINE_LENGTH) {
      throw new BillError("malformed_row", "a line is longer than any row can be");
    }
    return lines.map(withoutCarriageReturn);
  }

  /** What stands behind the last line break. */
  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.decode();
    return rest === "" ? [] : [withoutCarriageReturn(rest)];
  }
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
