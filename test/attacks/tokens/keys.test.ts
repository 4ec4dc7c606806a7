import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { jwk } from '../../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { makeCertificate } from '../../harness/certificates.ts';
import { temporaryFolder } from '../../harness/folder.ts';
import { runProgram } from '../../harness/program.ts';
import { evilP256, evilRsa, type Members, startTarget } from './target.ts';

/** Forgeries that make the verifier use a key of the attacker (RFC 8725 sections 2.4, 2.6 and 3.10). */

const target = await startTarget({ after });
const { made, refuses, trap } = target;

test('a good token passes', () => target.accepts(made()));

const certificate = await makeCertificate({ names: ['evil.example'] });
const x5c = [certificate.cert.replace(/-----[^-]+-----|\s/g, '')];

/** Ways in which a token can bring its key along, or say where it is. */
const brought: readonly (readonly [what: string, header: Members])[] = [
  ['jwk', { jwk: jwk(evilP256) }],
  ['jwk with the kid of the issuer', { jwk: jwk(evilP256, { kid: 'ec' }), kid: 'ec' }],
  ['jwk as a set', { jwk: { keys: [jwk(evilP256, { kid: 'ec' })] } }],
  ['jku', { jku: trap }],
  ['jku with the issuer before it', { jku: `${target.issuer}@${trap.slice('http://'.length)}` }],
  ['x5u', { x5u: trap }],
  ['x5c', { x5c }],
  ['x5c and x5t', { x5c, x5t: 'AAAA', 'x5t#S256': 'AAAA' }],
  ['all of them', { jwk: jwk(evilP256), jku: trap, x5u: trap, x5c }],
  ['a url', { url: trap, jwks_uri: trap, iss: trap }],
];
for (const [what, header] of brought) {
  test(`a key of its own by ${what}`, async () => {
    await refuses(made({}, header, evilP256), /signature-wrong/);
    await refuses(made({}, { ...header, kid: undefined }, evilP256), /no-key-fits/);
    await refuses(made({}, { ...header, kid: 'evil' }, evilP256), /kid-unknown/);
    await refuses(made({}, { ...header, kid: 'rsa' }, evilRsa, 'RS256'), /signature-wrong/);
  });
}

test('a key in the claims', async () => {
  await refuses(
    made({ jwk: jwk(evilP256), jku: trap, cnf: { jwk: jwk(evilP256) } }, {}, evilP256),
    /signature-wrong/,
  );
});

test('metadata in the claims', async () => {
  await refuses(made({ iss: trap, jwks_uri: trap }, {}, evilP256), /iss-unexpected/);
  await refuses(made({ iss: `${trap}/` }, { jku: trap, kid: 'evil' }, evilP256), /iss-unexpected/);
});

/** A kid ends up in a path, a query of a database or a command, in verifiers that look keys up by it. */
const kids: readonly string[] = [
  '../../../../../../dev/null',
  '..\\..\\windows\\win.ini',
  '/dev/null',
  'file:///dev/null',
  "' UNION SELECT 'key' --",
  "ec' OR '1'='1",
  'ec"; rm -rf /',
  '$(touch /tmp/owned)',
  '`id`',
  '| curl http://127.0.0.1/',
  'ec\u0000evil',
  'ec\n',
  ' ec',
  'EC',
  'e\u0441',
  '',
  '*',
  '[ec]',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '0',
  'k'.repeat(256),
];
for (const kid of [...kids, trap]) {
  test(`kid ${JSON.stringify(kid).slice(0, 60)}`, async () => {
    await refuses(made({}, { kid }), /kid-unknown/);
    await refuses(made({}, { kid }, evilP256), /kid-unknown/);
  });
}

for (const kid of [['ec'], { toString: 'ec' }, 7, true, null, 'k'.repeat(257)]) {
  test(`a kid that is ${JSON.stringify(kid).slice(0, 30)}`, () =>
    refuses(made({}, { kid }), /kid-malformed/));
}

/** CVE-2020-0601: parameters of a curve that make somebody else's public key one's own. */
test('a key with curve parameters of its own', async (t) => {
  const file = join(temporaryFolder(t), 'explicit.pem');
  const generate = [
    'ecparam',
    '-name',
    'prime256v1',
    '-genkey',
    '-param_enc',
    'explicit',
    '-noout',
    '-out',
    file,
  ];
  assert.equal((await runProgram('openssl', generate)).code, 0);
  const { out: pem } = await runProgram('openssl', ['ec', '-in', file, '-pubout', '-param_enc', 'explicit']);
  assert.match(pem, /BEGIN PUBLIC KEY/);
  const header = { jwk: { kty: 'EC', crv: 'P-256', pem }, x5c: [pem.replace(/-----[^-]+-----|\s/g, '')] };
  await refuses(made({}, header, evilP256), /signature-wrong/);
});
