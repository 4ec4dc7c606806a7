/**
 * Whether numbers are multiples of another (JSON Schema 2020-12 validation section 6.2.1), by the digits of both: a
 * quotient of doubles makes 19.99 no multiple of 0.01, and 1e20 one of 3.
 * @param of above 0
 * @param onSlow told before a number is looked at that takes microseconds: one of many digits or a large exponent
 */
export function multiplesOf(of: number, onSlow: () => void): (value: number) => boolean {
  const places = placesOf(of);
  if (places === undefined) return (value) => isMultipleByDigits(value, of, onSlow);
  const scale = 10 ** places;
  const unit = Math.round(of * scale);
  return (value) => {
    const scaled = Math.round(value * scale);
    if (Math.abs(scaled) >= exact) return isMultipleByDigits(value, of, onSlow);
    // Both are whole, so that the quotient is the double nearest to the decimal: the number has no more places than that.
    return scaled / scale === value && scaled % unit === 0;
  };
}

/** Below it each decimal has a double of its own. */
const exact = 1e15;

/** Decimal places of a number, where its digits without the point are few and powers of ten exact. */
function placesOf(of: number): number | undefined {
  for (let places = 0; places <= 15; places++) {
    const unit = Math.round(of * 10 ** places);
    if (unit >= exact) return undefined;
    if (unit > 0 && unit / 10 ** places === of) return places;
  }
  return undefined;
}

/** The plain way, for all numbers. */
export function isMultipleByDigits(value: number, of: number, onSlow: () => void = () => {}): boolean {
  onSlow();
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
