import { copy, hexPair, scratch, unicodeQuad, written } from './bytes.ts';

const encoded = /[%+]/;

/** application/x-www-form-urlencoded; a `%` that begins no encoding stays. */
export function urlDecode(value: string): string {
  return decode(value, false);
}

/** The same, and `%uHHHH` as IIS takes it: the lower byte, where full-width forms become ASCII. */
export function urlDecodeUni(value: string): string {
  return decode(value, true);
}

function decode(value: string, unicode: boolean): string {
  let index = value.search(encoded);
  if (index < 0) return value;
  const { length } = value;
  const target = scratch(length);
  let at = copy(value, 0, index, target, 0);
  let isChanged = false;
  while (index < length) {
    const byte = value.charCodeAt(index);
    let decoded = -1;
    let size = 1;
    if (byte === 0x2b) decoded = 0x20;
    else if (byte === 0x25) {
      size = 3;
      decoded = hexPair(value, index + 1);
      if (decoded < 0 && unicode && (value.charCodeAt(index + 1) | 0x20) === 0x75) {
        size = 6;
        decoded = unicodeQuad(value, index + 2);
      }
    }
    if (decoded < 0) {
      target[at++] = byte;
      index++;
    } else {
      target[at++] = decoded;
      index += size;
      isChanged = true;
    }
  }
  return isChanged ? written(target, at) : value;
}

const hex = '0123456789abcdef';

/** Everything but ASCII letters, digits and `*`; a blank becomes `+`. */
export function urlEncode(value: string): string {
  if (!/[^0-9A-Za-z*]/.test(value)) return value;
  const target = scratch(value.length * 3);
  let at = 0;
  for (let index = 0; index < value.length; index++) {
    const byte = value.charCodeAt(index);
    if (byte === 0x20) target[at++] = 0x2b;
    else if (isPlain(byte)) target[at++] = byte;
    else {
      target[at++] = 0x25;
      target[at++] = hex.charCodeAt(byte >> 4);
      target[at++] = hex.charCodeAt(byte & 15);
    }
  }
  return written(target, at);
}

function isPlain(byte: number): boolean {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2a;
}
