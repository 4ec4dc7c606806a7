import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from './engine.ts';
import { type Exchange, exchange, ruleSet } from './testing/exchange.ts';
import { compilePlainly } from './testing/plain.ts';

/** Rules, a request, and what TX holds in the end under the names asked for. */
type Vector = readonly [
  what: string,
  rules: string,
  request: Exchange,
  expected: Readonly<Record<string, string | undefined>>,
];

const form = ['Content-Type', 'application/x-www-form-urlencoded'];

const vectors: readonly Vector[] = [
  [
    'setvar happens for each value that matches',
    'SecRule ARGS "@rx ^a" "id:1,phase:1,setvar:tx.n=+1"',
    { target: '/?x=a1&y=b&z=a2' },
    { n: '2' },
  ],
  [
    'a selector means one name, whatever its case',
    'SecRule ARGS:Id "@rx ." "id:1,phase:1,setvar:tx.n=+1"',
    { target: '/?id=1&ID=2&other=3' },
    { n: '2' },
  ],
  [
    'a selector may be a pattern',
    'SecRule ARGS:/^i/ "@rx ." "id:1,phase:1,setvar:tx.n=+1"',
    { target: '/?id=1&Ix=2&other=3' },
    { n: '2' },
  ],
  [
    'exclusions',
    'SecRule ARGS|!ARGS:id|!ARGS:/^x/ "@rx ." "id:1,phase:1,setvar:tx.n=+1"',
    { target: '/?id=1&xa=2&other=3' },
    { n: '1' },
  ],
  [
    'an exclusion means its own variable alone',
    'SecRule ARGS|ARGS_NAMES|!ARGS:id "@rx ." "id:1,phase:1,setvar:tx.n=+1"',
    { target: '/?id=1' },
    { n: '1' },
  ],
  [
    'counts',
    'SecRule &ARGS "@eq 2" "id:1,phase:1,setvar:tx.a=%{MATCHED_VAR_NAME}"\nSecRule &ARGS:none "@eq 0" "id:2,phase:1,setvar:tx.b=%{MATCHED_VAR_NAME}"',
    { target: '/?x=1&y=2' },
    { a: '&ARGS', b: '&ARGS:none' },
  ],
  [
    'names of values',
    'SecRule REQUEST_HEADERS|ARGS|REQUEST_URI "@contains needle" "id:1,phase:1,setvar:tx.all=%{tx.all}|%{MATCHED_VAR_NAME}=%{MATCHED_VAR}"',
    { target: '/needle?Q=needle2', fields: ['X-A', 'a needle'] },
    { all: '|REQUEST_HEADERS:X-A=a needle|ARGS:Q=needle2|REQUEST_URI=/needle?Q=needle2' },
  ],
  [
    'MATCHED_VAR is what the operator saw',
    'SecRule ARGS "@streq abc" "id:1,phase:1,t:lowercase,t:trim,setvar:tx.v=%{MATCHED_VAR}"',
    { target: '/?x=+ABC' },
    { v: 'abc' },
  ],
  [
    'negation',
    'SecRule ARGS "!@rx ^[0-9]+$" "id:1,phase:1,setvar:tx.n=+1"',
    { target: '/?x=1&y=b' },
    { n: '1' },
  ],
  [
    'captures stay until others come',
    'SecRule ARGS:a "@rx (.)(.)?(x)?" "id:1,phase:1,capture,setvar:tx.c=%{TX.0}-%{TX.1}-%{TX.2}-%{TX.3}"\nSecRule ARGS:b "@rx (.)" "id:2,phase:1,setvar:tx.d=%{TX.1}"\nSecRule ARGS:b "@rx q" "id:3,phase:1,capture,setvar:tx.e=%{TX.0}%{TX.1}"',
    { target: '/?a=uv&b=q' },
    { c: 'uv-u-v-', d: 'u', e: 'q' },
  ],
  [
    'pm captures what it found',
    'SecRule ARGS "@pm one two" "id:1,phase:1,capture,setvar:tx.c=%{TX.0}"',
    { target: '/?a=xTWOx' },
    { c: 'TWO' },
  ],
  [
    'a chain needs all of its links, each does what it says',
    'SecRule ARGS:a "@eq 1" "id:1,phase:1,setvar:tx.first=1,chain"\nSecRule ARGS:b "@eq 1" "setvar:tx.second=1"',
    { target: '/?a=1&b=2' },
    { first: '1', second: undefined },
  ],
  [
    'a chain sees what matched before',
    'SecRule ARGS "@rx ^n" "id:1,phase:1,chain"\nSecRule MATCHED_VARS "@rx 2$" "setvar:tx.n=+1,setvar:tx.name=%{MATCHED_VAR_NAME}"',
    { target: '/?a=n1&b=n2&c=2' },
    { n: '1', name: 'MATCHED_VARS:ARGS:b' },
  ],
  [
    'names of what matched',
    'SecRule ARGS_NAMES "@rx ." "id:1,phase:1,setvar:tx.counter_%{MATCHED_VAR_NAME}=+1"\nSecRule TX:/^counter_/ "@gt 1" "id:2,phase:1,chain"\nSecRule MATCHED_VARS_NAMES "@rx counter_ARGS_NAMES:(.*)" "capture,setvar:tx.twice=%{TX.1}"',
    { target: '/?a=1&b=2&a=3' },
    { twice: 'a' },
  ],
  [
    'skipAfter',
    'SecRule ARGS:a "@eq 1" "id:1,phase:1,skipAfter:M"\nSecAction "id:2,phase:1,setvar:tx.skipped=1"\nSecMarker M\nSecAction "id:3,phase:1,setvar:tx.reached=1"',
    { target: '/?a=1' },
    { skipped: undefined, reached: '1' },
  ],
  [
    'skip',
    'SecAction "id:1,phase:1,skip:1"\nSecAction "id:2,phase:1,setvar:tx.a=1"\nSecAction "id:3,phase:1,setvar:tx.b=1"',
    {},
    { a: undefined, b: '1' },
  ],
  [
    'a skip without a match goes nowhere',
    'SecRule ARGS "@rx ." "id:1,phase:1,skip:1"\nSecAction "id:2,phase:1,setvar:tx.a=1"',
    {},
    { a: '1' },
  ],
  [
    'arithmetic',
    'SecAction "id:1,phase:1,setvar:tx.a=5,setvar:tx.a=+%{tx.b},setvar:tx.b=3,setvar:tx.a=+%{TX.B},setvar:tx.c=+2,setvar:tx.c=-9,setvar:tx.d=x,setvar:!tx.d,setvar:tx.e"',
    {},
    { a: '8', c: '0', d: undefined, e: '1' },
  ],
  [
    'names in TX have no case',
    'SecAction "id:1,phase:1,setvar:TX.Score=5"\nSecRule TX:SCORE "@eq 5" "id:2,phase:1,setvar:tx.seen=%{tx.sCoRe}"',
    {},
    { seen: '5' },
  ],
  [
    'arguments of operators are filled in when they run',
    'SecAction "id:1,phase:1,setvar:\'tx.allowed=GET POST\',setvar:tx.limit=2"\nSecRule REQUEST_METHOD "@within %{tx.allowed}" "id:2,phase:1,setvar:tx.method=1"\nSecRule &ARGS "@gt %{tx.limit}" "id:3,phase:1,setvar:tx.many=1"\nSecRule ARGS:c "@rx ^%{tx.limit}$" "id:4,phase:1,setvar:tx.pattern=1"',
    { target: '/?a=1&b=1&c=2' },
    { method: '1', many: '1', pattern: '1' },
  ],
  [
    'multiMatch looks at each step that changes something',
    'SecRule ARGS:a "@rx ^(?:A b|a b|ab)$" "id:1,phase:1,multiMatch,t:lowercase,t:urlDecode,t:removeWhitespace,setvar:tx.n=+1"',
    { target: '/?a=A%20b' },
    { n: '3' },
  ],
  [
    'ctl removes rules that follow, by id, tag and message',
    'SecAction "id:1,phase:1,ctl:ruleRemoveById=2-3,ctl:ruleRemoveByTag=^x/,ctl:ruleRemoveByMsg=Bye"\nSecAction "id:2,phase:1,setvar:tx.n=+1"\nSecAction "id:3,phase:2,setvar:tx.n=+1"\nSecAction "id:4,phase:2,tag:x/y,setvar:tx.n=+1"\nSecAction "id:5,phase:2,msg:\'Bye now\',setvar:tx.n=+1"\nSecAction "id:6,phase:2,tag:yx/,setvar:tx.n=+10"',
    {},
    { n: '10' },
  ],
  [
    'a rule that was removed skips nothing',
    'SecAction "id:1,phase:1,ctl:ruleRemoveById=2"\nSecAction "id:2,phase:1,skip:1"\nSecAction "id:3,phase:1,setvar:tx.a=1"',
    {},
    { a: '1' },
  ],
  [
    'ctl removes targets, by id, tag and message',
    'SecAction "id:1,phase:1,ctl:ruleRemoveTargetById=2;ARGS:a,ctl:ruleRemoveTargetByTag=^x;ARGS:/^b/,ctl:ruleRemoveTargetByMsg=Hi;ARGS"\nSecRule ARGS "@rx ." "id:2,phase:1,setvar:tx.two=+1"\nSecRule ARGS "@rx ." "id:3,phase:1,tag:x,setvar:tx.three=+1"\nSecRule ARGS|ARGS_NAMES "@rx ." "id:4,phase:1,msg:Hi,setvar:tx.four=%{tx.four}%{MATCHED_VAR_NAME},"',
    { target: '/?a=1&b=1&b2=2' },
    { two: '2', three: '1', four: 'ARGS_NAMES:aARGS_NAMES:bARGS_NAMES:b2' },
  ],
  [
    'rules off end everything',
    'SecAction "id:1,phase:1,ctl:ruleEngine=Off"\nSecAction "id:2,phase:1,setvar:tx.a=1"\nSecAction "id:3,phase:5,setvar:tx.b=1"',
    {},
    { a: undefined, b: undefined },
  ],
  [
    'allow:phase ends the phase',
    'SecAction "id:1,phase:1,allow:phase"\nSecAction "id:2,phase:1,setvar:tx.a=1"\nSecAction "id:3,phase:2,setvar:tx.b=1"',
    {},
    { a: undefined, b: '1' },
  ],
  [
    'allow:request ends phases 1 and 2',
    'SecAction "id:1,phase:1,allow:request"\nSecAction "id:2,phase:2,setvar:tx.a=1"\nSecAction "id:3,phase:3,setvar:tx.b=1"',
    { response: {} },
    { a: undefined, b: '1' },
  ],
  [
    'allow ends all phases but the last',
    'SecAction "id:1,phase:1,allow"\nSecAction "id:2,phase:3,setvar:tx.a=1"\nSecAction "id:3,phase:5,setvar:tx.b=1"',
    { response: {} },
    { a: undefined, b: '1' },
  ],
  [
    'a rule that decides ends its phase and those behind it, but the last',
    'SecRule ARGS "@rx ." "id:1,phase:1,deny,setvar:tx.n=+1"\nSecAction "id:2,phase:1,setvar:tx.a=1"\nSecAction "id:3,phase:2,setvar:tx.b=1"\nSecAction "id:4,phase:5,setvar:tx.c=1"',
    { target: '/?a=1&b=2' },
    { n: '1', a: undefined, b: undefined, c: '1' },
  ],
  [
    'detection goes on',
    'SecRuleEngine DetectionOnly\nSecRule ARGS "@rx ." "id:1,phase:1,deny,setvar:tx.n=+1"\nSecAction "id:2,phase:2,setvar:tx.b=1"',
    { target: '/?a=1&b=2' },
    { n: '2', b: '1' },
  ],
  [
    'severity',
    'SecAction "id:1,phase:1,setvar:tx.a=%{HIGHEST_SEVERITY}"\nSecAction "id:2,phase:1,severity:WARNING"\nSecAction "id:3,phase:1,severity:NOTICE"\nSecAction "id:4,phase:1,setvar:tx.b=%{HIGHEST_SEVERITY}"',
    {},
    { a: '255', b: '4' },
  ],
  [
    'RULE',
    "SecAction \"id:7,phase:1,severity:2,msg:'Hello %{tx.none}',setvar:'tx.a=%{RULE.id} %{rule.severity} %{rule.msg}'\"",
    {},
    { a: '7 2 Hello %{TX.none}' },
  ],
  [
    'an unknown member is empty',
    'SecAction "id:1,phase:1,setvar:\'tx.a=<%{tx.none}%{ARGS.none}%{REQUEST_HEADERS.none}>\'"',
    {},
    { a: '<>' },
  ],
  [
    'setenv',
    'SecAction "id:1,phase:1,setenv:flag=%{REQUEST_METHOD}"\nSecRule ENV:flag "@streq GET" "id:2,phase:1,setvar:tx.a=1"',
    {},
    { a: '1' },
  ],
  [
    'a SecAction has no variable',
    'SecRule ARGS:a "@rx ." "id:1,phase:1"\nSecAction "id:2,phase:1,setvar:tx.a=%{MATCHED_VAR_NAME}"',
    { target: '/?a=1' },
    { a: 'ARGS:a' },
  ],
  [
    'an operator that is not supported never matches, turned round neither',
    'SecRule REMOTE_ADDR "@rbl x.example" "id:1,phase:1,setvar:tx.a=1"\nSecRule REMOTE_ADDR "!@rbl x.example" "id:2,phase:1,setvar:tx.b=1"',
    {},
    { a: undefined, b: undefined },
  ],
  [
    'a body of arguments',
    'SecRule ARGS_POST "@rx ." "id:1,phase:2,setvar:tx.post=%{tx.post}%{MATCHED_VAR_NAME}"\nSecRule ARGS "@rx ." "id:2,phase:2,setvar:tx.all=+1"\nSecRule ARGS "@rx ." "id:3,phase:1,setvar:tx.first=+1"\nSecRule REQUEST_BODY "@streq b=2&c=3" "id:4,phase:2,setvar:tx.body=%{REQBODY_PROCESSOR}%{REQUEST_BODY_LENGTH}%{ARGS_COMBINED_SIZE}"',
    { target: '/?a=1', fields: form, body: 'b=2&c=3' },
    { post: 'ARGS_POST:bARGS_POST:c', all: '3', first: '1', body: 'URLENCODED76' },
  ],
  [
    'a body of another type is none without forceRequestBodyVariable',
    'SecRule REQUEST_BODY "@rx ." "id:1,phase:2,setvar:tx.a=1"',
    { body: 'x' },
    { a: undefined },
  ],
  [
    'and is one with it',
    'SecAction "id:1,phase:1,ctl:forceRequestBodyVariable=On"\nSecRule REQUEST_BODY "@rx ." "id:2,phase:2,setvar:tx.a=1"',
    { body: 'x' },
    { a: '1' },
  ],
  [
    'a rule chooses the processor',
    'SecAction "id:1,phase:1,ctl:requestBodyProcessor=URLENCODED"\nSecRule ARGS_POST:a "@eq 1" "id:2,phase:2,setvar:tx.a=1"',
    { body: 'a=1' },
    { a: '1' },
  ],
  [
    'a body that rules do not want is not read',
    'SecAction "id:1,phase:1,ctl:requestBodyAccess=Off"\nSecRule &ARGS_POST "@eq 0" "id:2,phase:2,setvar:tx.a=1"',
    { fields: form, body: 'a=1' },
    { a: '1' },
  ],
  [
    'cookies',
    'SecRule REQUEST_COOKIES "@rx ." "id:1,phase:1,setvar:tx.a=%{tx.a}%{MATCHED_VAR_NAME}=%{MATCHED_VAR};"\nSecRule &REQUEST_COOKIES_NAMES "@eq 4" "id:2,phase:1,setvar:tx.n=1"',
    { fields: ['Cookie', 'a=1; b="x,y";;c', 'cookie', '  d=e=f'] },
    { a: 'REQUEST_COOKIES:a=1;REQUEST_COOKIES:b="x,y";REQUEST_COOKIES:d=e=f;', n: '1' },
  ],
  [
    'cookies of format 1',
    'SecCookieFormat 1\nSecRule REQUEST_COOKIES "@rx ." "id:1,phase:1,setvar:tx.a=%{tx.a}%{MATCHED_VAR_NAME}=%{MATCHED_VAR};"',
    { fields: ['Cookie', 'a=1,b="x,;y"'] },
    { a: 'REQUEST_COOKIES:a=1;REQUEST_COOKIES:b=x,;y;' },
  ],
  [
    'another separator of arguments',
    'SecArgumentSeparator ;\nSecRule &ARGS "@eq 2" "id:1,phase:1,setvar:tx.a=1"',
    { target: '/?a=1;b=2&c' },
    { a: '1' },
  ],
  [
    'a response',
    'SecResponseBodyAccess On\nSecRule RESPONSE_STATUS "@eq 500" "id:1,phase:3,setvar:tx.a=%{RESPONSE_HEADERS.x}%{STATUS_LINE}"\nSecRule RESPONSE_BODY "@contains oops" "id:2,phase:4,setvar:tx.b=1"',
    {
      response: {
        status: 500,
        reason: 'Oh',
        fields: ['X', 'y', 'content-type', 'Text/HTML; charset=utf-8'],
        body: 'oops',
      },
    },
    { a: 'yHTTP/1.1 500 Oh', b: '1' },
  ],
  [
    'the body of a response of another type is not looked at',
    'SecResponseBodyAccess On\nSecRule RESPONSE_BODY "@contains oops" "id:2,phase:4,setvar:tx.b=1"',
    { response: { fields: ['content-type', 'image/png'], body: 'oops' } },
    { b: undefined },
  ],
]; // prettier-ignore

for (const compile of [compileRules, compilePlainly])
  for (const [what, rules, request, expected] of vectors)
    test(`${what} (${compile.name})`, () => {
      const transaction = exchange(compile(ruleSet(rules)), request);
      assert.equal(transaction.fault, undefined);
      const found = Object.fromEntries(
        Object.keys(expected).map((name) => [name, transaction.variable(name)]),
      );
      assert.deepEqual(found, expected);
    });
