/**
 * Whether a number is a multiple of another (JSON Schema 2020-12 validation section 6.2.1), by the digits of both: a
 * quotient of doubles makes 19.99 no multiple of 0.01, and 1e20 one of 3.
 * @param of above 0
 */
export function isMultipleOf(value: number, of: number): boolean {
  // The remainder of doubles is exact, and 15 digits cover what most numbers are.
  if (Number.isSafeInteger(value) && Number.isSafeInteger(of)) return value % of === 0;
  const [digits, exponent] = decimal(value);
  const [ofDigits, ofExponent] = decimal(of);
  const shift = exponent - ofExponent;
  return shift >= 0
    ? (digits * 10n ** BigInt(shift)) % ofDigits === 0n
    : digits % (ofDigits * 10n ** BigInt(-shift)) === 0n;
}

/** The number in as few digits as tell it from all others. Exponents of doubles are below 1000. */
function decimal(value: number): readonly [digits: bigint, exponent: number] {
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
}
