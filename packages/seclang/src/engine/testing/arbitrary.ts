import fc from 'fast-check';
import { patterns } from '../../regex/testing/patterns.ts';
import { transformations } from '../../transformations/registry.ts';
import type { Exchange } from './exchange.ts';

/** Rules of every kind and requests that they may match, for comparing evaluators. */

const pick = <const Value>(...values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);

const some = (of: fc.Arbitrary<string>, maxLength: number, separator: string): fc.Arbitrary<string> =>
  fc.array(of, { maxLength }).map((all) => all.join(separator));

const target = pick(
  'ARGS',
  'ARGS',
  'ARGS_NAMES',
  'ARGS:a',
  'ARGS:/^b/',
  'ARGS_POST',
  'REQUEST_HEADERS',
  'REQUEST_HEADERS:User-Agent',
  'REQUEST_HEADERS_NAMES',
  'REQUEST_COOKIES',
  'REQUEST_URI',
  'REQUEST_BODY',
  'QUERY_STRING',
  '&ARGS',
  '&ARGS:a',
  '&TX:n',
  'TX:n',
  'TX:0',
  'TX:/^m/',
  'IP:n',
  'MATCHED_VAR',
  'MATCHED_VARS',
  'MATCHED_VARS_NAMES',
  'HIGHEST_SEVERITY',
  'RESPONSE_BODY',
  'RESPONSE_HEADERS',
);

const targets = fc
  .tuple(
    fc.array(target, { minLength: 1, maxLength: 4 }),
    some(pick('|!ARGS:a', '|!ARGS:/b/', '|!REQUEST_HEADERS:Host'), 2, ''),
  )
  .map(([included, excluded]) => included.join('|') + excluded);

const operator = fc
  .tuple(
    pick('', '', '', '!'),
    fc.oneof(
      pick(
        '@rx ^[0-9]+$',
        '@rx (?i)(sel)(ect)?',
        "@rx ['\\x22<]",
        '@rx union.*select|sleep\\(',
        '@rx (\\w)\\s*=\\s*(\\w)',
        '@rx .',
        '@pm select sleep <b',
        '@pm ab',
        '@contains ab',
        '@containsWord or',
        '@beginsWith a',
        '@endsWith b',
        '@streq ab',
        '@within ab,select,1',
        '@eq 1',
        '@ge 1',
        '@lt %{tx.n}',
        '@eq %{ARGS.a}',
        '@contains %{tx.0}',
        '@rx ^%{tx.n}$',
        '@validateByteRange 32-126',
        '@validateUrlEncoding',
        '@validateUtf8Encoding',
        '@detectSQLi',
        '@detectXSS',
        '@unconditionalMatch',
        '@noMatch',
      ),
      patterns()
        .filter((pattern) => !/["%\n\r\\]/.test(pattern))
        .map((pattern) => `@rx ${pattern}`),
    ),
  )
  .map(([not, text]) => `"${not}${text}"`);

const transform = fc.constantFrom(...Object.keys(transformations)).map((name) => `t:${name}`);

const effect = pick(
  'capture',
  'capture',
  'multiMatch',
  'setvar:tx.n=+1',
  'setvar:tx.n=-2',
  'setvar:tx.m_%{MATCHED_VAR_NAME}=+1',
  'setvar:tx.m=%{tx.m}%{MATCHED_VAR}',
  'setvar:tx.c=%{tx.c},setvar:tx.c=%{TX.0}%{TX.1}',
  'setvar:!tx.n',
  'setvar:ip.n=+1',
  'expirevar:ip.n=1',
  'initcol:ip=%{REMOTE_ADDR}',
  'ctl:ruleRemoveById=3-4',
  'ctl:ruleRemoveByTag=two',
  'ctl:ruleRemoveTargetById=1-4;ARGS:a',
  'ctl:ruleRemoveTargetByTag=one;REQUEST_HEADERS',
  'ctl:requestBodyProcessor=URLENCODED',
  'ctl:forceRequestBodyVariable=On',
);

const ofStarter = pick(
  'pass',
  'pass',
  'pass',
  'deny',
  'allow:phase',
  'allow',
  'skip:1',
  'nolog',
  'severity:2',
  'severity:5',
  "msg:'%{MATCHED_VAR_NAME} %{TX.0}',logdata:'%{MATCHED_VAR}'",
  'tag:one',
  'tag:two',
);

const body = fc
  .tuple(some(transform, 4, ','), some(effect, 3, ','))
  .map((parts) => parts.filter((part) => part !== ''));

const rule = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.uniqueArray(ofStarter, { maxLength: 3 }),
    fc.array(fc.tuple(targets, operator, body), { minLength: 1, maxLength: 3 }),
  )
  .map(([phase, starter, links]) => ({ phase, starter, links }));

/** What a rule set begins with: rules whose outcome is known before there is a request. */
const beginning = some(
  pick(
    'SecAction "id:%,phase:1,nolog,setvar:tx.n=1"',
    'SecAction "id:%,phase:1,nolog,setvar:tx.n=+2,setvar:tx.m=%{tx.n}"',
    'SecRule &TX:n "@eq 0" "id:%,phase:1,nolog,setvar:tx.n=3"',
    'SecRule TX:n "@ge 2" "id:%,phase:1,nolog,skip:1"',
    'SecRule TX:n "@lt %{tx.m}" "id:%,phase:2,nolog,skip:1"',
    'SecRule TX:n|&TX:m "@eq 0" "id:%,phase:2,nolog,skip:2"',
    'SecRule TX:n "@eq 1" "id:%,phase:1,nolog,setvar:!tx.m,chain"\nSecRule TX:m "@eq 1" "setvar:tx.n=0"',
    'SecAction "id:%,phase:2,nolog,setvar:tx.m=%{MATCHED_VAR}"',
  ),
  5,
  '\n',
).map((text) => text.replaceAll('id:%', () => `id:${nextId++}`));

let nextId = 1_000;

/** A rule set as text. */
export const ruleTexts: fc.Arbitrary<string> = fc
  .tuple(beginning, fc.array(rule, { minLength: 1, maxLength: 8 }))
  .map(([first, rules]) => {
    const lines = rules.flatMap(({ phase, starter, links }, index) =>
      links.map(([looksAt, matches, rest], at) => {
        const chain = at + 1 < links.length ? ['chain'] : [];
        const actions =
          at === 0 ? [`id:${index + 1},phase:${phase}`, ...starter, ...rest, ...chain] : [...rest, ...chain];
        return `SecRule ${looksAt} ${matches} "${actions.join(',')}"`;
      }),
    );
    return [
      'SecResponseBodyAccess On',
      first,
      'SecAction "id:100,phase:1,nolog,initcol:ip=%{REMOTE_ADDR}"',
      ...lines,
    ].join('\n');
  });

const piece = pick(
  'a',
  'b',
  'ab',
  'A',
  '1',
  ' ',
  "'",
  '<b>',
  'select',
  'or',
  '=',
  '%41',
  '%',
  '&amp;',
  '\\x61',
  '\xc3\xa4',
  '\0',
  '/*',
  '*/',
  '../',
  'c2VsZWN0',
  '--',
  'union',
  'sleep(',
  '1 or 1=1',
  '"',
);
const text = some(piece, 6, '');
const name = pick('a', 'A', 'b', 'bc', 'c');

const query = fc
  .array(fc.tuple(name, text), { maxLength: 5 })
  .map((all) => all.map(([key, value]) => `${key}=${escaped(value)}`).join('&'));

/** Only what would end a value; the rest is there to be decoded or not. */
const escaped = (value: string): string =>
  value.replace(/[&#\s\0]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);

export const exchanges: fc.Arbitrary<Exchange> = fc
  .record({
    query,
    agent: text,
    cookie: text,
    type: pick('application/x-www-form-urlencoded', 'text/plain'),
    body: fc.option(query, { nil: undefined }),
    reply: text,
  })
  .map(({ query: sent, agent, cookie, type, body: content, reply }) => ({
    target: `/p?${sent}`,
    fields: ['Host', 'h', 'User-Agent', agent, 'Cookie', `a=${cookie}; b=1`, 'Content-Type', type],
    ...(content === undefined ? {} : { body: content }),
    response: { fields: ['Content-Type', 'text/html', 'X', reply], body: reply },
  }));
