/** Text as GBK bytes: the inverse of the decoder that Node.js has, built from it. */

const LEADS = { first: 0x81, last: 0xfe };
const TRAILS = { first: 0x40, last: 0xfe };
const QUESTION_MARK = 0x3f;

/** By UTF-16 unit: the two bytes of a character, or 0. */
let codes: Uint16Array | undefined;

/** The text in GBK. Characters that it lacks become question marks. */
export function gbkBytes(text: string): Buffer {
  codes ??= table();
  const bytes = Buffer.allocUnsafe(text.length * 2);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    const code = codes[unit] ?? 0;
    if (code !== 0) length = bytes.writeUInt16BE(code, length);
    else if (!isLowSurrogate(unit)) length = bytes.writeUInt8(unit < 0x80 ? unit : QUESTION_MARK, length);
  }
  return bytes.subarray(0, length);
}

/** The second half of a character beyond U+FFFF, whose first half has become the question mark. */
function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function table(): Uint16Array {
  const decoder = new TextDecoder("gbk");
  const found = new Uint16Array(0x10000);
  for (let lead = LEADS.first; lead <= LEADS.last; lead += 1) {
    for (let trail = TRAILS.first; trail <= TRAILS.last; trail += 1) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      const unit = character.charCodeAt(0);
      if (character.length === 1 && character !== "\ufffd" && found[unit] === 0) found[unit] = (lead << 8) | trail;
    }
  }
  return found;
}
