import { after, test } from 'node:test';
import {
  jwk,
  signatureOf,
} from '../../../packages/gateway/src/policies/authentication/jwt/testing/issuer.ts';
import { encode, type Members, p256, startTarget } from './target.ts';

/** Tokens with a good signature that say what they must not say, or say it twice. */

const target = await startTarget({ after });
const { made, refuses, claims } = target;

test('a good token passes', () => target.accepts(made()));

/** A token from the very texts. */
function signedTexts(header: string, payload: string): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${signatureOf('ES256', p256, signed).toString('base64url')}`;
}

const goodHeader = '{"alg":"ES256","typ":"at+jwt","kid":"ec"}';

const twice: readonly (readonly [what: string, text: string])[] = [
  ['sub', ',"sub":"root"'],
  ['aud', ',"aud":"orders"'],
  ['exp', ',"exp":99999999999'],
  ['iss', ',"iss":"https://evil.example"'],
  ['sub by an escape', ',"su\\u0062":"root"'],
  ['a member inside', ',"a":{"b":1,"b":2}'],
  ['a member inside a list', ',"a":[{"b":1,"\\u0062":2}]'],
  ['__proto__', ',"__proto__":{},"__proto__":{}'],
];
for (const [what, text] of twice) {
  test(`claims with ${what} twice`, async () => {
    const payload = JSON.stringify(claims());
    await refuses(signedTexts(goodHeader, `${payload.slice(0, -1)}${text}}`), /claims-member-twice/);
  });
}
for (const text of [',"alg":"none"', ',"kid":"rsa"', ',"typ":"JWT"', ',"\\u0061lg":"ES256"']) {
  test(`a header with ${text.slice(1)} besides`, async () =>
    refuses(
      signedTexts(`${goodHeader.slice(0, -1)}${text}}`, JSON.stringify(claims())),
      /header-member-twice/,
    ));
}

test('prototypes are nobody', async () => {
  const payload = JSON.stringify(claims({ sub: undefined }));
  const inherited = `${payload.slice(0, -1)},"__proto__":{"sub":"root","exp":99999999999}}`;
  await refuses(signedTexts(goodHeader, inherited), /sub-missing/);
});

test('claims that are nested without end', async () => {
  const payload = JSON.stringify(claims());
  const deep = `${'['.repeat(3_000)}${']'.repeat(3_000)}`;
  await refuses(signedTexts(goodHeader, `${payload.slice(0, -1)},"a":${deep}}`), /claims-too-deep/);
});

const headers: readonly (readonly [what: string, header: Members, reason: RegExp])[] = [
  ['crit', { crit: ['exp'] }, /crit-unknown/],
  [
    'crit of something unknown',
    { crit: ['http://evil.example/x'], 'http://evil.example/x': 1 },
    /crit-unknown/,
  ],
  ['an empty crit', { crit: [] }, /crit-unknown/],
  ['crit that is no list', { crit: 'b64' }, /crit-unknown/],
  ['b64 false', { b64: false }, /b64-unknown/],
  ['b64 false with crit', { b64: false, crit: ['b64'] }, /crit-unknown/],
  ['b64 true', { b64: true }, /b64-unknown/],
  ['zip', { zip: 'DEF', crit: ['zip'] }, /crit-unknown/],
  ['typ of an ID token', { typ: 'JWT' }, /typ-not-accepted/],
  ['typ of a logout token', { typ: 'logout+jwt' }, /typ-not-accepted/],
  ['typ of a DPoP proof', { typ: 'dpop+jwt', jwk: jwk(p256) }, /typ-not-accepted/],
  ['typ of a security event', { typ: 'secevent+jwt' }, /typ-not-accepted/],
  ['typ of an introspection answer', { typ: 'token-introspection+jwt' }, /typ-not-accepted/],
  ['no typ', { typ: undefined }, /typ-not-accepted/],
  ['typ that is a list', { typ: ['at+jwt'] }, /typ-malformed/],
  ['typ with a parameter', { typ: 'at+jwt; x=y' }, /typ-not-accepted/],
];
for (const [what, header, reason] of headers) {
  test(`a header with ${what}`, () => refuses(made({}, header), reason));
}

const now = Math.floor(Date.now() / 1000);
const said: readonly (readonly [what: string, claims: Members, reason: RegExp, problem?: string])[] = [
  ['an end that is past', { exp: now - 60 }, /expired/, 'credential-expired'],
  ['an end long past', { exp: 0 }, /expired/, 'credential-expired'],
  ['no end', { exp: undefined }, /exp-missing/],
  ['an end that is a text', { exp: String(now + 600) }, /exp-missing/],
  ['an end that is null', { exp: null }, /exp-missing/],
  ['an end that is a list', { exp: [now + 600] }, /exp-missing/],
  ['an end before the beginning of time', { exp: -1 }, /exp-missing/],
  ['a beginning in the future', { nbf: now + 600 }, /not-yet-valid/],
  ['a beginning that is a text', { nbf: '0' }, /not-yet-valid/],
  ['an issue in the future', { iat: now + 600 }, /issued-in-future/],
  ['an issue that is no time', { iat: 'now' }, /issued-in-future/],
  ['another audience', { aud: 'mail' }, /aud-unexpected/],
  ['a list of other audiences', { aud: ['mail', 'files'] }, /aud-unexpected/],
  ['an audience that only begins like ours', { aud: 'orders.evil.example' }, /aud-unexpected/],
  ['an audience in capitals', { aud: 'Orders' }, /aud-unexpected/],
  ['an audience that is an object', { aud: { 0: 'orders' } }, /aud-unexpected/],
  ['a list in a list', { aud: [['orders']] }, /aud-unexpected/],
  ['no audience', { aud: undefined }, /aud-unexpected/],
  ['another issuer', { iss: 'https://evil.example' }, /iss-unexpected/],
  ['our issuer with a slash', { iss: `${target.issuer}/` }, /iss-unexpected/],
  ['our issuer with a path', { iss: `${target.issuer}/evil` }, /iss-unexpected/],
  ['our issuer in a list', { iss: [target.issuer] }, /iss-unexpected/],
  ['no issuer', { iss: undefined }, /iss-unexpected/],
  ['nobody', { sub: undefined }, /sub-missing/],
  ['an empty name', { sub: '' }, /sub-missing/],
  ['a name that is an object', { sub: { toString: 'root' } }, /sub-missing/],
  ['a name without end', { sub: 'a'.repeat(1_025) }, /sub-missing/],
  ['a client that is no text', { client_id: ['app'] }, /client-malformed/],
];
for (const [what, more, reason, problem] of said) {
  test(`claims with ${what}`, () => refuses(made(more), reason, problem));
}

test('numbers that JSON reads as infinite', async () => {
  const payload = JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999');
  await refuses(signedTexts(goodHeader, payload), /exp-missing/);
});

test('what says nothing about what is wrong', async () => {
  const answers = await Promise.all(
    [
      made({ aud: 'mail' }),
      made({}, { kid: 'x' }),
      'x',
      made({ sub: undefined }),
      made({}, { crit: [] }),
    ].map((token) => target.send(token)),
  );
  const bodies = new Set(answers.map(({ problem, members }) => JSON.stringify([problem, members])));
  const challenges = new Set(answers.map(({ challenge }) => challenge));
  if (bodies.size !== 1 || challenges.size !== 1) throw new Error([...bodies, ...challenges].join('\n'));
});
