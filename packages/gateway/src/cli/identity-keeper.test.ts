import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Bundle } from '../compile.ts';
import { identityKeyRules, identityKeysFile } from '../policies/upstream-identity/key-rules.ts';
import { IdentityKeeper } from './identity-keeper.ts';
import { StartFault } from './start-fault.ts';

interface Kept {
  readonly keeper: IdentityKeeper;
  readonly file: string;
  readonly log: string[];
  /** @param where in the configuration the policy stands */
  readonly bundle: (where: 'top' | 'api' | 'operation', policy: unknown) => Bundle;
}

function keeping(t: TestContext): Kept {
  const stateFolder = join(mkdtempSync(join(tmpdir(), 'keeper-')), 'state');
  const log: string[] = [];
  const keeper = new IdentityKeeper((message) => log.push(message));
  t.after(() => {
    keeper.stop();
    rmSync(join(stateFolder, '..'), { recursive: true });
  });
  const bundle: Kept['bundle'] = (where, policy) => {
    const policies = { 'upstream-identity': policy };
    const api = {
      policies: where === 'api' ? policies : undefined,
      operations: where === 'operation' ? { 'GET /': { policies } } : undefined,
    };
    const configuration = { policies: where === 'top' ? policies : undefined, apis: { a: api } };
    return { configuration, stateFolder } as unknown as Bundle;
  };
  return { keeper, file: identityKeysFile(stateFolder), log, bundle };
}

for (const where of ['top', 'api', 'operation'] as const) {
  test(`keys are made where a JWT is asked for: ${where}`, (t) => {
    const { keeper, file, bundle } = keeping(t);
    keeper.ready(bundle(where, { jwt: {} }));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(keeper.keySet, undefined, 'it is not in force yet');
    keeper.follow(bundle(where, { jwt: {} }));
    assert.equal(JSON.parse(keeper.keySet!).keys.length, 1);
    assert.doesNotMatch(keeper.keySet!, /"d"/);
    keeper.follow(bundle(where, 'off'));
    assert.equal(keeper.keySet, undefined);
  });
}

for (const policy of ['off', { mode: 'off', jwt: {} }, { fields: { 'x-user': 'subject' } }, undefined]) {
  test(`and not for ${JSON.stringify(policy)}`, (t) => {
    const { keeper, file, bundle } = keeping(t);
    keeper.ready(bundle('api', policy));
    keeper.follow(bundle('api', policy));
    assert.equal(existsSync(file), false);
  });
}

test('the next key is made ahead of its turn', (t) => {
  const { keeper, file, bundle } = keeping(t);
  const using = bundle('api', { jwt: {} });
  keeper.ready(using);
  const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: { kid: string; signsFrom: number }[] };
  const { rotateEvery, publishAhead } = identityKeyRules;
  keys[0]!.signsFrom -= rotateEvery - publishAhead / 2;
  writeFileSync(file, JSON.stringify({ keys }));
  keeper.follow(using);
  const published = (JSON.parse(keeper.keySet!) as { keys: { kid: string }[] }).keys;
  assert.deepEqual([published.length, published[0]!.kid], [2, keys[0]!.kid]);
});

test('a file that is none stops a start, and is told of once while the gateway runs', (t) => {
  const { keeper, file, log, bundle } = keeping(t);
  const using = bundle('api', { jwt: {} });
  keeper.ready(using);
  keeper.follow(using);
  const before = keeper.keySet;
  writeFileSync(file, 'nonsense');
  assert.throws(
    () => keeper.ready(using),
    (error: Error) => error instanceof StartFault && error.message.includes('no file of signing keys'),
  );
  keeper.follow(using);
  keeper.follow(using);
  assert.equal(log.length, 1);
  assert.equal(keeper.keySet, before);
});
