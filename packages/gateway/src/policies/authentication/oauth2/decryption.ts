import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type Rejected, rejected } from '../authenticator.ts';
import { decodeObject } from '../jwt/token.ts';
import type { DecryptionConfig } from '../token-schema.ts';

interface DecryptionKey {
  readonly kid: string | undefined;
  readonly key: KeyObject;
}

/** Loaded where there are keys to decrypt with. */
let jose: Promise<typeof import('jose/jwe/compact/decrypt')> | undefined;

/** RFC 7518 section 4.3. */
const shortestRsa = 2048;
const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const defaultAlgorithms = ['RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'] as const;
const defaultEncryptions = ['A128GCM', 'A256GCM', 'A128CBC-HS256', 'A256CBC-HS512'] as const;

/**
 * Takes tokens out of their encryption (RFC 7516). That says nothing of who made one, as anybody can encrypt for a public
 * key: what comes out is judged like a token that came as it is.
 */
export class Decryption {
  readonly #keys: readonly DecryptionKey[];
  readonly #algorithms: readonly string[];
  readonly #encryptions: readonly string[];

  /** @throws Error when a key is none that tokens can be encrypted for; the message has nothing of it */
  constructor({ key, algorithms, encryptions }: DecryptionConfig) {
    this.#keys = [key].flat().map(readKey);
    jose ??= import('jose/jwe/compact/decrypt');
    this.#algorithms = algorithms ?? defaultAlgorithms;
    this.#encryptions = encryptions ?? defaultEncryptions;
  }

  /** @param token in five parts, of bounded length */
  async decrypt(token: string): Promise<string | Rejected> {
    const header = decodeObject(token.slice(0, token.indexOf('.')));
    if (typeof header === 'string') return rejected(`jwe-header-${header}`);
    const { alg, enc, kid } = header;
    if (Object.hasOwn(header, 'crit')) return rejected('jwe-crit-unknown');
    // What is short on the wire could take up any amount of memory (RFC 8725 section 3.6).
    if (Object.hasOwn(header, 'zip')) return rejected('jwe-compressed');
    if (typeof alg !== 'string' || !this.#algorithms.includes(alg)) return rejected('jwe-alg-not-accepted');
    if (typeof enc !== 'string' || !this.#encryptions.includes(enc)) return rejected('jwe-enc-not-accepted');
    const possible = this.#keys.filter(
      (each) => fits(each.key, alg) && (kid === undefined || each.kid === undefined || each.kid === kid),
    );
    if (possible.length === 0) return rejected('jwe-no-key-fits');
    for (const { key } of possible) {
      const plaintext = await this.#tryKey(token, key);
      if (plaintext !== undefined) return plaintext;
    }
    return rejected('jwe-not-for-us');
  }

  async #tryKey(token: string, key: KeyObject): Promise<string | undefined> {
    try {
      const { compactDecrypt } = await jose!;
      const { plaintext } = await compactDecrypt(token, key, {
        keyManagementAlgorithms: [...this.#algorithms],
        contentEncryptionAlgorithms: [...this.#encryptions],
        maxDecompressedLength: 0,
      });
      return Buffer.from(plaintext).toString('latin1');
    } catch {
      // Why it failed is told to nobody: differences are what padding oracles are made of.
      return undefined;
    }
  }
}

/** The kind of a key decides, not the header alone (RFC 8725 section 3.1). */
function fits({ asymmetricKeyType: type }: KeyObject, alg: string): boolean {
  return alg.startsWith('RSA') ? type === 'rsa' : type === 'ec' || type === 'x25519';
}

function readKey(text: string): DecryptionKey {
  const { key, kid } = parseKey(text);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) < shortestRsa)
      throw new Error('decryption.key: an RSA key must have 2048 bits or more');
  } else if (type !== 'x25519' && !(type === 'ec' && curves.has(details?.namedCurve ?? '')))
    throw new Error('decryption.key: expected an RSA key, one on P-256, P-384 or P-521, or an X25519 key');
  return { key, kid };
}

function parseKey(text: string): DecryptionKey {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text), kid: undefined };
    const jwk = JSON.parse(text) as Record<string, unknown>;
    const { kid } = jwk;
    return {
      key: createPrivateKey({ key: jwk, format: 'jwk' }),
      kid: typeof kid === 'string' ? kid : undefined,
    };
  } catch {
    throw new Error('decryption.key: expected a private key, PKCS #8 in PEM or a JWK');
  }
}
