import { scratch, written } from './bytes.ts';

/** Whether an odd number of its bits is set, by byte. */
const isOdd = new Uint8Array(256);
for (let byte = 1; byte < 256; byte++) isOdd[byte] = isOdd[byte >> 1]! ^ (byte & 1);

/** The upper bit is set where the number of set bits is odd, and cleared elsewhere. */
export function parityEven7bit(value: string): string {
  return map(value, (byte) => (isOdd[byte] === 1 ? byte | 0x80 : byte & 0x7f));
}

export function parityOdd7bit(value: string): string {
  return map(value, (byte) => (isOdd[byte] === 1 ? byte & 0x7f : byte | 0x80));
}

export function parityZero7bit(value: string): string {
  return /[\x80-\xff]/.test(value) ? map(value, (byte) => byte & 0x7f) : value;
}

function map(value: string, change: (byte: number) => number): string {
  const target = scratch(value.length);
  let isChanged = false;
  for (let index = 0; index < value.length; index++) {
    const byte = value.charCodeAt(index);
    const changed = change(byte);
    target[index] = changed;
    isChanged ||= changed !== byte;
  }
  return isChanged ? written(target, value.length) : value;
}
