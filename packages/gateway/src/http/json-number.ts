/** Digits that tell every double from all others. */
const everyDouble = 17;

/**
 * Whether a double holds a number (RFC 8259 section 6): a whole one to the last digit; of others at most as many digits as
 * tell every double from all others, so that those that programs write pass, and neither infinite nor zero where it is not.
 * @param text a number in JSON
 * @param isWhole without fraction and exponent
 */
export function isExact(text: string, isWhole: boolean): boolean {
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  if (isWhole) return Number.isSafeInteger(value) || BigInt(text) === BigInt(value);
  const digits = significantDigits(text);
  return value === 0 ? digits === 0 : digits <= everyDouble;
}

/** Of what stands before the exponent, without zeros at either end. */
function significantDigits(text: string): number {
  let digits = 0;
  let zeros = 0;
  for (const char of text) {
    if (char === '.' || char === '-') continue;
    if (char === 'e' || char === 'E') break;
    if (char !== '0') {
      digits += zeros + 1;
      zeros = 0;
    } else if (digits > 0) zeros++;
  }
  return digits;
}
