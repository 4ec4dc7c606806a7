import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * Cost of a new hash: 2^15 blocks of 1 KiB three times over, 32 MiB and about 0.3 s of one processor. The parameters stand
 * in each hash, so that they can be raised without ending the passwords there are. (OWASP Password Storage Cheat Sheet.)
 */
export interface PasswordCost {
  /** Logarithm of N of RFC 7914. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

export const usualCost: PasswordCost = { logN: 15, r: 8, p: 3 };

const hashBytes = 32;
const saltBytes = 16;
/** What stands in a database is not let make us spend more than this. */
const mostMemory = 256 * 1_048_576;

/** @returns `$scrypt$ln=15,r=8,p=3$SALT$HASH`, both in base64 without padding */
export async function hashPassword(password: string, cost: PasswordCost = usualCost): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(password, salt, cost);
  return `$scrypt$ln=${cost.logN},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(hash)}`;
}

/** Takes as long for a wrong password as for the right one. @throws Error when `stored` is no such hash */
export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const parts = shape.exec(stored);
  if (parts === null) throw new Error('a stored password is no scrypt hash');
  const [, logN, r, p, salt, hash] = parts;
  const expected = Buffer.from(hash!, 'base64');
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt!, 'base64'), cost);
  return expected.length === hashBytes && timingSafeEqual(derived, expected);
}

/** A hash that no password fits, which costs as much to compare with: for users who do not exist. */
export function unmatchedHash(cost: PasswordCost = usualCost): string {
  const salt = encode(randomBytes(saltBytes));
  return `$scrypt$ln=${cost.logN},r=${cost.r},p=${cost.p}$${salt}$${encode(randomBytes(hashBytes))}`;
}

const shape =
  /^\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/;

/** The same password typed on another system may be composed differently (NIST SP 800-63B section 3.1.1.2). */
function derive(password: string, salt: Buffer, { logN, r, p }: PasswordCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: 2 ** logN, r, p, maxmem: mostMemory };
    scrypt(password.normalize('NFC'), salt, hashBytes, options, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
