import { sign } from 'node:crypto';
import { after, test } from 'node:test';
import { signatureOf } from '../../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { encode, p256, rsa, startTarget } from './target.ts';

/** Signatures that are none, and tokens of which two readers read different things. */

const target = await startTarget({ after });
const { made, refuses, claims } = target;

test('a good token passes', () => target.accepts(made()));

const order = Buffer.from('FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551', 'hex');
const zero = Buffer.alloc(32);
const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])]);

/** Psychic signatures (CVE-2022-21449) and their like: values that make a careless equation hold for any text. */
const points: readonly (readonly [what: string, r: Buffer, s: Buffer])[] = [
  ['r=s=0', zero, zero],
  ['r=0', zero, one],
  ['s=0', one, zero],
  ['r=s=1', one, one],
  ['r=s=n', order, order],
  ['r=n, s=1', order, one],
  ['all ones', Buffer.alloc(32, 255), Buffer.alloc(32, 255)],
];
for (const [what, r, s] of points) {
  test(`an ECDSA signature with ${what}`, async () => {
    const [header, payload] = made().split('.');
    await refuses(`${header}.${payload}.${Buffer.concat([r, s]).toString('base64url')}`, /signature-wrong/);
  });
}

test('an ECDSA signature in DER, and of other lengths', async () => {
  const [header, payload] = made().split('.');
  const signed = `${header}.${payload}`;
  const raw = signatureOf('ES256', p256, signed);
  const der = sign('sha256', Buffer.from(signed), p256.privateKey);
  const others: readonly Buffer[] = [
    der,
    raw.subarray(0, 63),
    Buffer.concat([raw, Buffer.alloc(1)]),
    Buffer.concat([Buffer.alloc(1), raw]),
    Buffer.concat([raw, raw]),
    raw.subarray(0, 32),
    Buffer.concat([raw.subarray(32), raw.subarray(0, 32)]),
    // For another curve: the same numbers with leading zeros.
    Buffer.concat([Buffer.alloc(16), raw.subarray(0, 32), Buffer.alloc(16), raw.subarray(32)]),
  ];
  for (const signature of others)
    await refuses(`${signed}.${signature.toString('base64url')}`, /signature-wrong/);
});

test('the other ECDSA signature of the same text is one too, and says the same', async () => {
  // s and n - s both hold: nothing may take the text of a token for its identity (RFC 7515 leaves that open).
  const [header, payload, signature] = made().split('.');
  const raw = Buffer.from(signature!, 'base64url');
  const s = BigInt(`0x${raw.subarray(32).toString('hex')}`);
  const other = (BigInt(`0x${order.toString('hex')}`) - s).toString(16).padStart(64, '0');
  const twin = Buffer.concat([raw.subarray(0, 32), Buffer.from(other, 'hex')]).toString('base64url');
  await target.accepts(`${header}.${payload}.${twin}`);
});

test('RSA signatures that are numbers and nothing else', async () => {
  const [header, payload] = made({}, {}, rsa, 'RS256').split('.');
  const modulus = Buffer.from(String(rsa.publicKey.export({ format: 'jwk' })['n']), 'base64url');
  const padded = Buffer.concat([Buffer.alloc(255), Buffer.from([1])]);
  for (const signature of [
    Buffer.alloc(256),
    padded,
    modulus,
    Buffer.alloc(256, 255),
    Buffer.alloc(1),
    Buffer.alloc(255),
    Buffer.alloc(512),
  ]) {
    await refuses(`${header}.${payload}.${signature.toString('base64url')}`, /signature-wrong/);
  }
});

test('a signature of another token', async () => {
  const [header, payload] = made({ sub: 'root' }).split('.');
  const { 2: signature } = made().split('.');
  await refuses(`${header}.${payload}.${signature}`, /signature-wrong/);
  const [, other] = made({ roles: ['admin'] }).split('.');
  await refuses(`${header}.${other}.${signature}`, /signature-wrong/);
});

/** One text for one value: else a token that was withdrawn, or counted, comes again under another spelling. */
const spellings: readonly (readonly [what: string, change: (part: string) => string])[] = [
  ['padding', (part) => `${part}=`],
  ['more padding', (part) => `${part}==`],
  ['a newline', (part) => `${part.slice(0, 4)}\n${part.slice(4)}`.replace('\n', '%0A')],
  ['a space', (part) => `${part.slice(0, 4)} ${part.slice(4)}`],
  ['the other alphabet', (part) => `${part.slice(0, -1)}+`],
  ['a slash', (part) => `${part.slice(0, -1)}/`],
  ['a character outside', (part) => `${part}!`],
  ['a tilde', (part) => `~${part}`],
  ['bits that nobody reads', looseBits],
];
for (const [what, change] of spellings) {
  for (const index of [0, 1, 2]) {
    test(`base64 with ${what} in part ${index + 1}`, async () => {
      // With lengths that leave bits over in each part.
      const parts = made({ pad: 'x' }, { pad: 'xy' }).split('.');
      parts[index] = change(parts[index]!);
      await refuses(parts.join('.'), /: (header|claims|signature)-base64$/);
    });
  }
}

/** Changes the last character in the bits that carry nothing, where there are any; else adds a character. */
function looseBits(part: string): string {
  const spare = (part.length * 6) % 8;
  if (spare === 0) return `${part}A`;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)!) ^ 1]!;
}

const shapes: readonly (readonly [what: string, change: (token: string) => string])[] = [
  ['a part more', (token) => `${token}.AAAA`],
  ['an empty part more', (token) => `${token}.`],
  ['no signature', (token) => token.slice(0, token.lastIndexOf('.') + 1)],
  ['no signature and no dot', (token) => token.slice(0, token.lastIndexOf('.'))],
  ['no header', (token) => token.slice(token.indexOf('.'))],
  ['nothing but dots', () => '..'],
  ['the payload twice', (token) => token.replace('.', `.${token.split('.')[1]}.`)],
  ['JSON serialisation', (token) => json(token)],
  ['two tokens', (token) => `${token},${token}`],
  ['two tokens with a space', (token) => `${token} ${token}`],
  ['quotes', (token) => `"${token}"`],
];
for (const [what, change] of shapes) {
  test(`a token with ${what}`, () => refuses(change(made()), /not-a-jws|base64|jwe-not-accepted/));
}

function json(token: string): string {
  const [header, payload, signature] = token.split('.');
  return JSON.stringify({ protected: header, payload, signature });
}

test('a detached payload', async () => {
  const [header, , signature] = made().split('.');
  await refuses(`${header}..${signature}`, /not-a-jws/);
});

test('a payload that is no JSON object', async () => {
  const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'ec' });
  for (const payload of [
    '',
    'null',
    '[]',
    '"x"',
    '7',
    '{',
    `${JSON.stringify(claims())} `.repeat(2),
    '\uFEFF{}',
  ]) {
    const signed = `${header}.${encode(payload)}`;
    const signature = signatureOf('ES256', p256, signed).toString('base64url');
    await refuses(`${signed}.${signature}`, /claims-(base64|json)|not-a-jws/);
  }
});
