import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Loaded, type LoadOptions, loadRules } from './load.ts';
import type { Rule } from './model/rule.ts';
import type { RuleFiles } from './parse/files.ts';
import { describeProblem } from './parse/problem.ts';

const load = (text: string, options?: LoadOptions): Loaded => loadRules([{ text, name: 'a.conf' }], options);

function loaded(text: string, options?: LoadOptions): Extract<Loaded, { ok: true }> {
  const result = load(text, options);
  if (!result.ok) assert.fail(result.problems.map(describeProblem).join('\n'));
  return result;
}

const rule = (text: string, id: number): Rule => {
  const rules = Object.values(loaded(text).ruleSet.phases).flat();
  return rules.find((each) => each.id === id) ?? assert.fail(`no rule ${id}`);
};

function problems(text: string, options?: LoadOptions): string[] {
  const result = load(text, options);
  return result.ok ? [] : result.problems.map(describeProblem);
}

/** Files in memory; `*` in a pattern stands for anything. */
function inMemory(files: Readonly<Record<string, string>>): RuleFiles {
  return {
    read: (path) => files[path] ?? assert.fail('no such file'),
    list: (pattern) => {
      const [head = '', tail = ''] = pattern.split('*');
      return Object.keys(files).filter(
        (path) => path.startsWith(head) && path.endsWith(tail) && (tail !== '' || path === head),
      );
    },
  };
}

test('collects every problem, with file and line', () => {
  const text = [
    'SecRule ARGZ "a" "id:1"',
    '',
    'SecNope On',
    'SecRule ARGS "(" \\',
    '  "id:2"',
    'SecAction "id:3,nope"',
  ];
  assert.deepEqual(problems(text.join('\n')), [
    'a.conf:1: unknown variable ARGZ',
    'a.conf:3: unknown directive SecNope',
    'a.conf:4: pattern: missing closing parenthesis at 0',
    'a.conf:6: unknown action nope',
  ]);
});

test('joins chains', () => {
  const { links, next } = rule(
    'SecRule ARGS "a" "id:1,phase:1,deny,chain"\nSecRule TX:b "@eq 1" "t:none,chain"\nSecRule TX:c "@eq 2" "setvar:tx.d=1"',
    1,
  );
  assert.deepEqual(
    links.map(({ line, operator }) => [line, operator.name]),
    [
      [1, 'rx'],
      [2, 'eq'],
      [3, 'eq'],
    ],
  );
  assert.equal(links[2]?.effects.length, 1);
  assert.equal(next, undefined);
});

test('a chain needs an end, and only its first rule decides', () => {
  assert.deepEqual(problems('SecRule ARGS "a" "id:1,chain"'), [
    'a.conf:1: the chain that begins here has no end',
  ]);
  assert.deepEqual(problems('SecRule ARGS "a" "id:1,chain"\nSecMarker X\nSecRule ARGS "b" "id:2"'), [
    'a.conf:1: the chain that begins here has no end',
  ]);
  assert.deepEqual(problems('SecRule ARGS "a" "id:1,chain"\nSecRule ARGS "b" "id:2,deny"'), [
    'a.conf:2: id belongs to the first rule of a chain',
    'a.conf:2: disruptive belongs to the first rule of a chain',
  ]);
});

test('a rule that cannot be read gives no second problem for the chain it stands in', () => {
  assert.deepEqual(problems('SecRule ARGS "a" "id:1,chain"\nSecRule ARGZ "b" ""\nSecRule ARGS "c" "id:2"'), [
    'a.conf:2: unknown variable ARGZ',
  ]);
});

test('ids are needed, and once', () => {
  assert.deepEqual(problems('SecRule ARGS "a" "deny"\nSecAction "id:1"\nSecAction "id:1"'), [
    'a.conf:1: a rule needs an id',
    'a.conf:3: id 1 is taken by the rule at a.conf:2',
  ]);
});

test('rules take the default action of their phase in force where they stand', () => {
  const text = [
    'SecRule ARGS "a" "id:1,phase:1,block"',
    'SecDefaultAction "phase:1,nolog,auditlog,deny,status:406,t:lowercase,tag:\'x\'"',
    'SecRule ARGS "a" "id:2,phase:1,block"',
    'SecRule ARGS "a" "id:3,phase:1,t:none,t:trim,pass,log"',
    'SecRule ARGS "a" "id:4,phase:2,block"',
  ].join('\n');
  assert.deepEqual(rule(text, 1).outcome, { kind: 'pass' });
  const second = rule(text, 2);
  assert.deepEqual([second.outcome, second.block, second.status], [{ kind: 'deny' }, true, 406]);
  assert.deepEqual(
    [second.log, second.auditlog, second.links[0]?.transformations],
    [false, true, ['lowercase']],
  );
  const third = rule(text, 3);
  assert.deepEqual([third.outcome, third.block, third.log], [{ kind: 'pass' }, false, true]);
  assert.deepEqual(third.links[0]?.transformations, ['trim']);
  assert.deepEqual(rule(text, 4).outcome, { kind: 'pass' });
});

test('a default action names its phase and what to do, and nothing of a single rule', () => {
  assert.deepEqual(problems('SecDefaultAction "log,deny"'), ['a.conf:1: SecDefaultAction needs a phase']);
  assert.match(problems('SecDefaultAction "phase:1,log"')[0]!, /needs an action/);
  assert.match(problems('SecDefaultAction "phase:1,block"')[0]!, /needs an action/);
  assert.deepEqual(problems('SecDefaultAction "phase:1,pass,id:1"'), ['a.conf:1: id cannot be a default']);
});

test('phases have their rules in order', () => {
  const text =
    'SecAction "id:1,phase:2"\nSecAction "id:2,phase:1"\nSecAction "id:3"\nSecAction "id:4,phase:logging"';
  const { phases } = loaded(text).ruleSet;
  const ids = Object.fromEntries(
    Object.entries(phases).map(([phase, rules]) => [phase, rules.map(({ id }) => id)]),
  );
  assert.deepEqual(ids, { 1: [2], 2: [1, 3], 3: [], 4: [], 5: [4] });
});

test('skipAfter leads to the first rule of the phase behind the next marker of the name, or the end', () => {
  const text = [
    'SecMarker M',
    'SecAction "id:1,phase:1,skipAfter:M"',
    'SecAction "id:2,phase:1"',
    'SecMarker M',
    'SecAction "id:3,phase:2"',
    'SecAction "id:4,phase:1,skip:1"',
    'SecAction "id:5,phase:1,skipAfter:END"',
    'SecMarker END',
    'SecAction "id:6,phase:2,skip:9"',
  ].join('\n');
  assert.deepEqual(
    [1, 2, 4, 5, 6].map((id) => rule(text, id).next),
    [2, undefined, 4, 4, 2],
  );
  assert.deepEqual(problems('SecMarker M\nSecAction "id:1,skipAfter:M"'), [
    'a.conf:2: skipAfter:M: no such marker or rule follows',
  ]);
});

test('skips stay right when rules between are removed', () => {
  const text = [
    'SecAction "id:1,phase:1,skipAfter:M"',
    'SecAction "id:2,phase:1"',
    'SecMarker M',
    'SecAction "id:3,phase:1"',
    'SecRuleRemoveById 2',
  ].join('\n');
  assert.equal(rule(text, 1).next, 1);
});

const three = [
  `SecRule ARGS|REQUEST_URI "a" "id:1,phase:1,tag:'attack/sqli',msg:'One',t:lowercase,chain"`,
  'SecRule TX:a "@eq 1"',
  `SecRule ARGS "a" "id:2,phase:1,tag:'attack/xss',msg:'Two'"`,
  `SecRule ARGS "a" "id:30,phase:1,tag:'other',msg:'Three'"`,
].join('\n');

const remaining = (directive: string): number[] =>
  loaded(`${three}\n${directive}`).ruleSet.phases[1].map(({ id }) => id);

test('removes rules by id, tag and message', () => {
  assert.deepEqual(remaining('SecRuleRemoveById 1 20-40'), [2]);
  assert.deepEqual(remaining('SecRuleRemoveById "1,2"'), [30]);
  assert.deepEqual(remaining('SecRuleRemoveByTag attack/'), [30]);
  assert.deepEqual(remaining('SecRuleRemoveByMsg "^T"'), [1]);
});

test('says when a directive meets no rule, as rules that follow are not meant', () => {
  const { warnings } = loaded(
    'SecRuleRemoveById 1\nSecAction "id:1"\nSecRuleUpdateActionById 7 "nolog"\nSecDataDir /x',
  );
  assert.deepEqual(warnings.map(describeProblem), [
    'a.conf:1: no rule before this is meant',
    'a.conf:3: there is no rule 7:0 before this',
    'a.conf:4: SecDataDir has no effect here',
  ]);
});

test('updates targets', () => {
  const targets = (directive: string, id = 1) =>
    rule(`${three}\n${directive}`, id).links[0]!.targets.map(
      ({ variable, excluded, selector }) =>
        `${excluded ? '!' : ''}${variable}${selector?.kind === 'name' ? `:${selector.name}` : ''}`,
    );
  assert.deepEqual(targets('SecRuleUpdateTargetById 1 "!ARGS:a,!ARGS:b"'), [
    'ARGS',
    'REQUEST_URI',
    '!ARGS:a',
    '!ARGS:b',
  ]);
  assert.deepEqual(targets('SecRuleUpdateTargetById 1-9 "!ARGS:a"', 2), ['ARGS', '!ARGS:a']);
  assert.deepEqual(targets('SecRuleUpdateTargetByTag attack/xss "!ARGS:a"', 2), ['ARGS', '!ARGS:a']);
  assert.deepEqual(targets('SecRuleUpdateTargetByTag attack/xss "!ARGS:a"'), ['ARGS', 'REQUEST_URI']);
  assert.deepEqual(targets('SecRuleUpdateTargetById 1 "ARGS_NAMES" "ARGS"'), ['REQUEST_URI', 'ARGS_NAMES']);
});

test('updates actions, of a link too', () => {
  const updated = rule(
    `${three}\nSecRuleUpdateActionById 1 "deny,status:404,t:none,t:trim"\nSecRuleUpdateActionById 1:1 "setvar:tx.x=1"`,
    1,
  );
  assert.deepEqual([updated.outcome, updated.status], [{ kind: 'deny' }, 404]);
  assert.deepEqual(updated.links[0]?.transformations, ['trim']);
  assert.equal(updated.links[1]?.effects.length, 1);
  assert.match(problems(`${three}\nSecRuleUpdateActionById 1 "id:9"`)[0]!, /neither id, phase nor chain/);
  assert.match(problems(`${three}\nSecRuleUpdateActionById 1:1 "deny"`)[0]!, /first rule of a chain/);
});

test('reads settings', () => {
  const text = [
    'SecRuleEngine DetectionOnly',
    'SecRequestBodyAccess on',
    'SecRequestBodyLimit 1000',
    'SecRequestBodyLimitAction Reject',
    'SecResponseBodyMimeType text/plain TEXT/html',
    'SecComponentSignature "A/1"',
    'SecCollectionTimeout 600',
    'SecArgumentSeparator ;',
    'SecCookieFormat 0',
    'SecXmlExternalEntity Off',
  ].join('\n');
  const { settings } = loaded(text).ruleSet;
  assert.deepEqual(
    [
      settings.ruleEngine,
      settings.requestBodyAccess,
      settings.requestBodyLimit,
      settings.requestBodyLimitAction,
    ],
    ['DetectionOnly', true, 1000, 'Reject'],
  );
  assert.deepEqual(settings.responseBodyMimeTypes, ['text/plain', 'text/html']);
  assert.deepEqual(
    [
      settings.componentSignatures,
      settings.collectionTimeout,
      settings.argumentSeparator,
      settings.cookieFormat,
    ],
    [['A/1'], 600, ';', 0],
  );
  assert.equal(
    problems('SecRuleEngine Yes\nSecRequestBodyLimit many\nSecXmlExternalEntity On\nSecCookieFormat 2')
      .length,
    4,
  );
});

test('includes files and patterns from the folder of the file that names them', () => {
  const files = inMemory({
    '/r/main.conf': 'Include rules/*.conf\nIncludeOptional none/*.conf\nSecAction "id:9,phase:1"',
    '/r/rules/a.conf': 'SecAction "id:1,phase:1"',
    '/r/rules/b.conf': 'SecRule ARGS "@pmFromFile b.data" "id:2,phase:1"',
    '/r/rules/b.data': 'one\ntwo',
  });
  const result = loadRules([{ path: '/r/main.conf' }], { files });
  assert.ok(result.ok);
  assert.deepEqual(
    result.ruleSet.phases[1].map(({ id, file, links }) => [id, file, links[0]?.data]),
    [
      [1, '/r/rules/a.conf', []],
      [2, '/r/rules/b.conf', ['one\ntwo']],
      [9, '/r/main.conf', []],
    ],
  );
});

test('a file that is missing, in a loop or not to be read at all is a problem where it is named', () => {
  const files = inMemory({ '/loop.conf': 'Include /loop.conf' });
  assert.match(
    problems('SecAction "id:1"\nInclude /none.conf', { files })[0]!,
    /^a\.conf:2: cannot read \/none\.conf/,
  );
  assert.match(problems('Include /none/*.conf', { files })[0]!, /^a\.conf:1: no file matches/);
  assert.match(problems('Include /loop.conf', { files })[0]!, /nested deeper/);
  assert.match(problems('SecRule ARGS "@pmFromFile x" "id:1"')[0]!, /name no files/);
});

test('operators that are not supported are said to be', () => {
  const { warnings } = loaded('SecRule REMOTE_ADDR "@rbl x.example" "id:1"');
  assert.match(warnings[0]!.message, /@rbl is not supported/);
});
