import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRules } from './engine.ts';
import { exchange, ruleSet } from './testing/exchange.ts';

const compile = (text: string) => compileRules(ruleSet(text));

const levels = `
SecRule &TX:level "@eq 0" "id:1,phase:1,nolog,setvar:tx.level=1"
SecRule REQUEST_METHOD "@rx ." "id:2,phase:1,setvar:tx.seen=1"
SecRule TX:level "@lt 2" "id:3,phase:1,nolog,skipAfter:END"
SecRule REQUEST_METHOD "@rx ." "id:4,phase:1,setvar:tx.high=1"
SecMarker END`;

test('rules about members that nothing changes are settled', () => {
  const { members } = exchange(compile(levels), {});
  assert.deepEqual([members.get('level'), members.get('seen'), members.get('high')], ['1', '1', undefined]);
});

test('a member that some rule may change is none of them', () => {
  for (const change of [
    'setvar:tx.level=2',
    'setvar:tx.%{REQUEST_HEADERS.x}=2',
    'setvar:tx.lev%{ARGS.a}=2',
  ]) {
    const rule = `SecRule ARGS:a "@rx el" "id:5,phase:1,${change}"`;
    const engine = compile(levels.replace('SecRule TX:level', `${rule}\nSecRule TX:level`));
    const fields = ['Host', 'h', 'X', 'level'];
    assert.equal(exchange(engine, { target: '/?a=el', fields }).members.get('high'), '1', change);
    assert.equal(exchange(engine, { target: '/?a=x', fields }).members.get('high'), undefined, change);
  }
});

test('nor is a rule that a request may have removed, or one of its targets', () => {
  for (const control of ['ctl:ruleRemoveById=3', 'ctl:ruleRemoveTargetById=3;TX:level']) {
    const rule = `SecRule ARGS "@eq 1" "id:9,phase:1,${control}"`;
    const engine = compile(levels.replace('SecRule TX:level', `${rule}\nSecRule TX:level`));
    assert.equal(exchange(engine, { target: '/?a=1' }).members.get('high'), '1', control);
    assert.equal(exchange(engine, { target: '/?a=2' }).members.get('high'), undefined, control);
  }
});
