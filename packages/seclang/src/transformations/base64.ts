import { scratch, written } from './bytes.ts';

/** 0 to 63 by byte, both alphabets of RFC 4648; -1 for the rest. */
const sextets = new Int8Array(256).fill(-1);
for (const [index, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries())
  sextets[character.charCodeAt(0)] = index;

const urlSafe = sextets.slice();
urlSafe[0x2d] = 62;
urlSafe[0x5f] = 63;

/** As far as it is base64: at the first byte that is none (`=` too) it ends. */
export function base64Decode(value: string): string {
  return decode(value, sextets, false);
}

/** Whatever is not of the alphabet, that of URLs included, is read over. */
export function base64DecodeExt(value: string): string {
  return decode(value, urlSafe, true);
}

function decode(value: string, alphabet: Int8Array, readsOver: boolean): string {
  const target = scratch(value.length);
  let at = 0;
  let bits = 0;
  let count = 0;
  for (let index = 0; index < value.length; index++) {
    const sextet = alphabet[value.charCodeAt(index)]!;
    if (sextet < 0) {
      if (readsOver) continue;
      break;
    }
    bits = ((bits << 6) | sextet) & 0xffffff;
    count++;
    if (count % 4 !== 1) target[at++] = (bits >> (6 - 2 * ((count - 1) % 4))) & 0xff;
  }
  const result = written(target, at);
  return result === value ? value : result;
}

export function base64Encode(value: string): string {
  return value === '' ? value : Buffer.from(value, 'latin1').toString('base64');
}
