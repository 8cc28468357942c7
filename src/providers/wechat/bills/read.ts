/** Reading a bill while it is being downloaded, and checking it as a whole at its end (WeChat Pay V3, "bills"). */
import { sha1 } from "@noble/hashes/legacy.js";
import { encodeHex } from "../../../crypto/bytes.ts";
import { BillError } from "../../bills/error.ts";
import { unpackedBytes } from "./bytes.ts";
import { billLines } from "./lines.ts";
import { type BillForm, BillTable } from "./table.ts";

/** Rows as they come, and the summary at the end. */
export type BillRows<Row, Summary> = AsyncGenerator<Row, Summary, undefined>;

/**
 * Reads a bill row by row, in bounded memory. Its hash and its number of rows are known at its end only: rows count
 * once the generator has finished and returned the summary. Ending it, even before its first row, ends the download.
 * @param source what was downloaded, packed or not
 * @param hash SHA-1 of the unpacked text, in hex
 * @throws BillError
 */
export function readBill<Row, Summary extends { readonly count: number }>(
  source: ReadableStream<Uint8Array>,
  hash: string,
  form: BillForm<Row, Summary>,
): BillRows<Row, Summary> {
  const rows = readRows(source, hash, form);
  const end = rows.return.bind(rows);
  // A generator that was never asked for a row has nothing to clean up; one that was has the source to itself.
  rows.return = async (value) => {
    if (!source.locked) await source.cancel();
    return end(value);
  };
  return rows;
}

async function* readRows<Row, Summary extends { readonly count: number }>(
  source: ReadableStream<Uint8Array>,
  hash: string,
  form: BillForm<Row, Summary>,
): BillRows<Row, Summary> {
  const digest = sha1.create();
  const table = new BillTable(form);
  let fault: BillError | undefined;
  for await (const lines of billLines(hashed(unpackedBytes(source), digest))) {
    if (fault) continue;
    try {
      yield* table.rows(lines);
    } catch (error) {
      if (!(error instanceof BillError)) throw error;
      // The rest is hashed all the same: it tells a damaged text from one of another form.
      fault = error;
    }
  }
  const isAnnounced = encodeHex(digest.digest()) === hash.toLowerCase();
  if (fault) throw isAnnounced ? fault : hashMismatch();
  const { summary, rowCount } = table;
  if (!summary) throw new BillError("truncated", "the bill ends before its summary");
  if (!isAnnounced) throw hashMismatch();
  if (summary.count === rowCount) return summary;
  throw new BillError("row_count", `the bill has ${rowCount} rows, and ${summary.count} by its summary`);
}

function hashMismatch(): BillError {
  return new BillError("hash_mismatch", "the bill is not the one that was announced");
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  digest: { update(bytes: Uint8Array): unknown },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    digest.update(chunk);
    yield chunk;
  }
}
