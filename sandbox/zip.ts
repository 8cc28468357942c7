/** Zip files written as they are read, so that no bill is in memory as a whole (APPNOTE 6.3, deflate). */
import { crc32, createDeflateRaw } from "node:zlib";

export interface ZipEntry {
  /** The name's bytes, in whatever charset the reader expects. */
  readonly name: Buffer;
  content(): Iterable<Buffer>;
}

interface Written {
  readonly name: Buffer;
  readonly offset: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
}

const DEFLATE = 8;
/** Sums and sizes follow the data, as they are not known before. */
const SIZES_FOLLOW = 0x0008;
const VERSION = 20;
/** 1 January 2026 at midnight, in the form of MS-DOS. */
const DATED = { time: 0, date: ((2026 - 1980) << 9) | (1 << 5) | 1 };

/** The file, piece by piece. */
export async function* zipped(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const written: Written[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const start = offset;
    const header = localHeader(name);
    yield new Uint8Array(header);
    offset += header.length;
    const sums = { crc: 0, size: 0, compressed: 0 };
    for await (const piece of deflated(content(), sums)) {
      yield piece;
      offset += piece.length;
    }
    const descriptor = fields([4, 0x08074b50], [4, sums.crc], [4, sums.compressed], [4, sums.size]);
    yield new Uint8Array(descriptor);
    offset += descriptor.length;
    written.push({ name, offset: start, ...sums });
  }
  yield new Uint8Array(directory(written, offset));
}

async function* deflated(
  content: Iterable<Buffer>,
  sums: { crc: number; size: number; compressed: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const deflate = createDeflateRaw();
  const feeding = feed(deflate, content, sums);
  for await (const piece of deflate) {
    const bytes = new Uint8Array(Buffer.from(piece));
    sums.compressed += bytes.length;
    yield bytes;
  }
  await feeding;
}

async function feed(
  deflate: ReturnType<typeof createDeflateRaw>,
  content: Iterable<Buffer>,
  sums: { crc: number; size: number },
): Promise<void> {
  for (const piece of content) {
    if (deflate.destroyed) return;
    sums.crc = crc32(piece, sums.crc);
    sums.size += piece.length;
    if (!deflate.write(piece)) await new Promise((resolve) => deflate.once("drain", resolve));
  }
  deflate.end();
}

function localHeader(name: Buffer): Buffer {
  const head = fields([4, 0x04034b50], [2, VERSION], [2, SIZES_FOLLOW], [2, DEFLATE], [2, DATED.time], [2, DATED.date]);
  return Buffer.concat([head, fields([4, 0], [4, 0], [4, 0], [2, name.length], [2, 0]), name]);
}

function directory(written: readonly Written[], start: number): Buffer {
  const records = Buffer.concat(written.map(directoryRecord));
  const counts = fields([4, 0x06054b50], [2, 0], [2, 0], [2, written.length], [2, written.length]);
  return Buffer.concat([records, counts, fields([4, records.length], [4, start], [2, 0])]);
}

function directoryRecord({ name, offset, crc, compressed, size }: Written): Buffer {
  return Buffer.concat([
    fields([4, 0x02014b50], [2, VERSION], [2, VERSION], [2, SIZES_FOLLOW], [2, DEFLATE]),
    fields([2, DATED.time], [2, DATED.date], [4, crc], [4, compressed], [4, size], [2, name.length]),
    fields([2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]),
    name,
  ]);
}

/** Numbers of two or four bytes, the lowest first. */
function fields(...numbers: readonly (readonly [2 | 4, number])[]): Buffer {
  const bytes = numbers.map(([length, value]) => {
    const buffer = Buffer.alloc(length);
    buffer.writeUIntLE(value, 0, length);
    return buffer;
  });
  return Buffer.concat(bytes);
}
