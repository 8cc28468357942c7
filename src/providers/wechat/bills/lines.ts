/** A bill's lines (WeChat Pay V3, "bills"): UTF-8, with or without a byte order mark, CRLF or LF. */
import { BillError } from "./error.ts";

/** Rows have some hundreds of characters. Without a limit, text without line breaks would fill the memory. */
const MAX_LINE_LENGTH = 64 * 1024;

/**
 * Cuts bytes into lines, without their ends and the byte order mark. The lines that a chunk completes come together.
 * Bytes that are no UTF-8 become U+FFFD: what a merchant put into a name must not void a whole bill.
 * @throws BillError `malformed_row` for a line of more than 64 Ki characters
 */
export async function* billLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[], void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) throw new BillError("malformed_row", "a line is longer than any row can be");
    if (lines.length > 0) yield lines.map(withoutCarriageReturn);
  }
  rest += decoder.decode();
  if (rest !== "") yield [withoutCarriageReturn(rest)];
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
