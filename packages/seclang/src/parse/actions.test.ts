import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from './action.ts';
import { parseActions } from './actions.ts';
import { SyntaxProblem } from './problem.ts';

const effect = (what: Extract<Action, { kind: 'effect' }>['effect']): Action => ({
  kind: 'effect',
  effect: what,
});

const table: readonly (readonly [text: string, ...actions: Action[]])[] = [
  [''],
  ['id:1,phase:request', { kind: 'id', id: 1 }, { kind: 'phase', phase: 2 }],
  [
    "id:'1', phase:response , phase:5",
    { kind: 'id', id: 1 },
    { kind: 'phase', phase: 4 },
    { kind: 'phase', phase: 5 },
  ],
  [
    't:none,t:normalisePath,t:URLDecodeUni',
    { kind: 'transformation', name: undefined },
    { kind: 'transformation', name: 'normalizePath' },
    { kind: 'transformation', name: 'urlDecodeUni' },
  ],
  [
    "msg:'It\\'s, %{MATCHED_VAR_NAME}: %{tx.1}'",
    {
      kind: 'msg',
      text: ["It's, ", { variable: 'MATCHED_VAR_NAME', key: undefined }, ': ', { variable: 'TX', key: '1' }],
    },
  ],
  ['severity:CRITICAL,severity:4', { kind: 'severity', value: 2 }, { kind: 'severity', value: 4 }],
  ['nolog,auditlog', { kind: 'log', on: false }, { kind: 'auditlog', on: true }],
  ['capture,chain,multiMatch', { kind: 'capture' }, { kind: 'chain' }, { kind: 'multiMatch' }],
  ['deny,status:403', { kind: 'disruptive', action: { kind: 'deny' } }, { kind: 'status', value: 403 }],
  ['allow', { kind: 'disruptive', action: { kind: 'allow', scope: 'transaction' } }],
  ['allow:phase', { kind: 'disruptive', action: { kind: 'allow', scope: 'phase' } }],
  [
    'redirect:http://a/?b=c',
    { kind: 'disruptive', action: { kind: 'redirect', location: ['http://a/?b=c'] } },
  ],
  ['skipAfter:END,skip:2', { kind: 'skipAfter', text: 'END' }, { kind: 'skip', value: 2 }],
  [
    "setvar:'tx.score=+%{tx.critical}'",
    effect({
      kind: 'setvar',
      collection: 'TX',
      key: ['score'],
      operation: 'add',
      value: [{ variable: 'TX', key: 'critical' }],
    }),
  ],
  ['setvar:tx.a', effect({ kind: 'setvar', collection: 'TX', key: ['a'], operation: 'set', value: ['1'] })],
  [
    'setvar:tx.a=-2',
    effect({ kind: 'setvar', collection: 'TX', key: ['a'], operation: 'subtract', value: ['2'] }),
  ],
  [
    'setvar:!ip.a',
    effect({ kind: 'setvar', collection: 'IP', key: ['a'], operation: 'remove', value: [''] }),
  ],
  [
    "setvar:'tx.n_%{MATCHED_VAR_NAME}=a=b'",
    effect({
      kind: 'setvar',
      collection: 'TX',
      key: ['n_', { variable: 'MATCHED_VAR_NAME', key: undefined }],
      operation: 'set',
      value: ['a=b'],
    }),
  ],
  ['expirevar:ip.a=60', effect({ kind: 'expirevar', collection: 'IP', key: ['a'], seconds: ['60'] })],
  [
    'initcol:ip=%{REMOTE_ADDR}_x',
    effect({ kind: 'initcol', collection: 'IP', key: [{ variable: 'REMOTE_ADDR', key: undefined }, '_x'] }),
  ],
  ['setenv:A=b', effect({ kind: 'setenv', name: 'A', value: ['b'] })],
  [
    'ctl:ruleRemoveById=1-3',
    effect({ kind: 'ctl', control: { option: 'ruleRemoveById', ids: [{ from: 1, to: 3 }] } }),
  ],
  [
    'ctl:ruleRemoveTargetByTag=attack-sqli;ARGS:/^a/',
    effect({
      kind: 'ctl',
      control: {
        option: 'ruleRemoveTargetByTag',
        pattern: 'attack-sqli',
        targets: [
          { variable: 'ARGS', selector: { kind: 'pattern', source: '^a' }, count: false, excluded: false },
        ],
      },
    }),
  ],
  [
    'ctl:requestBodyProcessor=xml,ctl:ruleEngine=off',
    effect({ kind: 'ctl', control: { option: 'requestBodyProcessor', processor: 'XML' } }),
    effect({ kind: 'ctl', control: { option: 'ruleEngine', mode: 'Off' } }),
  ],
  [
    'ctl:auditLogParts=+E',
    effect({ kind: 'ctl', control: { option: 'auditLogParts', change: 'add', parts: 'E' } }),
  ],
];

for (const [text, ...actions] of table) {
  test(`actions ${text || 'none'}`, () => {
    assert.deepEqual(parseActions(text), actions);
  });
}

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['id:1,nope', /unknown action nope/],
  ['id', /id needs a value/],
  ['id:-1', /not a whole number/],
  ['id:x', /not a whole number/],
  ['phase:6', /not a phase/],
  ['phase:0', /not a phase/],
  ['t:nope', /unknown transformation t:nope/],
  ['severity:BAD', /none of EMERGENCY/],
  ['status:42', /not a status/],
  ['chain:1', /takes no value/],
  ['exec:/bin/sh', /exec is refused/],
  ['proxy:http:\\/\\/a', /proxy is refused/],
  ["msg:'a", /not an action|missing|unknown/],
  ['setvar:args.a=1', /can write/],
  ['setvar:tx=1', /can write/],
  ['ctl:nope=1', /unknown ctl:nope/],
  ['ctl:ruleEngine', /needs a value/],
  ['ctl:ruleEngine=Maybe', /none of On/],
  ['ctl:ruleRemoveById=x', /not the number of a rule/],
  ['ctl:ruleRemoveTargetById=1', /semicolon/],
  ['ctl:ruleRemoveTargetById=1;!ARGS', /without & and !/],
  ['initcol:tx=1', /none of GLOBAL/],
  ['msg:%{nope}', /unknown variable NOPE/],
];

for (const [text, message] of refused) {
  test(`refuses ${text}`, () => {
    assert.throws(
      () => parseActions(text),
      (error) => error instanceof SyntaxProblem && message.test(error.message),
    );
  });
}
