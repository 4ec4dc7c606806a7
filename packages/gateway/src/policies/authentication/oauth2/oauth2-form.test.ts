import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { CompactEncrypt } from 'jose';
import type { Principal } from '../../../exchange.ts';
import {
  type ExchangeParts,
  environment,
  exchange,
  type TestEnvironment,
} from '../../../testing/exchange.ts';
import type { Rejected } from '../authenticator.ts';
import { proof, thumbprint } from '../binding/testing/proof.ts';
import { Credential, type TokenScheme } from '../credential.ts';
import { jwk, keySet, p256, rsa, token } from '../jwt/testing/issuer.ts';
import type { Oauth2Config } from '../token-schema.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import { oauth2Authenticator } from './open.ts';
import { type IssuerServer, issuerServer, wellKnown } from './testing/issuer-server.ts';

interface Opened {
  readonly authenticator: TokenAuthenticator;
  readonly within: TestEnvironment;
  readonly server: IssuerServer;
  readonly claims: (more?: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** A token that is good, but for what a test changes. */
  readonly made: (
    more?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ) => string;
  /** The subject of an accepted token, or why it was not accepted. */
  readonly verify: (text: string, scheme?: TokenScheme, parts?: ExchangeParts) => Promise<string>;
}

const keys = keySet(jwk(p256, { kid: 'p' }), jwk(rsa, { kid: 'r' }));
const introspection = { clientId: 'gateway', clientSecret: 'secret' };

async function opened(t: TestContext, more: Partial<Oauth2Config> = {}): Promise<Opened> {
  const server = await issuerServer(t, keys);
  const within = environment();
  t.after(() => within.close());
  const config: Oauth2Config = { issuer: server.issuer, audience: 'orders', ...more };
  const authenticator = oauth2Authenticator('customers', config, within);
  const claims = (changes = {}): Record<string, unknown> => ({
    iss: server.issuer,
    aud: 'orders',
    sub: 'alice',
    client_id: 'app',
    exp: within.now() / 1000 + 600,
    ...changes,
  });
  return {
    authenticator,
    within,
    server,
    claims,
    made: (changes = {}, header = {}) =>
      token(p256, { alg: 'ES256', typ: 'at+jwt', kid: 'p', ...header }, claims(changes)),
    verify: async (text, scheme = 'Bearer', parts = {}) =>
      read(await authenticator.verify(new Credential(text, scheme), exchange('GET /', parts))),
  };
}

function read(outcome: Principal | Rejected): string {
  if (outcome.kind !== 'rejected') return outcome.subject;
  return outcome.unavailable === true ? `${outcome.reason}, unavailable` : outcome.reason;
}

test('a token is judged by what is found out from the issuer alone', async (t) => {
  const { verify, made, server } = await opened(t);
  assert.equal(await verify(made()), 'alice');
  assert.equal(await verify(made({ sub: 'bob' })), 'bob');
  assert.deepEqual(server.asked, [wellKnown.oauth, '/jwks']);
});

const types: readonly (readonly [
  configured: readonly string[] | undefined,
  typ: string | undefined,
  good: boolean,
])[] = [
  [undefined, 'at+jwt', true],
  [undefined, 'application/at+jwt', true],
  [undefined, 'AT+JWT', true],
  [undefined, 'JWT', false],
  [undefined, 'dpop+jwt', false],
  [undefined, 'logout+jwt', false],
  [undefined, undefined, false],
  [['at+jwt', 'JWT'], 'JWT', true],
  [['at+jwt', 'JWT'], undefined, false],
  [['untyped'], undefined, true],
  [['untyped'], 'untyped', false],
  [['untyped'], 'at+jwt', false],
];
for (const [configured, typ, good] of types) {
  test(`types ${configured ?? 'by default'}: ${typ ?? 'none'} is ${good ? 'accepted' : 'refused'}`, async (t) => {
    const { verify, made } = await opened(t, configured === undefined ? {} : { types: [...configured] });
    assert.equal(await verify(made({}, { typ })), good ? 'alice' : 'typ-not-accepted');
  });
}

test('algorithms: none is asked for that nobody configured', async (t) => {
  const { verify, claims } = await opened(t);
  const header = { typ: 'at+jwt', kid: 'r' };
  for (const alg of ['RS256', 'PS256'] as const)
    assert.equal(await verify(token(rsa, { ...header, alg }, claims(), alg)), 'alice', alg);
  assert.equal(await verify(token(rsa, { ...header, alg: 'RS512' }, claims(), 'RS512')), 'alg-not-accepted');
  const strict = await opened(t, { algorithms: ['ES256'] });
  const other = token(rsa, { ...header, alg: 'RS256' }, strict.claims(), 'RS256');
  assert.equal(await strict.verify(other), 'alg-not-accepted');
});

test('an issuer that is away at the start: nothing passes, and it recovers by itself', async (t) => {
  const { verify, made, server, within } = await opened(t);
  server.status = 503;
  within.start();
  assert.equal(await verify(made()), 'keys-unavailable, unavailable');
  assert.equal(within.warnings.length, 1);
  assert.match(within.warnings[0]!, /^authenticator customers: the keys of http.* cannot be read \(.*503/);
  server.status = 200;
  within.advance(1_000);
  assert.equal(await verify(made()), 'alice');
  assert.match(within.warnings[1]!, /can be read again/);
});

test('keys are read at the start', async (t) => {
  const { server, within, authenticator, made } = await opened(t);
  within.start();
  const first = authenticator.verify(new Credential(made(), 'Bearer'), exchange());
  await first;
  assert.equal(server.count('/jwks'), 1);
});

test('ten thousand tokens with kids of their own ask for the keys once', async (t) => {
  const { verify, server, within, claims } = await opened(t);
  assert.equal(await verify(token(p256, { alg: 'ES256', typ: 'at+jwt', kid: 'p' }, claims())), 'alice');
  within.advance(10_000);
  // The signature costs more than all the rest, and is not looked at where no key is.
  const [, payload, signature] = token(p256, { alg: 'ES256' }, claims()).split('.');
  const storm = Array.from({ length: 10_000 }, (_, i) => {
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: `k${i}` }));
    return verify(`${header.toString('base64url')}.${payload}.${signature}`);
  });
  assert.deepEqual([...new Set(await Promise.all(storm))], ['kid-unknown']);
  assert.equal(server.count('/jwks'), 2);
});

test('opaque tokens: the issuer is asked, and believed for half a minute', async (t) => {
  const { verify, server, within } = await opened(t, { introspection });
  const good = { active: true, sub: 'alice', aud: 'orders', scope: 'read', token_type: 'Bearer' };
  server.tokens.set('opaque', good);
  assert.equal(await verify('opaque'), 'alice');
  server.tokens.delete('opaque');
  within.advance(29_999);
  assert.equal(await verify('opaque'), 'alice');
  assert.equal(server.questions.length, 1);
  within.advance(1);
  assert.equal(await verify('opaque'), 'inactive');
  assert.equal(server.questions.length, 2);
});

test('an answer holds no longer than the token', async (t) => {
  const { verify, server, within } = await opened(t, { introspection, clockTolerance: 0 });
  const exp = within.now() / 1000 + 10;
  server.tokens.set('opaque', { active: true, sub: 'alice', aud: 'orders', exp });
  assert.equal(await verify('opaque'), 'alice');
  within.advance(9_999);
  assert.equal(await verify('opaque'), 'alice');
  assert.equal(server.questions.length, 1);
  within.advance(1);
  assert.equal(await verify('opaque'), 'expired');
  assert.equal(server.questions.length, 2);
});

test('a refusal holds for ten seconds', async (t) => {
  const { verify, server, within } = await opened(t, { introspection });
  for (let i = 0; i < 50; i++) assert.equal(await verify('opaque'), 'inactive');
  assert.equal(server.questions.length, 1);
  server.tokens.set('opaque', { active: true, sub: 'alice', aud: 'orders' });
  within.advance(10_000);
  assert.equal(await verify('opaque'), 'alice');
});

test('an issuer that cannot be asked refuses nobody for good, and lets nobody in', async (t) => {
  const { verify, server, within } = await opened(t, { introspection });
  server.tokens.set('opaque', { active: true, sub: 'alice', aud: 'orders' });
  server.status = 503;
  assert.equal(await verify('opaque'), 'introspection-unavailable, unavailable');
  server.status = 200;
  within.advance(1_000);
  assert.equal(await verify('opaque'), 'alice');
});

test('what is no token is not sent on', async (t) => {
  const { verify, server } = await opened(t, { introspection });
  for (const text of ['', 'a b', 'a\u0000b', 'ä', '=a', 'a"b', '<script>']) {
    assert.equal(await verify(text), 'malformed', JSON.stringify(text));
  }
  assert.equal(server.questions.length, 0);
});

test('opaque tokens do not wait for keys', async (t) => {
  const { verify, server } = await opened(t, { introspection });
  server.documents.delete('/jwks');
  server.tokens.set('opaque', { active: true, sub: 'alice', aud: 'orders' });
  assert.equal(await verify('opaque'), 'alice');
  assert.equal(server.count('/jwks'), 0);
});

test('a JWT is judged by its signature and asked about by nobody, unless always is set', async (t) => {
  const { verify, made, server } = await opened(t, { introspection });
  assert.equal(await verify(made()), 'alice');
  assert.equal(server.questions.length, 0);
  const always = await opened(t, { introspection: { ...introspection, always: true } });
  const text = always.made();
  always.server.tokens.set(text, { active: true, sub: 'alice', aud: 'orders' });
  assert.equal(await always.verify(text), 'alice');
  assert.equal(always.server.questions.length, 1);
  always.within.advance(29_999);
  always.server.tokens.set(text, { active: false });
  assert.equal(await always.verify(text), 'alice', 'within the time of cache');
  always.within.advance(1);
  assert.equal(await always.verify(text), 'inactive', 'and no longer');
});

test('with always, what the signature refutes is not asked about', async (t) => {
  const { verify, server, made } = await opened(t, { introspection: { ...introspection, always: true } });
  assert.equal(await verify(`${made().slice(0, -4)}AAAA`), 'signature-wrong');
  assert.equal(server.questions.length, 0);
});

test('tokens: opaque looks into none', async (t) => {
  const { verify, made, server } = await opened(t, { tokens: 'opaque', introspection });
  const text = made();
  assert.equal(await verify(text), 'inactive');
  server.tokens.set(text, { active: true, sub: 'bob', aud: 'orders' });
  assert.equal(await verify(text), 'inactive', 'as said a moment ago');
  assert.equal(await verify(made({ jti: 'x' })), 'inactive');
  assert.equal(server.count('/jwks'), 0);
});

test('without introspection an opaque token is none', async (t) => {
  const { verify } = await opened(t);
  assert.equal(await verify('opaque'), 'not-a-jws');
});

test('an encrypted token is judged by what is in it', async (t) => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const { verify, made, server } = await opened(t, { decryption: { key } });
  const encrypt = async (text: string): Promise<string> =>
    new CompactEncrypt(Buffer.from(text))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', cty: 'at+jwt' })
      .encrypt(pair.publicKey);
  const good = await encrypt(made());
  assert.equal(await verify(good), 'alice');
  assert.equal(await verify(good), 'alice', 'remembered');
  assert.equal(await verify(made()), 'alice', 'one that is not encrypted is as good');
  assert.equal(await verify(await encrypt(made({ exp: 1 }))), 'expired');
  // Anybody can encrypt for a public key.
  const claims = { iss: server.issuer, aud: 'orders', sub: 'alice', exp: 9_999_999_999 };
  assert.equal(await verify(await encrypt(JSON.stringify(claims))), 'not-a-jws');
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
  assert.equal(await verify(await encrypt(none)), 'signature-base64');
  assert.equal(await verify(await encrypt(good)), 'not-a-jws', 'not twice');
});

test('an encrypted token without a key for it', async (t) => {
  const { verify } = await opened(t);
  assert.equal(await verify('eyJh.b.c.d.e'), 'jwe-not-accepted');
});

test('a token that is bound to a key is good with a proof, each time anew', async (t) => {
  const { verify, made, within } = await opened(t, { dpop: { nonce: false } });
  const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = made({ cnf: { jkt: thumbprint(holder) } });
  const line = 'GET https://api.example.com/';
  const fields = (): Record<string, string> => ({ dpop: proof(holder, line, text, within.now() / 1000) });
  const first = fields();
  assert.equal(await verify(text, 'DPoP', { fields: first }), 'alice');
  assert.equal(await verify(text, 'DPoP', { fields: first }), 'dpop-proof-replayed');
  assert.equal(await verify(text, 'DPoP', { fields: fields() }), 'alice');
  assert.equal(await verify(text, 'DPoP'), 'dpop-proof-missing');
  assert.equal(await verify(text, 'Bearer', { fields: fields() }), 'dpop-bound-as-bearer');
  assert.equal(await verify(made(), 'DPoP', { fields: fields() }), 'token-not-dpop-bound');
});

test('an opaque token may be bound too', async (t) => {
  const { verify, server, within } = await opened(t, { introspection, dpop: { nonce: false } });
  const holder = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cnf = { jkt: thumbprint(holder) };
  server.tokens.set('opaque', { active: true, sub: 'alice', aud: 'orders', token_type: 'DPoP', cnf });
  const dpop = proof(holder, 'GET https://api.example.com/', 'opaque', within.now() / 1000);
  assert.equal(await verify('opaque', 'Bearer'), 'dpop-bound-as-bearer');
  assert.equal(await verify('opaque', 'DPoP', { fields: { dpop } }), 'alice');
});

test('a token that is bound to a certificate', async (t) => {
  const { verify, made } = await opened(t);
  const raw = Buffer.alloc(0);
  const mine = { raw, thumbprint: 'o'.repeat(43) };
  const text = made({ cnf: { 'x5t#S256': mine.thumbprint } });
  assert.equal(await verify(text, 'Bearer', { clientCertificate: mine }), 'alice');
  assert.equal(
    await verify(text, 'Bearer', { clientCertificate: { raw, thumbprint: 'p'.repeat(43) } }),
    'certificate-other',
  );
  assert.equal(await verify(text), 'certificate-missing');
});

test('a token that is bound in a way that nobody can check is refused', async (t) => {
  const { verify, made } = await opened(t);
  assert.equal(await verify(made({ cnf: { jwk: {} } })), 'cnf-unknown');
  assert.equal(await verify(made({ cnf: 'x' })), 'cnf-malformed');
});

const impossible: readonly (readonly [what: string, config: Partial<Oauth2Config>, message: RegExp])[] = [
  ['opaque tokens without introspection', { tokens: 'opaque' }, /needs introspection/],
  ['either kind without introspection', { tokens: 'any' }, /needs introspection/],
  ['introspection that is never used', { tokens: 'jwt', introspection }, /always: true/],
  [
    'decryption of what is not looked into',
    { tokens: 'opaque', introspection, decryption: { key: 'x' } },
    /decryption/,
  ],
  ['a decryption key that is none', { decryption: { key: 'x' } }, /private key/],
  ['an issuer in the clear', { issuer: 'http://id.example.com' }, /https/],
  [
    'answers that are believed for long',
    { introspection: { ...introspection, cache: 300_001 } },
    /at most 5m/,
  ],
  [
    'an endpoint in the clear',
    { introspection: { ...introspection, endpoint: 'http://a.example/' } },
    /https/,
  ],
  ['a long wait', { introspection: { ...introspection, timeout: 30_001 } }, /at most 30s/],
  ['a large tolerance', { clockTolerance: 300_001 }, /at most 5m/],
  ['old proofs', { dpop: { proofAge: 600_001 } }, /from 1s to 10m/],
  ['proofs for a token in a cookie', { binding: 'dpop', token: { cookie: 'a' } }, /Authorization/],
];
for (const [what, config, message] of impossible) {
  test(`cannot be: ${what}`, async (t) => {
    await assert.rejects(opened(t, config), message);
  });
}

test('which credentials can be its own', async (t) => {
  const { authenticator, made } = await opened(t);
  const may = (text: string): boolean => authenticator.mayJudge(new Credential(text));
  assert.equal(may(made()), true);
  assert.equal(may(made({ iss: 'https://evil.example' })), false);
  assert.equal(may('opaque'), false);
  assert.equal(may('eyJh.b.c.d.e'), false);
  assert.equal(may('e.b.c'), false);
  const asking = (await opened(t, { introspection })).authenticator;
  assert.equal(asking.mayJudge(new Credential('opaque')), true);
  assert.equal(asking.mayJudge(new Credential(made())), false, 'of another issuer');
});

test('what is known is known at once', async (t) => {
  const { authenticator, made, verify, within } = await opened(t);
  const recall = (text: string): string | undefined =>
    authenticator.recall(new Credential(text, 'Bearer'), exchange())?.subject;
  const text = made();
  assert.equal(recall(text), undefined);
  await verify(text);
  assert.equal(recall(text), 'alice');
  within.advance(700_000);
  assert.equal(recall(text), undefined, 'expired');
});
