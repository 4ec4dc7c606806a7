import { scratch, written } from './bytes.ts';

const beyond = /[\x00\x80-\xff]/;
const hex = '0123456789abcdef';

/**
 * Sequences of UTF-8 become `%uHHHH`, which urlDecodeUni then maps. As the language has it: a NUL goes, so does a byte
 * that begins a sequence and is not continued; after an overlong form or a surrogate its first byte follows, so that
 * the finding is not lost.
 */
export function utf8toUnicode(value: string): string {
  if (!beyond.test(value)) return value;
  const { length } = value;
  // At most one escape (8 bytes) and one copy for each byte, as every sequence has two bytes at least.
  const target = scratch(length * 8);
  let at = 0;
  let index = 0;
  while (index < length) {
    const byte = value.charCodeAt(index);
    if (byte < 0x80) {
      if (byte !== 0) target[at++] = byte;
      index++;
      continue;
    }
    const size = byte >= 0xf8 || byte < 0xc0 ? 0 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    // 0xF5 and above begin nothing in RFC 3629, but are read all the same.
    if (size === 0 || byte >= 0xf5) target[at++] = byte;
    const code = size === 0 ? -1 : codePoint(value, index, size);
    if (code < 0) {
      index++;
      continue;
    }
    target[at++] = 0x25;
    target[at++] = 0x75;
    for (let shift = code > 0xfffff ? 20 : code > 0xffff ? 16 : 12; shift >= 0; shift -= 4)
      target[at++] = hex.charCodeAt((code >> shift) & 15);
    if (isSurrogate(code)) target[at++] = byte;
    if (isOverlong(code, size)) target[at++] = byte;
    index += size;
  }
  return written(target, at);
}

/** @returns -1 where the sequence is cut off or not continued */
function codePoint(value: string, index: number, size: number): number {
  if (index + size > value.length) return -1;
  let code = value.charCodeAt(index) & (0x7f >> size);
  for (let offset = 1; offset < size; offset++) {
    const byte = value.charCodeAt(index + offset);
    if ((byte & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (byte & 0x3f);
  }
  return code;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isOverlong(code: number, size: number): boolean {
  return code < (size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000);
}

/** RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. @returns whether every byte belongs to a good sequence */
export function isUtf8(value: string): boolean {
  if (!/[\x80-\xff]/.test(value)) return true;
  for (let index = 0; index < value.length; ) {
    const byte = value.charCodeAt(index);
    if (byte < 0x80) {
      index++;
      continue;
    }
    if (byte < 0xc2 || byte > 0xf4) return false;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    const code = codePoint(value, index, size);
    if (code < 0 || code > 0x10ffff || isSurrogate(code) || isOverlong(code, size)) return false;
    index += size;
  }
  return true;
}
