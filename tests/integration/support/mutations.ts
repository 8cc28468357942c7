/** What becomes of bytes on their way: by accident, by careless software in between, or by somebody who tries. */

import fc from "fast-check";
import { gzipSync } from "fflate";

/** The numbers that one mutation draws. */
const draws = fc.record({
  /** Where, in millionths of the whole. */
  at: fc.nat(999_999),
  to: fc.nat(999_999),
  length: fc.integer({ min: 1, max: 48 }),
  byte: fc.integer({ min: 1, max: 255 }),
  text: fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
  /** Which other callback is mixed in. */
  other: fc.nat(),
});
export type Draws = typeof draws extends fc.Arbitrary<infer T> ? T : never;

export type Mutation = (body: Uint8Array, drawn: Draws, other: Uint8Array) => Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const placeOf = (body: Uint8Array, millionths: number) => Math.floor((body.length * millionths) / 1_000_000);

/** Changes text, which the body is. */
export const asText =
  (change: (text: string, drawn: Draws) => string): Mutation =>
  (body, drawn) =>
    encoder.encode(change(decoder.decode(body), drawn));

/** Puts something in place of so many bytes. */
const replaced = (body: Uint8Array, at: number, length: number, by: Uint8Array) =>
  joined(body.subarray(0, at), by, body.subarray(at + length));

/** Of whatever a body is made. */
export const BYTES: Readonly<Record<string, Mutation>> = {
  flip: (body, { at, byte }) => {
    const place = placeOf(body, at);
    return replaced(body, place, 1, Uint8Array.of((body[place] ?? 0) ^ (1 << (byte % 8))));
  },
  overwrite: (body, { at, byte }) => replaced(body, placeOf(body, at), 1, Uint8Array.of(byte)),
  truncate: (body, { at }) => body.subarray(0, placeOf(body, at)),
  behead: (body, { at }) => body.subarray(placeOf(body, at)),
  cut: (body, { at, length }) => replaced(body, placeOf(body, at), length, new Uint8Array()),
  insert: (body, { at, text }) => replaced(body, placeOf(body, at), 0, encoder.encode(text)),
  append: (body, { text }) => joined(body, encoder.encode(text)),
  repeat: (body, { at, to, length }) => {
    const from = placeOf(body, to);
    return replaced(body, placeOf(body, at), 0, body.subarray(from, from + length));
  },
  twice: (body) => joined(body, body),
  splice: (body, { at }, other) => joined(body.subarray(0, placeOf(body, at)), other.subarray(placeOf(other, at))),
  "bytes of another": (body, { at, length }, other) => {
    const place = placeOf(body, at);
    return replaced(body, place, length, other.subarray(place, place + length));
  },
  packed: (body) => gzipSync(body),
  "byte order mark": (body) => joined(Uint8Array.of(0xef, 0xbb, 0xbf), body),
  "UTF-16": (body) => Uint8Array.from([...body].flatMap((byte) => [byte, 0])),
  "Latin letters in another case": asText((text, { at }) => {
    const place = Math.floor((text.length * at) / 1_000_000);
    const letter = text.charAt(place);
    const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
    return text.slice(0, place) + other + text.slice(place + 1);
  }),
  "percent signs": asText((text, { at }) => {
    const place = Math.floor((text.length * at) / 1_000_000);
    const code = text.charCodeAt(place).toString(16).padStart(2, "0");
    return `${text.slice(0, place)}%${code.slice(-2)}${text.slice(place + 1)}`;
  }),
  "digits full-width": asText((text, { at }) => {
    const place = text.search(/\d/) + (at % 7);
    const digit = text.charAt(place);
    return /\d/.test(digit) ? text.replace(digit, String.fromCharCode(digit.charCodeAt(0) + 0xfee0)) : text;
  }),
  "numbers huge": asText((text, { at }) => {
    let left = at % 9;
    return text.replaceAll(/\d{2,}/g, (number) => (left-- === 0 ? number.repeat(12) : number));
  }),
  spaces: asText((text, { at }) => text.replaceAll(at % 2 === 0 ? "," : "&", (mark) => `${mark} `)),
  "all escaped": asText((text) => encodeURIComponent(text)),
};

/** One of these, and what it draws. */
export const oneOf = <T>(mutations: Readonly<Record<string, T>>) =>
  fc.record({ kind: fc.constantFrom(...Object.keys(mutations)), base: fc.nat(), drawn: draws });
