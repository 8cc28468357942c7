/** Streams that unpack work in threads, too: for parties they unpack at once, when all has come. */
import { gunzipSync } from "node:zlib";
import { currentParty } from "./party.ts";

/** What parties get of DecompressionStream. Others get the real one. */
export function unpackAtOnce(): void {
  const real = globalThis.DecompressionStream;
  const value = new Proxy(real, {
    construct: (target, parameters, newTarget) => {
      const [format] = parameters;
      const isOurs = currentParty() !== undefined && format === "gzip";
      return isOurs ? gunzip() : Reflect.construct(target, parameters, newTarget);
    },
  });
  Object.defineProperty(globalThis, "DecompressionStream", { value, configurable: true, writable: true });
}

function gunzip(): TransformStream<Uint8Array, Uint8Array> {
  const pieces: Uint8Array[] = [];
  return new TransformStream({
    transform: (piece) => void pieces.push(piece),
    flush: (controller) => controller.enqueue(new Uint8Array(gunzipSync(Buffer.concat(pieces)))),
  });
}
