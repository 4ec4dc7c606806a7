import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Principal } from '../../exchange.ts';
import { maintainKeys } from '../../signing-keys/key-file.ts';
import {
  api,
  environment,
  exchange,
  preparePolicy,
  principal,
  type TestEnvironment,
} from '../../testing/exchange.ts';
import { identityKeyRules, identityKeysFile } from './key-rules.ts';
import { upstreamIdentity } from './policy.ts';

const name = 'x-portcullis-identity';

interface Site {
  readonly within: TestEnvironment;
  readonly file: string;
  /** Makes the keys that there should be now, as the main thread does. */
  readonly maintain: () => void;
}

function site(t: TestContext): Site {
  const stateFolder = mkdtempSync(join(tmpdir(), 'identity-'));
  t.after(() => rmSync(stateFolder, { recursive: true }));
  const within = environment({ stateFolder, api: { ...api('orders'), basePath: '/shop' } });
  const file = identityKeysFile(stateFolder);
  const maintain = (): void => void maintainKeys(file, within.now(), identityKeyRules);
  maintain();
  return { within, file, maintain };
}

const alice = principal({
  client: 'app',
  scopes: ['orders:read', 'orders:write'],
  roles: ['customer'],
  claims: { sub: 'alice', email: 'a@shop.example', iss: 'https://id.example', exp: 1, tenant: { id: 7 } },
});

/** The handler, as a function from who calls to what the upstream is told. */
async function handing(
  config: object,
  { within }: Site,
): Promise<(who: Principal | undefined, fields?: Record<string, string>) => Promise<readonly string[]>> {
  const { upstream } = await preparePolicy(upstreamIdentity, config, within);
  return async (who, upstreamFields = {}) => {
    const request = exchange('GET /', { principal: who, upstreamFields, clientAddress: '192.0.2.1' });
    assert.equal(await upstream!(request), undefined);
    return request.upstreamFields.flat;
  };
}

async function keySetOf({ within }: Site): Promise<ReturnType<typeof createLocalJWKSet>> {
  const { head } = await preparePolicy(upstreamIdentity, { jwt: {} }, within);
  const answer = await head!(exchange('GET /.well-known/portcullis-identity-jwks/shop', { api: within.api }));
  assert.ok(answer?.kind === 'answer');
  return createLocalJWKSet(JSON.parse(answer.body!));
}

test('the JWT says who calls, and verifies with the key set', async (t) => {
  const there = site(t);
  const hand = await handing({ jwt: { claims: ['email', 'tenant', 'missing'] } }, there);
  const [field, token = ''] = await hand(alice);
  assert.equal(field, name);
  const { payload, protectedHeader } = await jwtVerify(token, await keySetOf(there), {
    issuer: 'portcullis',
    audience: 'orders',
    typ: 'portcullis-identity+jwt',
    algorithms: ['ES256'],
    currentDate: new Date(there.within.now()),
  });
  assert.deepEqual(Object.keys(protectedHeader), ['alg', 'typ', 'kid']);
  assert.deepEqual(payload, {
    iss: 'portcullis',
    aud: 'orders',
    sub: 'alice',
    client_id: 'app',
    scope: 'orders:read orders:write',
    roles: ['customer'],
    iat: 1_700_000_000,
    exp: 1_700_000_060,
    auth: { authenticator: 'customers', kind: 'jwt' },
    email: 'a@shop.example',
    tenant: { id: 7 },
  });
});

test('what is not there is not said, and nothing of the request unless it is asked for', async (t) => {
  const hand = await handing({ jwt: {} }, site(t));
  const [, token = ''] = await hand(principal());
  assert.deepEqual(Object.keys(decodeJwt(token)).sort(), ['aud', 'auth', 'exp', 'iat', 'iss', 'sub']);
});

test('issuer, audience, field and lifetime are as written', async (t) => {
  const jwt = { field: 'X-Who', issuer: 'https://gw.example', audience: 'urn:orders', lifetime: '10m' };
  const [field, token = ''] = await (await handing({ jwt }, site(t)))(alice);
  const { iss, aud, iat, exp } = decodeJwt(token);
  assert.deepEqual([field, iss, aud, exp! - iat!], ['x-who', 'https://gw.example', 'urn:orders', 600]);
});

test('who else vouches is named', async (t) => {
  const also = [principal({ authenticator: 'partners', kind: 'api-key', subject: 'shop' })];
  const [, token = ''] = await (await handing({ jwt: {} }, site(t)))(principal({ also }));
  assert.deepEqual(decodeJwt(token)['also'], [{ authenticator: 'partners', kind: 'api-key', sub: 'shop' }]);
});

test('the same caller gets the same JWT until half of its lifetime is over', async (t) => {
  const there = site(t);
  const hand = await handing({ jwt: { lifetime: '60s' } }, there);
  const token = async (who = alice): Promise<string> => (await hand(who))[1]!;
  const first = await token();
  there.within.advance(29_999);
  assert.equal(await token(), first);
  assert.notEqual(await token({ ...alice }), first, 'another object may be somebody else');
  there.within.advance(1);
  const second = await token();
  assert.notEqual(second, first);
  assert.equal(await token(), second);
  there.within.advance(-30_000);
  assert.equal(decodeJwt(await token()).iat, 1_700_000_000, 'a clock that was set back');
});

test('what says something of the request is signed for each', async (t) => {
  const hand = await handing({ jwt: { request: ['address', 'id'] } }, site(t));
  const [[, first = ''], [, second = '']] = [await hand(alice), await hand(alice)];
  assert.notEqual(first, second);
  const { client_address, request_id } = decodeJwt(first) as Record<string, unknown>;
  assert.deepEqual([client_address, request_id], ['192.0.2.1', '00000000000000000000000000000001']);
});

test('chosen fields are set, whatever was there; of an anonymous caller nothing is said', async (t) => {
  const there = site(t);
  const hand = await handing(
    { fields: { 'X-User': 'subject', 'x-mail': 'claims.email', 'x-none': 'claims.x' } },
    there,
  );
  assert.deepEqual(await hand(alice, { 'x-user': 'mallory', accept: '*/*' }), [
    ...['x-user', 'alice', 'accept', '*/*', 'x-mail', 'a@shop.example'],
  ]);
  assert.deepEqual(await hand(undefined), []);
});

test('fields and names under which clients are not heard, in monitor too', async (t) => {
  const there = site(t);
  for (const mode of ['enforce', 'monitor']) {
    const config = { mode, jwt: { field: 'X-Who' }, fields: { 'X-User': 'subject' } };
    const prepared = await preparePolicy(upstreamIdentity, config, there.within);
    assert.deepEqual(prepared.gatewayFields, ['x-who', 'x-user']);
  }
});

test('monitor hands nothing on and takes nothing away, yet finds what could not be handed on', async (t) => {
  const hand = await handing(
    { mode: 'monitor', jwt: {}, fields: { 'x-a': 'claims.a' }, credential: 'remove' },
    site(t),
  );
  assert.deepEqual(await hand(alice, { authorization: 'Bearer a' }), ['authorization', 'Bearer a']);
  await assert.rejects(async () => hand(principal({ claims: { a: {} } })), { name: 'HandOnFault' });
});

test('credentials go on unless they are to be taken away, of anonymous callers too', async (t) => {
  const there = site(t);
  const sent = { authorization: 'Bearer a', accept: '*/*' };
  const flat = Object.entries(sent).flat();
  const fields = { 'x-user': 'subject' };
  for (const config of [{ fields }, { fields, credential: 'keep' }]) {
    const hand = await handing(config, there);
    assert.deepEqual(await hand(undefined, sent), flat);
    assert.deepEqual(await hand(alice, sent), [...flat, 'x-user', 'alice']);
  }
  const hand = await handing({ fields, credential: 'remove' }, there);
  assert.deepEqual(await hand(undefined, sent), ['accept', '*/*']);
  assert.deepEqual(await hand(alice, sent), ['accept', '*/*', 'x-user', 'alice']);
});

test('a JWT may have 8192 characters', async (t) => {
  const hand = await handing({ jwt: { claims: ['a'] } }, site(t));
  const of = async (characters: number): Promise<number> =>
    (await hand(principal({ claims: { a: 'x'.repeat(characters) } })))[1]!.length;
  // Three bytes are four characters of base64url.
  const left = Math.floor(((8192 - (await of(0))) * 3) / 4);
  assert.ok((await of(left)) <= 8192);
  assert.ok((await of(left)) > 8188);
  await assert.rejects(async () => of(left + 3), /would have 819[3-6] characters/);
});

const tooMuch: readonly [what: string, parts: Parameters<typeof principal>[0], message: RegExp][] = [
  ['above 8 KiB', { claims: { a: 'x'.repeat(8192) } }, /would have \d+ characters, above 8192/],
  ['a number that was rounded', { claims: { a: { b: [2 ** 53] } } }, /above 2\^53/],
  ['a number that was lost', { claims: { a: Number.POSITIVE_INFINITY } }, /above 2\^53/],
  ['a scope that is two', { scopes: ['orders:read admin'] }, /read as two/],
];

for (const [what, parts, message] of tooMuch) {
  test(`a JWT with ${what} is not made`, async (t) => {
    const hand = await handing({ jwt: { claims: ['a'] } }, site(t));
    await assert.rejects(
      async () => hand(principal(parts)),
      (error: Error) => error.name === 'HandOnFault' && message.test(error.message),
    );
  });
}

test('without keys nobody is let through', async (t) => {
  const there = site(t);
  rmSync(there.file);
  const hand = await handing({ jwt: {} }, there);
  await assert.rejects(async () => hand(alice), /there are no keys/);
  there.maintain();
  there.within.start();
  assert.equal((await hand(alice)).length, 2);
  there.within.close();
});

test('the next key is published before it signs, and signs by the clock alone', async (t) => {
  const there = site(t);
  const hand = await handing({ jwt: {} }, there);
  there.within.start();
  t.after(() => there.within.close());
  const kid = async (): Promise<string | undefined> => decodeProtectedHeader((await hand(alice))[1]!).kid;
  const first = await kid();
  const { rotateEvery, publishAhead, keepFor } = identityKeyRules;
  there.within.advance(rotateEvery - publishAhead);
  there.maintain();
  const published = JSON.parse(readFileSync(there.file, 'utf8')).keys as { kid: string }[];
  assert.equal(published.length, 2);
  const again = await handing(
    { jwt: {} },
    { ...there, within: environment({ ...there.within, share: (_, make) => make() }) },
  );
  assert.equal(decodeProtectedHeader((await again(alice))[1]!).kid, first, 'not its turn yet');
  there.within.advance(publishAhead);
  const second = decodeProtectedHeader((await again(alice))[1]!).kid;
  assert.equal(second, published[1]!.kid, 'nobody has read the file in between');
  there.within.advance(keepFor);
  there.maintain();
  assert.deepEqual(
    JSON.parse(readFileSync(there.file, 'utf8')).keys.map((key: { kid: string }) => key.kid),
    [second],
  );
});

test('keys that were replaced are replaced for callers who are known already', async (t) => {
  const there = site(t);
  const { identityKeys } = await import('./keys.ts');
  const keys = identityKeys(there.within);
  const hand = await handing({ jwt: {} }, there);
  const [, before = ''] = await hand(alice);
  rmSync(there.file);
  keys.look();
  assert.equal((await hand(alice))[1], before, 'until there are others the last ones do');
  there.maintain();
  keys.look();
  const [, after = ''] = await hand(alice);
  assert.notEqual(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
  writeFileSync(there.file, 'nonsense');
  keys.look();
  keys.look();
  assert.equal((await hand(alice))[1], after);
  assert.equal(there.within.warnings.length, 1);
  assert.match(there.within.warnings[0]!, /the last keys stay in force/);
});

test('a file that is none is told when the configuration is prepared', async (t) => {
  const there = site(t);
  writeFileSync(there.file, '{"keys":[{}]}');
  await assert.rejects(preparePolicy(upstreamIdentity, { jwt: {} }, there.within), /no file of signing keys/);
});

test('the key set is public, has no private half, and is for reading only', async (t) => {
  const { within } = site(t);
  const prepared = await preparePolicy(upstreamIdentity, { jwt: {} }, within);
  assert.deepEqual(prepared.wellKnown, ['portcullis-identity-jwks']);
  const at = '/.well-known/portcullis-identity-jwks/shop';
  const answer = await prepared.head!(exchange(`GET ${at}`));
  assert.ok(answer?.kind === 'answer');
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.fields, [
    'content-type',
    'application/jwk-set+json',
    'cache-control',
    'public, max-age=300',
  ]);
  const { keys } = JSON.parse(answer.body!);
  assert.deepEqual(Object.keys(keys[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  const refused = await prepared.head!(exchange(`POST ${at}`));
  assert.ok(refused?.kind === 'refuse' && refused.problem === 'method-unknown');
  assert.equal(await prepared.head!(exchange('GET /.well-known/portcullis-identity-jwks')), undefined);
});

test('where there is no JWT there are no keys and no key set', async () => {
  const within = environment({ api: api('orders') });
  const prepared = await preparePolicy(upstreamIdentity, { credential: 'remove' }, within);
  assert.deepEqual([prepared.head, prepared.wellKnown, prepared.gatewayFields], [undefined, undefined, []]);
  assert.deepEqual(await preparePolicy(upstreamIdentity, { jwt: {} }, environment()), {}, 'no API');
});
