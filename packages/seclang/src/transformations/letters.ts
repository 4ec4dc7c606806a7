const upper = /[A-Z]/;
const beyondAscii = /[\x80-\xff]/;

/** ASCII alone: bytes from 0x80 on are parts of characters in an encoding that nobody knows here. */
export function lowercase(value: string): string {
  if (!upper.test(value)) return value;
  if (!beyondAscii.test(value)) return value.toLowerCase();
  return value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function uppercase(value: string): string {
  if (!/[a-z]/.test(value)) return value;
  if (!beyondAscii.test(value)) return value.toUpperCase();
  return value.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
