import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { Principal } from '../../../exchange.ts';
import { environment, exchange, type TestEnvironment } from '../../../testing/exchange.ts';
import type { Authenticator, Rejected } from '../authenticator.ts';
import { Credential, several } from '../credential.ts';
import {
  ed25519,
  encode,
  jwk,
  type KeyPair,
  type KeyServer,
  keyServer,
  keySet,
  p256,
  rsa,
  token,
} from '../jwt/testing/issuer.ts';
import type { JwtConfig } from '../token-schema.ts';
import { jwtAuthenticator } from './open.ts';

const issuer = 'https://id.example.com';

interface Opened {
  readonly authenticator: Authenticator;
  readonly within: TestEnvironment;
  readonly server: KeyServer;
  readonly claims: (more?: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** The subject of an accepted token, or why it was not accepted. */
  readonly verify: (credential: string) => Promise<string>;
}

const allKeys = keySet(jwk(p256, { kid: 'p' }), jwk(rsa, { kid: 'r' }), jwk(ed25519, { kid: 'e' }));

async function opened(t: TestContext, more: Partial<JwtConfig> = {}, keys = allKeys): Promise<Opened> {
  const server = await keyServer(t, keys);
  const within = environment();
  t.after(() => within.close());
  const config: JwtConfig = {
    issuer,
    audience: 'orders',
    jwks: server.url,
    algorithms: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    ...more,
  };
  const authenticator = jwtAuthenticator('customers', config, within);
  return {
    authenticator,
    within,
    server,
    claims: (changes = {}) => ({
      iss: issuer,
      aud: 'orders',
      sub: 'alice',
      exp: within.now() / 1000 + 600,
      ...changes,
    }),
    verify: async (credential) => read(await authenticator.verify(new Credential(credential), exchange())),
  };
}

function read(outcome: Principal | Rejected): string {
  if (outcome.kind !== 'rejected') return outcome.subject;
  return outcome.unavailable === true ? `${outcome.reason}, unavailable` : outcome.reason;
}

test('a token tells who calls', async (t) => {
  const { authenticator, claims } = await opened(t, { rolesClaim: 'realm_access.roles' });
  const all = claims({ scope: 'read write', realm_access: { roles: ['admin'] }, client_id: 'app' });
  const good = new Credential(token(p256, { alg: 'ES256', kid: 'p' }, all));
  const outcome = await authenticator.verify(good, exchange());
  assert.ok(outcome.kind === 'jwt');
  assert.equal(outcome.authenticator, 'customers');
  assert.equal(outcome.subject, 'alice');
  assert.equal(outcome.client, 'app');
  assert.deepEqual([...outcome.scopes], ['read', 'write']);
  assert.deepEqual([...outcome.roles], ['admin']);
  assert.deepEqual(outcome.claims, all);
});

test('each algorithm that is accepted', async (t) => {
  const { verify, claims } = await opened(t);
  assert.equal(await verify(token(p256, { alg: 'ES256', kid: 'p' }, claims())), 'alice');
  assert.equal(await verify(token(rsa, { alg: 'RS256', kid: 'r' }, claims(), 'RS256')), 'alice');
  assert.equal(await verify(token(rsa, { alg: 'PS256', kid: 'r' }, claims(), 'PS256')), 'alice');
  assert.equal(await verify(token(ed25519, { alg: 'EdDSA', kid: 'e' }, claims(), 'EdDSA')), 'alice');
  assert.equal(await verify(token(rsa, { alg: 'RS512', kid: 'r' }, claims(), 'RS512')), 'alg-not-accepted');
});

test('alg none, however it is spelled', async (t) => {
  const { verify, claims } = await opened(t);
  for (const alg of ['none', 'None', 'NONE', 'nOnE', ' none', 'none\u0000', '']) {
    const signed = `${encode({ alg, kid: 'p' })}.${encode(claims())}`;
    assert.notEqual(await verify(`${signed}.`), 'alice');
    assert.equal(await verify(`${signed}.AAAA`), 'alg-not-accepted', alg);
  }
});

test('algorithms are compared to the letter', async (t) => {
  const { verify, claims } = await opened(t);
  for (const alg of ['es256', 'ES256 ', 'ES256\u0000', 'constructor', '__proto__', 'toString']) {
    assert.equal(await verify(token(p256, { alg, kid: 'p' }, claims())), 'alg-not-accepted', alg);
  }
});

/** The public key as the secret of an HMAC: libraries that took any key for any algorithm fell for it. */
test('HMAC with the public key', async (t) => {
  const { verify, claims } = await opened(t);
  for (const secret of [
    rsa.publicKey.export({ type: 'spki', format: 'pem' }),
    rsa.publicKey.export({ type: 'pkcs1', format: 'der' }),
  ]) {
    for (const alg of ['HS256', 'RS256']) {
      const signed = `${encode({ alg, kid: 'r' })}.${encode(claims())}`;
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      assert.equal(
        await verify(`${signed}.${mac}`),
        alg === 'HS256' ? 'alg-not-accepted' : 'signature-wrong',
      );
    }
  }
});

test('the algorithm must be one of the key', async (t) => {
  const { verify, claims } = await opened(t);
  assert.equal(await verify(token(rsa, { alg: 'RS256', kid: 'p' }, claims(), 'RS256')), 'kid-unknown');
  assert.equal(await verify(token(p256, { alg: 'RS256', kid: 'p' }, claims())), 'kid-unknown');
});

test('a key that the token brings along is not used', async (t) => {
  const { verify, claims, server } = await opened(t);
  const evil: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const more = { jwk: jwk(evil), jku: server.url, x5u: server.url };
  assert.equal(await verify(token(evil, { alg: 'ES256', kid: 'p', ...more }, claims())), 'signature-wrong');
  assert.equal(await verify(token(evil, { alg: 'ES256', ...more }, claims())), 'no-key-fits');
  assert.equal(await verify(token(evil, { alg: 'ES256', kid: 'evil', ...more }, claims())), 'kid-unknown');
});

test('a kid is a name and nothing else', async (t) => {
  const { verify, claims } = await opened(t);
  for (const kid of [
    '../../dev/null',
    "p' OR 1=1",
    'p\u0000',
    'P',
    '',
    '__proto__',
    'https://evil.example/k',
  ]) {
    assert.equal(await verify(token(p256, { alg: 'ES256', kid }, claims())), 'kid-unknown', kid);
  }
});

test('without a kid a few keys that fit are tried', async (t) => {
  const others = Array.from({ length: 3 }, () => jwk(generateKeyPairSync('ec', { namedCurve: 'P-256' })));
  const { verify, claims } = await opened(t, {}, keySet(...others, jwk(p256)));
  assert.equal(await verify(token(p256, { alg: 'ES256' }, claims())), 'alice');
});

test('types', async (t) => {
  const { verify, claims } = await opened(t);
  for (const typ of [
    undefined,
    'JWT',
    'jwt',
    'at+jwt',
    'application/at+jwt',
    'APPLICATION/AT+JWT',
    'application/jwt',
  ]) {
    assert.equal(
      await verify(token(p256, { alg: 'ES256', kid: 'p', typ }, claims())),
      'alice',
      typ ?? 'none',
    );
  }
  for (const typ of ['logout+jwt', 'dpop+jwt', '', 'application/application/jwt', 'text/jwt']) {
    assert.equal(
      await verify(token(p256, { alg: 'ES256', kid: 'p', typ }, claims())),
      'typ-not-accepted',
      typ,
    );
  }
  const strict = await opened(t, { types: ['application/at+jwt'] });
  assert.equal(
    await strict.verify(token(p256, { alg: 'ES256', kid: 'p', typ: 'at+jwt' }, claims())),
    'alice',
  );
  assert.equal(await strict.verify(token(p256, { alg: 'ES256', kid: 'p' }, claims())), 'typ-not-accepted');
});

test('a token that is known expires all the same', async (t) => {
  const { verify, claims, within } = await opened(t);
  const good = token(p256, { alg: 'ES256', kid: 'p' }, claims());
  assert.equal(await verify(good), 'alice');
  within.advance(629_999);
  assert.equal(await verify(good), 'alice', 'the tolerance is 30 s');
  within.advance(1);
  assert.equal(await verify(good), 'expired');
  assert.equal(await verify(good), 'expired');
});

test('a token that is known goes with its key', async (t) => {
  const { verify, claims, within, server } = await opened(t);
  const good = token(p256, { alg: 'ES256', kid: 'p' }, claims({ exp: within.now() / 1000 + 86_400 }));
  assert.equal(await verify(good), 'alice');
  server.text = keySet(jwk(rsa, { kid: 'r' }));
  within.advance(600_000);
  // The request that finds the keys old sets off the reading, which ends when that of another one does.
  await verify(good);
  await verify(token(p256, { alg: 'ES256', kid: 'other' }, claims()));
  assert.equal(await verify(good), 'kid-unknown');
});

test('after a pause a known token waits until it is certain that its key was not withdrawn', async (t) => {
  const { verify, claims, within, server } = await opened(t);
  const good = token(p256, { alg: 'ES256', kid: 'p' }, claims({ exp: within.now() / 1000 + 86_400 }));
  assert.equal(await verify(good), 'alice');
  server.text = keySet(jwk(rsa, { kid: 'r' }));
  within.advance(3_600_000);
  assert.equal(await verify(good), 'kid-unknown');
});

test('a new key is found at once, with a kid and without', async (t) => {
  const { verify, claims, within, server } = await opened(t);
  await verify(token(p256, { alg: 'ES256', kid: 'p' }, claims()));
  const fresh = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  server.text = keySet(jwk(fresh, { kid: 'fresh' }));
  within.advance(10_000);
  assert.equal(await verify(token(fresh, { alg: 'ES256', kid: 'fresh' }, claims())), 'alice');
  const latest = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  server.text = keySet(jwk(latest));
  within.advance(10_000);
  assert.equal(await verify(token(latest, { alg: 'ES256' }, claims())), 'alice');
  assert.equal(server.asked, 3);
});

test('a storm of unknown kids asks the issuer once', async (t) => {
  const { verify, claims, server, within } = await opened(t);
  await verify(token(p256, { alg: 'ES256', kid: 'p' }, claims()));
  within.advance(10_000);
  const storm = Array.from({ length: 30 }, (_, i) =>
    verify(token(p256, { alg: 'ES256', kid: `k${i}` }, claims())),
  );
  assert.deepEqual([...new Set(await Promise.all(storm))], ['kid-unknown']);
  assert.equal(server.asked, 2);
});

test('what is refused for its claims asks nobody', async (t) => {
  const { verify, claims, server, within } = await opened(t);
  await verify(token(p256, { alg: 'ES256', kid: 'p' }, claims()));
  within.advance(10_000);
  assert.equal(
    await verify(token(p256, { alg: 'ES256', kid: 'x' }, claims({ iss: 'https://evil.example' }))),
    'iss-unexpected',
  );
  assert.equal(server.asked, 1);
});

test('without the issuer nobody can tell; with it everybody can', async (t) => {
  const { verify, claims, server, within } = await opened(t);
  server.status = 503;
  const good = token(p256, { alg: 'ES256', kid: 'p' }, claims());
  assert.equal(await verify(good), 'keys-unavailable, unavailable');
  server.status = 200;
  assert.equal(await verify(good), 'keys-unavailable, unavailable', 'not asked again within a second');
  within.advance(1_000);
  assert.equal(await verify(good), 'alice');
});

test('a token of more than 16 KiB is not looked at', async (t) => {
  const { verify, server } = await opened(t);
  assert.equal(await verify('a'.repeat(16_385)), 'too-long');
  assert.equal(server.asked, 0);
});

const credentials: readonly [value: string | undefined, credential: string | undefined][] = [
  [undefined, undefined],
  ['', undefined],
  ['Bearer', undefined],
  ['Bearer a.b.c', 'a.b.c'],
  ['bEARER a.b.c', 'a.b.c'],
  ['Bearer   a.b.c ', 'a.b.c'],
  ['Bearer\ta.b.c', undefined],
  ['Bearera.b.c', undefined],
  ['Basic YTpi', undefined],
  ['Negotiate x', undefined],
  ['a.b.c', undefined],
];

test('the credential is what follows Bearer', async (t) => {
  const { authenticator } = await opened(t);
  for (const [value, credential] of credentials) {
    const fields = value === undefined ? {} : { authorization: value };
    const found = authenticator.credential(exchange('GET /', { fields }));
    assert.ok(found !== several);
    assert.equal(found?.text, credential, value ?? 'none');
  }
});
