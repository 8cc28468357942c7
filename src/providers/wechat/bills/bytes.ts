/** A bill's bytes as they come, unpacked (WeChat Pay V3, "bills"). Only a piece of it is in memory at a time. */
import { BillError } from "../../bills/error.ts";

const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** How much packed text is unpacked at a time; a thousand times as much may come out of it. */
const PIECE_BYTES = 16 * 1024;

type Chunk = Uint8Array<ArrayBuffer>;
type Chunks = AsyncGenerator<Chunk, void, undefined>;

/**
 * The bytes of a bill, unpacked if they are packed. The first bytes tell, not what was asked for: something between
 * WeChat Pay and here may have unpacked it already. Ending the generator cancels the source.
 * @throws BillError `interrupted` when the source breaks off or can't be unpacked
 */
export async function* unpackedBytes(source: ReadableStream<Uint8Array>): Chunks {
  const pieces = piecesOf(source);
  try {
    const first = await pieces.next();
    if (first.done) return;
    const whole = startingWith(first.value, pieces);
    yield* GZIP_MAGIC.every((byte, index) => first.value[index] === byte) ? gunzipped(whole) : whole;
  } catch {
    throw new BillError("interrupted", "the bill broke off, or can't be unpacked");
  } finally {
    await pieces.return();
  }
}

/** The source in small pieces, the first of which has at least the two bytes that tell what it is. */
async function* piecesOf(source: ReadableStream<Uint8Array>): Chunks {
  const reader = source.getReader();
  let held: Uint8Array = new Uint8Array();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      held = held.length === 0 ? part.value : Uint8Array.of(...held, ...part.value);
      if (held.length < GZIP_MAGIC.length) continue;
      for (let at = 0; at < held.length; at += PIECE_BYTES) yield held.slice(at, at + PIECE_BYTES);
      held = new Uint8Array();
    }
    if (held.length > 0) yield held.slice();
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function* startingWith(first: Chunk, rest: Chunks): Chunks {
  yield first;
  yield* rest;
}

/**
 * Unpacks as much as is asked for. Runtimes let a DecompressionStream take in everything that a pipe offers, however
 * slowly its output is read. So it is handed one piece after another, and only while the reader waits in vain.
 */
async function* gunzipped(packed: Chunks): Chunks {
  const { readable, writable } = new DecompressionStream("gzip");
  const [output, input] = [readable.getReader(), writable.getWriter()];
  let open = true;
  const feed = async (): Promise<void> => {
    const piece = await packed.next();
    open = piece.done !== true;
    await (piece.done ? input.close() : input.write(piece.value));
  };
  let feeding = Promise.resolve();
  try {
    for (;;) {
      const reading = output.read();
      while (open && (await isInVain(reading))) {
        feeding = feeding.then(feed);
        await Promise.race([feeding, reading]);
      }
      const part = await reading;
      if (part.done) return;
      yield new Uint8Array(part.value);
    }
  } finally {
    feeding.catch(() => undefined);
    await output.cancel().catch(() => undefined);
  }
}

/** Whether nothing has come after a turn of the event loop, in which all that was there already would have. */
async function isInVain(reading: Promise<unknown>): Promise<boolean> {
  let turn: ReturnType<typeof setTimeout> | undefined;
  const inVain = new Promise<true>((resolve) => {
    turn = setTimeout(resolve, 0, true);
  });
  try {
    return await Promise.race([inVain, reading.then(() => false)]);
  } finally {
    clearTimeout(turn);
  }
}
