/**
 * RSA keys of a widely used smart card library, whose private key can be computed from the public one: "The Return of
 * Coppersmith's Attack" (Nemec and others, CCS 2017), CVE-2017-15361. Their primes are all powers of 65537 modulo many
 * small primes at once, and so is the modulus; another key is like that once in some hundred million times.
 */

/** Those of the paper's small primes modulo which the powers of 65537 leave something out. */
const primes = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

const powers: readonly (readonly [prime: bigint, powers: ReadonlySet<bigint>])[] = primes.map((prime) => {
  const found = new Set<bigint>();
  for (let power = 1; !found.has(BigInt(power)); power = (power * 65_537) % prime) found.add(BigInt(power));
  return [BigInt(prime), found];
});

/** Whether an RSA modulus has the form of those keys. */
export function isRoca(modulus: bigint): boolean {
  return powers.every(([prime, found]) => found.has(modulus % prime));
}
