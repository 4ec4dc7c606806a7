import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecurityAlternative } from '../openapi/definition.ts';
import { compileRules } from '../policies/authorization/rules.ts';
import { schema } from '../policies/authorization/schema.ts';
import type { Phase } from '../policy.ts';
import type { Operation } from '../routing/apis.ts';
import { api, environment, operation } from '../testing/exchange.ts';
import { accessText, whoMay } from './access.ts';
import type { PolicyView } from './policy-view.ts';

const authenticators = {
  tokens: { jwt: { issuer: 'i', audience: 'a', jwks: 'j', algorithms: ['ES256' as const] } },
  keys: { apiKey: {} },
  clients: { certificate: { ca: 'ca.pem' } },
};

function operationWith(security: readonly SecurityAlternative[] | undefined): Operation {
  return operation('GET /x', { id: 'x', security });
}

function view(
  name: string,
  config: unknown,
  mode: PolicyView['mode'] = 'enforce',
  phases: readonly Phase[] = [],
): PolicyView {
  return { name, mode, phases, place: ['policies', name], config, settings: config };
}

const token = (...scopes: string[]) => ({ scheme: 't', type: 'oauth2' as const, scopes });
const key = { scheme: 'k', type: 'apiKey' as const, scopes: [] };
const certificate = { scheme: 'c', type: 'mutualTLS' as const, scopes: [] };
const unknown = { scheme: 'm', type: 'unknown' as const, scopes: [] };
const known = view('authentication', { anyOf: ['tokens'] });
const both = view('authentication', { anyOf: ['tokens', 'keys'] });
const nobodyKnown = view('authentication', 'none');
const watched = view('authentication', { anyOf: ['tokens'] }, 'monitor');
const rules = view('authorization', {});
const lenient = view('authorization', { undeclared: 'authenticated' });
const forAdmins = view('authorization', { operations: { 'GET /x': { roles: ['admin'] } } });
const strict = view('authorization', {
  deny: [{ roles: ['suspended'] }],
  operations: { 'GET /x': { scopes: ['s'], when: 'claims.level > 1' } },
  bind: { 'GET /x?owner': 'claims.sub', '?optional': 'claims.sub' },
});
const closed = view('authorization', { operations: { 'GET /x': { deny: 'everybody' } } });
const night = view('authorization', { when: 'time.getHours() < 6' });
const extension = view('mine', {}, 'enforce', ['identity']);

type Asked = Operation | 'no definition' | 'not defined';

const table: readonly [string, Asked, readonly PolicyView[], RegExp][] = [
  ['public', operationWith([]), [known, rules], /^anybody: the definition/],
  ['public among others', operationWith([[token('a')], []]), [known, rules], /^anybody/],
  [
    'public, but for a role',
    operationWith([]),
    [known, forAdmins],
    /^whoever is known, who has the role admin$/,
  ],
  [
    'all that can be asked',
    operationWith([[token('a')]]),
    [known, strict],
    /^a token with scope a, but denied to role suspended, who has the scope s, when claims.level > 1, where GET \/x\?owner is claims.sub$/,
  ],
  ['denied', operationWith([]), [known, closed], /^nobody, always 403 denied/],
  [
    'public at night',
    operationWith([]),
    [known, night],
    /^anybody: the definition makes it public, when time/,
  ],
  ['a scope', operationWith([[token('a', 'b')]]), [known, rules], /^a token with scope a b$/],
  [
    'a scope and a role',
    operationWith([[token('a')]]),
    [known, forAdmins],
    /^a token with scope a, who has the role admin$/,
  ],
  [
    'one of two',
    operationWith([[token('a')], [key]]),
    [both, rules],
    /^a token with scope a, or an API key$/,
  ],
  [
    'only what the API accepts',
    operationWith([[token('a')], [key]]),
    [known, rules],
    /^a token with scope a$/,
  ],
  [
    'another kind',
    operationWith([[key]]),
    [known, rules],
    /^nobody, always 403 scope-insufficient: .*asks for an API key; the API accepts a token$/,
  ],
  [
    'a certificate',
    operationWith([[certificate], [token('a')]]),
    [view('authentication', { anyOf: ['clients'] }), rules],
    /^a client certificate$/,
  ],
  [
    'a certificate, where tokens are accepted',
    operationWith([[certificate]]),
    [known, rules],
    /^nobody, .*asks for a client certificate; the API accepts a token$/,
  ],
  [
    'two kinds at once',
    operationWith([[token(), key]]),
    [both, rules],
    /^nobody, .*a token together with an API key/,
  ],
  ['what cannot be checked', operationWith([[unknown]]), [both, rules], /^nobody, .*cannot check/],
  [
    'nothing said',
    operationWith(undefined),
    [known, rules],
    /^nobody, always 403 not-decided: neither the definition/,
  ],
  [
    'nothing said, lenient',
    operationWith(undefined),
    [known, lenient],
    /^whoever is known: authorization\.undeclared/,
  ],
  [
    'nothing said, a role',
    operationWith(undefined),
    [known, forAdmins],
    /^whoever is known, who has the role admin$/,
  ],
  [
    'no authorization',
    operationWith([[token('a')]]),
    [known],
    /^whoever is known: authorization does not run$/,
  ],
  ['nobody is asked', operationWith([[token('a')]]), [nobodyKnown], /^anybody: authentication is none$/],
  [
    'nobody is asked, but judged',
    operationWith([[token('a')]]),
    [nobodyKnown, rules],
    /^nobody, always 401 credential-missing/,
  ],
  [
    'only watched',
    operationWith([[token('a')]]),
    [watched, rules],
    /^nobody, always 401 .* authentication is in mode monitor$/,
  ],
  [
    'an extension knows',
    operationWith([[token('a')]]),
    [nobodyKnown, extension, rules],
    /^a token with scope a$/,
  ],
  ['an extension cannot do all', operationWith([[unknown]]), [nobodyKnown, extension, rules], /^nobody/],
  ['no definition', 'no definition', [known], /^whoever is known/],
  [
    'no definition, judged',
    'no definition',
    [known, rules],
    /^nobody, always 403 not-decided: there is no definition/,
  ],
  [
    'not defined',
    'not defined',
    [known, rules],
    /^nobody, always 403 not-decided: the definition does not have it/,
  ],
];

async function rulesFor(asked: Asked, views: readonly PolicyView[]) {
  const config = views.find(({ name }) => name === 'authorization')?.config;
  if (config === undefined) return undefined;
  const operations = asked === 'no definition' ? undefined : asked === 'not defined' ? [] : [asked];
  const rules = await compileRules(schema.parse(config), environment({ api: api('x', operations) }));
  return rules.of(typeof asked === 'string' ? undefined : asked);
}

for (const [what, asked, views, expected] of table) {
  test(`who may: ${what}`, async () => {
    const access = whoMay(
      typeof asked === 'string' ? undefined : asked,
      await rulesFor(asked, views),
      views,
      authenticators,
    );
    assert.match(accessText(access), expected);
  });
}
