import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createCounterMemory } from '../../../counters/counter-memory.ts';
import { SharedCounters } from '../../../counters/shared-counters.ts';
import { type ExchangeParts, exchange, type TestExchange } from '../../../testing/exchange.ts';
import { ed25519, encode, jwk, type KeyPair, p256, rsa, token } from '../jwt/testing/issuer.ts';
import type { Confirmation } from './confirmation.ts';
import { DpopNonces } from './dpop-nonce.ts';
import { isTarget, ProofJudge, type ProofSettings } from './dpop-proof.ts';
import { type ProofParts, proof, thumbprint } from './testing/proof.ts';

const now = 1_700_000_000;
const accessToken = 'the-access-token';
const url = 'https://api.example.com/orders/7';
const bound = (pair: KeyPair = p256): Confirmation => ({
  jkt: thumbprint(pair),
  x5t: undefined,
  key: undefined,
});

interface Opened {
  readonly judge: (
    fields: Readonly<Record<string, string | string[]>>,
    at?: { readonly now?: number; readonly confirmation?: Confirmation; readonly parts?: ExchangeParts },
  ) => string;
  /** The exchange of the last call. */
  readonly last: () => TestExchange;
  readonly fields: () => readonly string[];
  readonly advance: (milliseconds: number) => void;
}

function opened(more: Partial<ProofSettings> = {}): Opened {
  let clock = now * 1000;
  const judge = new ProofJudge({
    algorithms: ['ES256', 'RS256', 'EdDSA'],
    proofAge: 60_000,
    nonces: undefined,
    counters: new SharedCounters(createCounterMemory(65_536), () => clock * 1000),
    ...more,
  });
  let last = exchange();
  let fields: readonly string[] = [];
  return {
    judge(given, at = {}) {
      last = exchange('GET /orders/7?page=2', { fields: given, ...at.parts });
      const outcome = judge.judge(last, accessToken, at.confirmation ?? bound(), at.now ?? clock);
      fields = outcome?.fields ?? [];
      return outcome === undefined ? 'good' : outcome.reason;
    },
    last: () => last,
    fields: () => fields,
    advance: (milliseconds) => {
      clock += milliseconds;
    },
  };
}

const made = (parts: ProofParts = {}, pair: KeyPair = p256): Record<string, string> => ({
  dpop: proof(pair, `GET ${url}`, accessToken, now, parts),
});

test('a proof for this request by the key of the token', () => {
  const { judge } = opened();
  assert.equal(judge(made()), 'good');
  assert.equal(judge(made({ algorithm: 'EdDSA' }, ed25519), { confirmation: bound(ed25519) }), 'good');
  assert.equal(judge(made({ algorithm: 'RS256' }, rsa), { confirmation: bound(rsa) }), 'good');
});

const evil: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const vectors: readonly (readonly [
  what: string,
  fields: Readonly<Record<string, string | string[]>>,
  reason: string,
])[] = [
  ['none', {}, 'dpop-proof-missing'],
  ['two', { dpop: [made()['dpop']!, made()['dpop']!] }, 'dpop-proof-twice'],
  ['one that is too long', { dpop: 'a'.repeat(8193) }, 'dpop-proof-too-long'],
  ['no JWS', { dpop: 'x' }, 'dpop-proof-not-a-jws'],
  ['a broken JWS', { dpop: 'a.b.c' }, 'dpop-proof-header-base64'],
  ['an access token', made({ header: { typ: 'at+jwt' } }), 'dpop-proof-typ'],
  ['no typ', made({ header: { typ: undefined } }), 'dpop-proof-typ'],
  ['typ in capitals', made({ header: { typ: 'DPoP+JWT' } }), 'dpop-proof-typ'],
  ['crit', made({ header: { crit: ['x'], x: 1 } }), 'dpop-proof-crit-unknown'],
  ['another algorithm', made({ header: { alg: 'ES384' } }), 'dpop-proof-alg-not-accepted'],
  ['alg none', made({ header: { alg: 'none' } }), 'dpop-proof-alg-not-accepted'],
  ['alg HS256', made({ header: { alg: 'HS256' } }), 'dpop-proof-alg-not-accepted'],
  ['an algorithm of another kind of key', made({ header: { alg: 'RS256' } }), 'dpop-proof-jwk'],
  ['no key', made({ header: { jwk: undefined } }), 'dpop-proof-jwk'],
  ['a private key', made({ header: { jwk: p256.privateKey.export({ format: 'jwk' }) } }), 'dpop-proof-jwk'],
  ['a symmetric key', made({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }), 'dpop-proof-jwk'],
  ['the key of somebody else', made({}, evil), 'dpop-proof-other-key'],
  [
    'the right key, signed by another',
    made({ header: { jwk: jwk(p256) } }, evil),
    'dpop-proof-signature-wrong',
  ],
  ['another method', made({ claims: { htm: 'POST' } }), 'dpop-proof-htm'],
  ['a method in lower case', made({ claims: { htm: 'get' } }), 'dpop-proof-htm'],
  ['no method', made({ claims: { htm: undefined } }), 'dpop-proof-htm'],
  ['another path', made({ claims: { htu: 'https://api.example.com/orders/8' } }), 'dpop-proof-htu'],
  ['no URL', made({ claims: { htu: undefined } }), 'dpop-proof-htu'],
  ['no jti', made({ claims: { jti: undefined } }), 'dpop-proof-jti'],
  ['an empty jti', made({ claims: { jti: '' } }), 'dpop-proof-jti'],
  ['a jti that is too long', made({ claims: { jti: 'a'.repeat(257) } }), 'dpop-proof-jti'],
  ['a jti that is no text', made({ claims: { jti: 7 } }), 'dpop-proof-jti'],
  ['no iat', made({ claims: { iat: undefined } }), 'dpop-proof-iat'],
  ['an iat that is a text', made({ claims: { iat: String(now) } }), 'dpop-proof-iat'],
  ['an old one', made({ claims: { iat: now - 61 } }), 'dpop-proof-old'],
  ['one of the future', made({ claims: { iat: now + 6 } }), 'dpop-proof-in-future'],
  ['another access token', made({ claims: { ath: 'x' } }), 'dpop-proof-ath'],
  ['no access token', made({ claims: { ath: undefined } }), 'dpop-proof-ath'],
];
for (const [what, fields, reason] of vectors) {
  test(`a proof: ${what}`, () => assert.equal(opened().judge(fields), reason));
}

/** The public key as the secret of an HMAC. */
test('key confusion', () => {
  const { judge } = opened({ algorithms: ['ES256'] });
  const der = p256.publicKey.export({ type: 'spki', format: 'der' });
  for (const alg of ['HS256', 'ES256']) {
    const signed = `${encode({ typ: 'dpop+jwt', alg, jwk: jwk(p256) })}.${made()['dpop']!.split('.')[1]}`;
    const mac = createHmac('sha256', der).update(signed).digest('base64url');
    const expected = alg === 'HS256' ? 'dpop-proof-alg-not-accepted' : 'dpop-proof-signature-wrong';
    assert.equal(judge({ dpop: `${signed}.${mac}` }), expected);
  }
});

test('the proof at the edges of its time', () => {
  assert.equal(opened().judge(made({ claims: { iat: now - 60 } })), 'good');
  assert.equal(opened().judge(made({ claims: { iat: now + 5 } })), 'good');
});

test('a proof is good once, for as long as it would be good at all', () => {
  const { judge, advance } = opened();
  const once = made({ claims: { iat: now + 5 } });
  assert.equal(judge(once), 'good');
  for (let second = 0; second < 65; second += 5) {
    assert.equal(judge(once), 'dpop-proof-replayed', `after ${second} s`);
    advance(5_000);
  }
  advance(1_000);
  assert.equal(judge(once), 'dpop-proof-old');
});

test('the same jti by another key is another proof', () => {
  const { judge } = opened();
  const claims = { jti: 'same' };
  assert.equal(judge(made({ claims })), 'good');
  assert.equal(judge(made({ claims, algorithm: 'RS256' }, rsa), { confirmation: bound(rsa) }), 'good');
  assert.equal(judge(made({ claims })), 'dpop-proof-replayed');
});

test('what is refused takes up no place', () => {
  const { judge } = opened();
  const claims = { jti: 'same' };
  assert.equal(judge(made({ claims: { ...claims, htm: 'POST' } })), 'dpop-proof-htm');
  assert.equal(judge({ dpop: `${made({ claims })['dpop']!.slice(0, -3)}AAA` }), 'dpop-proof-signature-wrong');
  assert.equal(judge(made({ claims })), 'good');
});

test('threads share what was used', () => {
  const memory = createCounterMemory(65_536);
  const [one, other] = [1, 2].map(() => opened({ counters: new SharedCounters(memory) }));
  const once = made();
  assert.equal(one!.judge(once), 'good');
  assert.equal(other!.judge(once), 'dpop-proof-replayed');
});

test('with nonces a proof needs one, and is told it', () => {
  const nonces = new DpopNonces(Buffer.alloc(32, 1));
  const { judge, fields, last } = opened({ nonces });
  const nonce = nonces.current(now * 1000);
  assert.equal(judge(made()), 'dpop-nonce-missing');
  assert.deepEqual(fields(), ['dpop-nonce', nonce]);
  assert.equal(judge(made({ claims: { nonce: 'x' } })), 'dpop-nonce-unknown');
  assert.deepEqual(fields(), ['dpop-nonce', nonce]);
  assert.equal(judge(made({ claims: { nonce: 7 } })), 'dpop-nonce-unknown');
  assert.equal(judge(made({ claims: { nonce } })), 'good');
  assert.equal(last().addedReplyField('dpop-nonce'), undefined);
  const later = { now: now * 1000 + 120_000 };
  const iat = now + 120;
  assert.equal(judge(made({ claims: { nonce, iat } }), later), 'good');
  assert.equal(last().addedReplyField('dpop-nonce'), nonces.current(later.now), 'the next one in good time');
});

const targets: readonly (readonly [htu: string, matches: boolean, parts?: ExchangeParts])[] = [
  ['https://api.example.com/orders/7', true],
  ['https://api.example.com/orders/7?page=3', true],
  ['https://api.example.com/orders/7#part', true],
  ['HTTPS://API.Example.COM/orders/7', true],
  ['https://api.example.com:443/orders/7', true],
  ['https://api.example.com/%6Frders/7', true],
  ['https://api.example.com./orders/7', true],
  ['https://api.example.com:8443/orders/7', false],
  ['https://api.example.com:8443/orders/7', true, { authority: 'api.example.com:8443' }],
  ['https://api.example.com/orders/7', true, { authority: 'api.example.com:443' }],
  ['http://api.example.com/orders/7', false],
  ['http://api.example.com/orders/7', true, { scheme: 'http' }],
  ['http://api.example.com:80/orders/7', true, { scheme: 'http' }],
  ['https://api.example.com/orders/7/', false],
  ['https://api.example.com/Orders/7', false],
  ['https://api.example.com/orders/8/../7', false],
  ['https://api.example.com//orders/7', false],
  ['https://user@api.example.com/orders/7', false],
  ['https://evil.example/orders/7', false],
  ['/orders/7', false],
  ['https://api.example.com', false],
  ['', false],
  [`https://api.example.com/${'a'.repeat(9000)}`, false],
];
for (const [htu, matches, parts] of targets) {
  test(`htu ${htu.slice(0, 60)} for ${parts?.scheme ?? 'https'} ${parts?.authority ?? ''}: ${matches}`, () =>
    assert.equal(isTarget(htu, exchange('GET /orders/7?page=2', parts)), matches));
}

test('a proof is not kept longer than the key that it names', () => {
  const confirmation = bound();
  const { judge } = opened();
  assert.equal(judge(made(), { confirmation }), 'good');
  assert.ok(confirmation.key !== undefined, 'the key is remembered');
  assert.equal(judge(made({}, evil), { confirmation }), 'dpop-proof-other-key');
  const swapped = token(evil, { typ: 'dpop+jwt', alg: 'ES256', jwk: jwk(p256) }, {});
  assert.equal(judge({ dpop: swapped }, { confirmation }), 'dpop-proof-jti');
});
