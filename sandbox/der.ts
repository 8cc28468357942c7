/** The few DER encodings a certificate consists of (ITU-T X.690). */

/** One element: tag, length, content. */
export function element(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export function sequence(...items: Buffer[]): Buffer {
  return element(0x30, ...items);
}

export function set(...items: Buffer[]): Buffer {
  return element(0x31, ...items);
}

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  const negative = (bytes[0] ?? 0) >= 0x80;
  return element(0x02, negative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** An object identifier from its dotted text. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

export function utf8(text: string): Buffer {
  return element(0x0c, Buffer.from(text, "utf8"));
}

export function printable(text: string): Buffer {
  return element(0x13, Buffer.from(text, "ascii"));
}

/** UTCTime, good for the years 1950 to 2049. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, "").slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`, "ascii"));
}

/** A bit string of whole bytes. */
export function bitString(bytes: Buffer): Buffer {
  return element(0x03, Buffer.from([0]), bytes);
}

export function nothing(): Buffer {
  return element(0x05);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift((rest % 128) | 0x80);
  return bytes;
}
