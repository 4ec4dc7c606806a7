import { hexPair, scratch, written } from '../transformations/bytes.ts';
import { writeUtf8 } from './utf8-bytes.ts';

const quote = 0x22;
const backslash = 0x5c;

/** @returns where the quote is that ends the string whose content begins at `from`; -1 if there is none */
export function stringEnd(body: string, from: number): number {
  const { length } = body;
  for (let at = from; at < length; at++) {
    const byte = body.charCodeAt(at);
    if (byte === quote) return at;
    if (byte === backslash) at++;
  }
  return -1;
}

/** By the byte behind the backslash. */
const escapes = new Uint8Array(256);
for (const [character, byte] of [
  ['"', quote],
  ['\\', backslash],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
] as const)
  escapes[character.charCodeAt(0)] = byte;

const control = /[\x00-\x1f]/;
const replacement = 0xfffd;

export interface JsonString {
  readonly text: string;
  readonly fault: string | undefined;
}

/**
 * The content of a string as UTF-8 (RFC 8259 section 7). What is no JSON in it has a fault and is left as it is; half a
 * surrogate pair (section 8.2), which some readers replace and some refuse, becomes U+FFFD.
 */
export function unescapeString(raw: string): JsonString {
  let fault = control.test(raw) ? 'a string has a control character' : undefined;
  if (!raw.includes('\\')) return { text: raw, fault };
  const { length } = raw;
  const target = scratch(length);
  let at = 0;
  for (let index = 0; index < length; index++) {
    const byte = raw.charCodeAt(index);
    if (byte !== backslash) {
      target[at++] = byte;
      continue;
    }
    const next = index + 1 < length ? raw.charCodeAt(index + 1) : 0;
    const plain = escapes[next]!;
    if (plain !== 0) {
      target[at++] = plain;
      index++;
      continue;
    }
    let code = next === 0x75 ? codeUnit(raw, index) : -1;
    if (code < 0) {
      fault ??= 'a string has an unknown escape';
      target[at++] = byte;
      continue;
    }
    index += 5;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 ? codeUnit(raw, index + 1) : -1;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        index += 6;
      } else {
        fault ??= 'a string has half a surrogate pair';
        code = replacement;
      }
    }
    at = writeUtf8(code, target, at);
  }
  return { text: written(target, at), fault };
}

/** Of `\uHHHH` at `index`; -1 if it is none. */
function codeUnit(raw: string, index: number): number {
  if (index + 6 > raw.length || raw.charCodeAt(index) !== backslash || raw.charCodeAt(index + 1) !== 0x75)
    return -1;
  const high = hexPair(raw, index + 2);
  const low = hexPair(raw, index + 4);
  return high < 0 || low < 0 ? -1 : high * 256 + low;
}
