/** A bill's lines (WeChat Pay V3, "bills"): UTF-8, with or without a byte order mark, CRLF or LF. */
import { LineCutter } from "../../bills/lines.ts";

/**
 * Cuts bytes into lines. The lines that a chunk completes come together.
 * @throws BillError `malformed_row` for a line of more than 64 Ki characters
 */
export async function* billLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[], void, undefined> {
  const cutter = new LineCutter();
  for await (const chunk of bytes) {
    const lines = cutter.push(chunk);
    if (lines.length > 0) yield lines;
  }
  const last = cutter.end();
  if (last.length > 0) yield last;
}
