/** The files inside of a bill's zip, while it comes in (Alipay, "bill download"). Only a piece is in memory at a time. */
import { Unzip, UnzipInflate } from "fflate";
import { concatBytes } from "../../../crypto/bytes.ts";
import { BillError } from "../../bills/error.ts";

/** How much packed text is unpacked at a time; a thousand times as much may come out of it. */
const PIECE_BYTES = 16 * 1024;

/** A bill has two files, or a few more of a very long day. */
const MOST_FILES = 16;

/**
 * Rows hold long numbers of their own, so that no bill is packed to less than a twentieth. What grows beyond that, but for a
 * small file, is made to fill the memory, or to keep us busy: addresses of bills are plain HTTP, and anybody on the way may
 * change what comes.
 */
const MOST_GROWTH = 100;
const SMALL_BYTES = 1024 * 1024;

/** Ten million rows and more: the most that is unpacked, however it was packed. */
const MOST_BYTES = 4 * 1024 ** 3;

/** Begins the last record of a zip, behind which there may be a comment. */
const END_RECORD = "PK\u0005\u0006";
const TAIL_BYTES = 1024;

/** A piece of one of the files. */
export interface EntryPiece {
  /** Which file, counted from 0. Their names come in one charset or another, so nothing depends on them. */
  readonly entry: number;
  readonly bytes: Uint8Array;
  /** Whether the file ends here. */
  readonly last: boolean;
}

/**
 * Unpacks a zip piece by piece, as fast as it is read. Ending the generator cancels the source.
 * @throws BillError `interrupted` when the source breaks off, is no zip, or unpacks to more than any bill
 */
export async function* zipEntries(source: ReadableStream<Uint8Array>): AsyncGenerator<EntryPiece, void, undefined> {
  const reader = source.getReader();
  const unpacking = new Unpacking();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      for (let at = 0; at < part.value.length; at += PIECE_BYTES) {
        yield* unpacking.push(part.value.subarray(at, at + PIECE_BYTES));
      }
    }
    yield* unpacking.end();
  } catch (error) {
    throw error instanceof BillError ? error : new BillError("interrupted", "the bill broke off, or can't be unpacked");
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** An archive that is being unpacked. */
class Unpacking {
  #packedBytes = 0;
  #unpackedBytes = 0;
  #entries = 0;
  #open = 0;
  #pieces: EntryPiece[] = [];
  #fault: Error | undefined;
  /** The last bytes so far. */
  #tail: Uint8Array = new Uint8Array();
  readonly #unzip: Unzip;

  constructor() {
    this.#unzip = new Unzip((file) => {
      const entry = this.#entries;
      this.#entries += 1;
      this.#open += 1;
      if (entry >= MOST_FILES)
        this.#fault ??= new BillError("interrupted", "the bill has more files than any can have");
      file.ondata = (error, bytes, last) => {
        if (error) this.#fault ??= error;
        else this.#take({ entry, bytes, last });
      };
      file.start();
    });
    this.#unzip.register(UnzipInflate);
  }

  push(piece: Uint8Array): readonly EntryPiece[] {
    this.#packedBytes += piece.length;
    this.#unzip.push(piece);
    this.#tail = concatBytes(this.#tail, piece).slice(-TAIL_BYTES);
    return this.#taken();
  }

  /** An archive ends with its last record, all of its files before it, of which there is at least one. */
  end(): readonly EntryPiece[] {
    this.#unzip.push(new Uint8Array(), true);
    const pieces = this.#taken();
    const isWhole = new TextDecoder("latin1").decode(this.#tail).includes(END_RECORD);
    if (!isWhole || this.#entries === 0 || this.#open > 0)
      throw new BillError("interrupted", "the bill is no complete zip");
    return pieces;
  }

  #take(piece: EntryPiece): void {
    this.#unpackedBytes += piece.bytes.length;
    if (this.#unpackedBytes > Math.min(MOST_BYTES, SMALL_BYTES + MOST_GROWTH * this.#packedBytes)) {
      this.#fault ??= new BillError("interrupted", "the bill unpacks to more than any can have");
    }
    if (this.#fault) return;
    this.#pieces.push(piece);
    if (piece.last) this.#open -= 1;
  }

  #taken(): readonly EntryPiece[] {
    if (this.#fault) throw this.#fault;
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }
}
