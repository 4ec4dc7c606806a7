import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OauthUserStore } from './oauth-users.ts';
import { hashPassword } from './password-hash.ts';
import { cheap, temporaryDatabase } from './testing/oauth.ts';

const password = 'a long password';

test('a user is made, found by every spelling of the name, and let in by the password alone', async (t) => {
  const users = new OauthUserStore(temporaryDatabase(t), { now: () => 1000, cost: cheap });
  const made = await users.create({ username: 'Ali\uFF23e', roles: ['a', 'a', 'b'], password });
  assert.match(made.id, /^usr_[0-9A-Za-z]{16}$/);
  assert.deepEqual(
    [made.username, made.name, made.roles, made.createdAt],
    ['alice', 'Ali\uFF23e', ['a', 'b'], 1000],
  );
  assert.deepEqual(users.find(made.id), made);
  assert.deepEqual(users.named(' ALICE '), made);
  assert.deepEqual(await users.authenticate('alicE', password), made);
  for (const wrong of [
    '',
    'x',
    `${password} `,
    password.slice(1),
    password.toUpperCase(),
    'x'.repeat(10_000),
  ])
    assert.equal(await users.authenticate('alice', wrong), undefined, wrong.slice(0, 30));
  assert.equal(await users.authenticate('nobody', password), undefined);
  assert.ok(!JSON.stringify(users.list()).includes('scrypt'));
});

test('who is disabled is not let in, and found by name only', async (t) => {
  const users = new OauthUserStore(temporaryDatabase(t), { cost: cheap });
  const { id } = await users.create({ username: 'bob', id: 'cus_1', roles: [], password });
  assert.equal(id, 'cus_1');
  assert.equal(users.setDisabled(id, true), true);
  assert.equal(users.setDisabled(id, true), false);
  assert.equal(users.find(id), undefined);
  assert.equal(await users.authenticate('bob', password), undefined);
  assert.notEqual(users.named('bob')?.disabledAt, undefined);
  assert.equal(users.setDisabled(id, false), true);
  assert.equal((await users.authenticate('bob', password))?.id, id);
});

test('who is disabled while the password is looked at is not let in', async (t) => {
  const users = new OauthUserStore(temporaryDatabase(t), { cost: cheap });
  const { id } = await users.create({ username: 'bob', roles: [], password });
  const attempt = users.authenticate('bob', password);
  users.setDisabled(id, true);
  assert.equal(await attempt, undefined);
});

test('a new password takes the place of the old one', async (t) => {
  const users = new OauthUserStore(temporaryDatabase(t), { cost: cheap });
  const made = await users.create({ username: 'bob', roles: [], password });
  await users.setPassword(made, 'another long one');
  assert.equal(await users.authenticate('bob', password), undefined);
  assert.equal((await users.authenticate('bob', 'another long one'))?.id, made.id);
});

test('basic is for those only who are allowed it', async (t) => {
  const users = new OauthUserStore(temporaryDatabase(t), { cost: cheap });
  const usual = await users.create({ username: 'bob', roles: [], password });
  const legacy = await users.create({ username: 'till', roles: [], basic: true, password });
  assert.deepEqual([usual.basic, legacy.basic], [false, true]);
  assert.equal(users.setBasic(usual.id, true), true);
  assert.equal(users.setBasic(usual.id, true), false);
  assert.equal(users.setBasic(legacy.id, false), true);
  assert.equal(users.setBasic('usr_none', true), false);
  assert.deepEqual([users.named('bob')?.basic, users.known(legacy.id)?.basic], [true, false]);
});

test('a check tells of a user apart from the password, and of a password that was changed meanwhile', async (t) => {
  const database = temporaryDatabase(t);
  const users = new OauthUserStore(database, { cost: cheap });
  const bob = await users.create({ username: 'bob', roles: [], password });
  assert.deepEqual(await users.check('BOB', password), { user: bob, matches: true, outdated: false });
  assert.deepEqual(await users.check('bob', 'x'), { user: bob, matches: false, outdated: false });
  const nobody = { user: undefined, matches: false, outdated: false };
  assert.deepEqual(await users.check('nobody', password), nobody);
  const next = await hashPassword('another long one', cheap);
  const checking = users.check('bob', password);
  database.prepare('UPDATE users SET password = ?').run(next);
  assert.deepEqual(await checking, { user: bob, matches: false, outdated: true });
});

const refused: readonly (readonly [what: string, user: object, why: RegExp])[] = [
  ['a taken name', { username: 'TAKEN' }, /there is a user taken already/],
  ['a taken subject', { id: 'cus_9' }, /with the subject cus_9 already/],
  ['no name', { username: ' ' }, /a username must have/],
  ['a name with a line', { username: 'a\nb' }, /a username must have/],
  ['a name that turns around', { name: 'a\u202eb' }, /a name must have/],
  ['a subject with a zero', { id: 'a\0' }, /a subject must have/],
  ['a role with a line', { roles: ['a\nb'] }, /a role must have/],
  ['a short password', { password: 'elevenchars' }, /12 characters at least/],
  ['twelve bytes of six characters', { password: '\u00e4'.repeat(6) }, /12 characters at least/],
  ['a long password', { password: 'x'.repeat(257) }, /256 bytes at most/],
  [
    'the username in the password',
    { username: 'alice', password: 'xxxALICExxxxx' },
    /must not contain the username/,
  ],
  ['a password with a control character', { password: 'long enough\u0007..' }, /control characters/],
];

test('what cannot be a user is refused', async (t) => {
  const users = new OauthUserStore(temporaryDatabase(t), { cost: cheap });
  await users.create({ username: 'taken', id: 'cus_9', roles: [], password });
  for (const [what, more, why] of refused)
    await assert.rejects(users.create({ username: 'new', roles: [], password, ...more }), why, what);
  assert.equal(users.list().length, 1);
});
