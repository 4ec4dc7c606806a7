import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { OauthConsentStore } from '../stores/oauth-consents.ts';
import { openOauthDatabase } from '../stores/oauth-database.ts';
import { OauthUserStore } from '../stores/oauth-users.ts';
import { folderWith } from './testing/program.ts';

const configuration = 'listen: {}\nstate: state\n';
const main = join(import.meta.dirname, '..', 'main.ts');

/** The program with something on its stdin. */
async function portcullis(cwd: string, input: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [main, 'user', ...args], { cwd, stdio: 'pipe' });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code: code as number, out, err };
}

test('a user is made with a password from stdin, listed, given another one, disabled and enabled', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const made = await portcullis(
    folder,
    'wonderland-1865\r\nsecond line',
    'create',
    'Alice',
    '--subject',
    'cus_1',
    '--name',
    'Alice Liddell',
    '--roles',
    'a,b',
  );
  assert.deepEqual([made.code, made.out], [0, 'username  alice\nsubject   cus_1\n'], made.err);
  const database = openOauthDatabase(join(folder, 'state'));
  t.after(() => database.close());
  const users = new OauthUserStore(database);
  assert.equal((await users.authenticate('alice', 'wonderland-1865'))?.id, 'cus_1');

  const listed = await portcullis(folder, '', 'list', '--json');
  assert.deepEqual(
    (JSON.parse(listed.out) as Record<string, unknown>[]).map(({ username, subject, name, roles, state }) => [
      username,
      subject,
      name,
      roles,
      state,
    ]),
    [['alice', 'cus_1', 'Alice Liddell', ['a', 'b'], 'enabled']],
  );
  assert.doesNotMatch(listed.out, /scrypt|password/);

  const changed = await portcullis(folder, 'another long one\n', 'password', 'ALICE');
  assert.match(changed.out, /the password of alice is changed/);
  assert.equal(await users.authenticate('alice', 'wonderland-1865'), undefined);

  assert.match((await portcullis(folder, '', 'disable', 'alice')).out, /alice is disabled; sessions/);
  assert.match((await portcullis(folder, '', 'disable', 'alice')).out, /alice was disabled before/);
  assert.match((await portcullis(folder, '', 'list')).out, /alice +disabled +cus_1/);
  assert.match((await portcullis(folder, '', 'enable', 'alice')).out, /alice is enabled/);
  assert.equal((await users.authenticate('alice', 'another long one'))?.id, 'cus_1');

  new OauthConsentStore(database).remember(
    'cus_1',
    'cl_x',
    { openid: [], resources: { r: ['read'] } },
    60_000,
  );
  assert.match((await portcullis(folder, '', 'access', 'alice')).out, /cl_x +- +read/);
  assert.match(
    (await portcullis(folder, '', 'access', 'alice', '--revoke', 'cl_x')).out,
    /has no access any more/,
  );
  assert.match((await portcullis(folder, '', 'access', 'alice')).out, /has let no application in/);
});

test('without an OAuth server users are for basic authenticators, when that is said', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const none = await portcullis(folder, '', 'list', '--state', '.');
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.match(none.err, /there are neither clients nor users in .* yet/);
  const make = (name: string, ...more: readonly string[]) =>
    portcullis(folder, 'wonderland-1865\n', 'create', name, ...more);
  const till = await make('till', '--basic');
  assert.deepEqual([till.code, till.err], [0, '']);
  const web = await make('web');
  assert.equal(web.code, 0);
  assert.match(web.err, /no oauthServer in the configuration.*portcullis user basic web on/s);
  const allowed = async () => {
    const { out } = await portcullis(folder, '', 'list', '--json');
    return (JSON.parse(out) as { username: string; basic: boolean }[]).flatMap(({ username, basic }) =>
      basic ? username : [],
    );
  };
  assert.deepEqual(await allowed(), ['till']);
  assert.match((await portcullis(folder, '', 'basic', 'WEB', 'on')).out, /^web may use basic$/m);
  assert.match(
    (await portcullis(folder, '', 'basic', 'web', 'on')).out,
    /^web: no change, may use basic as before$/m,
  );
  assert.match(
    (await portcullis(folder, '', 'basic', 'till', 'off')).out,
    /^till may not use basic, which ends within 5 seconds$/m,
  );
  assert.deepEqual(await allowed(), ['web']);
  assert.match((await portcullis(folder, '', 'list')).out, /web +enabled +usr_\S+ +web +\S* *on +\d{4}-/);
  assert.match((await portcullis(folder, '', 'disable', 'web')).out, /, basic within 5 seconds$/m);
});

const refused: readonly [input: string, args: readonly string[], code: number, expected: RegExp][] = [
  ['', [], 2, /say what to do/],
  ['', ['remove', 'x'], 2, /"remove" is none of create, list, password, disable, enable, basic, access/],
  ['', ['create'], 2, /name the user/],
  ['', ['create', 'a', 'b'], 2, /one word too many/],
  ['', ['create', 'alice'], 2, /read from stdin, and nothing came/],
  ['short\n', ['create', 'alice'], 2, /12 characters at least/],
  ['wonderland-1865\n', ['create', 'alice', '--password', 'x'], 2, /there is no option --password/],
  ['wonderland-1865\n', ['create', 'alice', '--json'], 2, /user create has no option --json/],
  ['', ['basic', 'alice'], 2, /say which: portcullis user basic USERNAME on\|off/],
  ['', ['basic', 'alice', 'yes'], 2, /say which/],
  ['', ['basic', 'alice', 'on', 'x'], 2, /one word too many/],
  ['', ['list', '--basic'], 2, /user list has no option --basic/],
  ['', ['basic', 'nobody', 'on'], 1, /there is no user nobody in/],
  ['', ['disable', 'nobody'], 1, /there is no user nobody in/],
];

test('mistakes are told apart, and there is no option for a password', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  openOauthDatabase(join(folder, 'state')).close();
  for (const [input, args, code, expected] of refused) {
    const finished = await portcullis(folder, input, ...args);
    assert.deepEqual([finished.code, finished.out], [code, ''], `${args.join(' ')}: ${finished.err}`);
    assert.match(finished.err, expected);
  }
});

/** `script` of util-linux gives the program a terminal. */
test('on a terminal the password is asked for twice, and not shown', async (t) => {
  const folder = folderWith(t, { 'portcullis.yaml': configuration });
  const command = `${process.execPath} ${main} user create alice`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder,
    stdio: 'pipe',
  });
  let shown = '';
  let answered = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const asked = [...shown.matchAll(/Password of alice(, once more)?: /g)].length;
    for (; answered < asked; answered++)
      child.stdin.write(answered === 0 ? 'wonderlandX\b-1865\r' : 'wonderland-1865\r');
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, shown);
  assert.match(shown, /subject {3}usr_/);
  assert.doesNotMatch(shown, /wonderland|1865/);
  const database = openOauthDatabase(join(folder, 'state'));
  t.after(() => database.close());
  assert.notEqual(await new OauthUserStore(database).authenticate('alice', 'wonderland-1865'), undefined);
});
