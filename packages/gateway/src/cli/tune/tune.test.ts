import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { folderWith, portcullis } from '../testing/program.ts';

interface Sent {
  readonly day?: number;
  readonly client?: string;
  readonly subject?: string | undefined;
  readonly operation?: string | null;
  readonly status?: number;
  readonly waf?: readonly string[];
}

function record({
  day = 1,
  client = '192.0.2.7',
  subject,
  operation = 'addComment',
  status = 200,
  waf,
}: Sent) {
  return `${JSON.stringify({
    ...{ time: `2026-11-0${day}T10:00:00.000Z`, id: 'x', client, method: 'POST', path: '/comments' },
    ...{ api: operation === null ? null : 'blog', operation, status },
    ...(subject !== undefined && { principal: { authenticator: 'users', subject } }),
    ...(waf !== undefined && { notes: { waf } }),
  })}\n`;
}

const lesson = '942100 ARGS:json.text';

/** Six people write about SQL on two days; most of what they write is of something else. */
const lessons = Array.from({ length: 60 }, (_, at) =>
  record({
    ...{ day: 1 + (at % 2), subject: `user${at % 6}` },
    ...(at % 5 === 0 && { waf: [lesson, '949110 TX:anomaly_score'], status: 403 }),
  }),
).join('');

async function tuned(
  log: string | Buffer,
  t: Parameters<typeof folderWith>[0],
  name = 'access.log',
  ...more: string[]
) {
  const folder = folderWith(t, { [name]: log });
  const { out, err, code } = await portcullis(folder, 'waf', 'tune', '--from', name, ...more);
  assert.equal(code, 0, err);
  return out;
}

test('what many people who signed in write is proposed, with the evidence', async (t) => {
  const out = await tuned(lessons, t);
  assert.deepEqual(parse(out), {
    exclude: [
      {
        rule: 942_100,
        target: 'ARGS:json.text',
        operation: 'addComment',
        reason: 'Matched 12 of 60 requests (20%), of 6 callers who signed in, on 2 days; 0% failed otherwise',
      },
    ],
  });
  assert.match(out, /^# apis\.blog\.policies\.waf$/m);
});

test('as JSON, from a packed log, and lines that are no records are counted', async (t) => {
  const log = gzipSync(`no record\n{"time":1}\n[]\nnull\n${'x'.repeat(300_000)}\n${lessons}{"cut`);
  const { records, unreadable, proposed } = JSON.parse(await tuned(log, t, 'access.log.gz', '--json'));
  assert.deepEqual([records, unreadable, proposed.length], [60, 6, 1]);
});

const attacker = Array.from({ length: 40 }, (_, at) =>
  record({ day: 1 + (at % 2), client: '198.51.100.9', waf: [lesson], status: 403 }),
).join('');

test('an attack is not proposed, however often and from however many addresses it is sent', async (t) => {
  const network = (at: number): string => `198.51.${at}.9`;
  const cases: readonly [what: string, log: string, why: RegExp][] = [
    ['one caller', attacker, /1 caller in different networks, 20 are asked for/],
    [
      'strangers, where callers sign in',
      lessons.replaceAll(lesson, '') +
        Array.from({ length: 50 }, (_, at) =>
          record({ day: 1 + (at % 2), client: network(at), waf: [lesson], status: 403 }),
        ).join(''),
      /0 callers who signed in, 5 are asked for/,
    ],
    [
      'one IPv6 network of 40 addresses',
      Array.from({ length: 40 }, (_, at) =>
        record({ day: 1 + (at % 2), client: `2001:db8:1:${at}::1`, waf: [lesson] }),
      ).join(''),
      /1 caller in different networks/,
    ],
    [
      'many accounts that try many places',
      Array.from({ length: 70 }, (_, at) =>
        record({ day: 1 + (at % 2), subject: `bot${at % 7}`, waf: [lesson, `941100 ARGS:p${at}`] }),
      ).join(''),
      /7 callers matched in many places/,
    ],
    [
      'a scanner that says so',
      Array.from({ length: 70 }, (_, at) =>
        record({
          day: 1 + (at % 2),
          subject: `bot${at % 7}`,
          waf: ['913100 REQUEST_HEADERS:User-Agent', lesson],
        }),
      ).join(''),
      /942100.*7 callers matched in many places/,
    ],
    [
      'what the API itself does not want',
      Array.from({ length: 40 }, (_, at) =>
        record({ day: 1 + (at % 2), subject: `user${at % 8}`, waf: [lesson], status: 400 }),
      ).join(''),
      /100% failed for another reason/,
    ],
    [
      'one day',
      Array.from({ length: 40 }, (_, at) => record({ subject: `user${at % 8}`, waf: [lesson] })).join(''),
      /1 day, 2 are asked for/,
    ],
    [
      'a name that writes YAML of its own',
      Array.from({ length: 40 }, (_, at) =>
        record({ day: 1 + (at % 2), subject: `user${at % 8}`, waf: ['942100 ARGS:a"\nexclude: []'] }),
      ).join(''),
      /cannot be written as a target/,
    ],
  ];
  for (const [what, log, why] of cases) {
    const out = await tuned(log, t);
    assert.match(out, /^# Nothing is proposed\.$/m, what);
    assert.match(out, why, what);
    assert.equal(parse(out), null, what);
  }
});

test('what rests on callers that nobody knows is a comment', async (t) => {
  const log = Array.from({ length: 60 }, (_, at) =>
    record({ day: 1 + (at % 2), client: `198.51.${at % 30}.9`, waf: [lesson] }),
  ).join('');
  const out = await tuned(log, t);
  assert.equal(parse(out).exclude, null);
  assert.match(out, /^# {3}- rule: 942100$/m);
  assert.match(out, /of callers of 30 networks/);
});

test('wrong use is told', async (t) => {
  const folder = folderWith(t, { 'empty.log': '', 'other.log': 'GET / 200\n' });
  const cases: readonly [args: readonly string[], message: RegExp][] = [
    [[], /say which access log/],
    [['--from', 'none.log'], /none\.log cannot be read: ENOENT/],
    [['--from', 'none.log.gz'], /none\.log\.gz cannot be read: ENOENT/],
    [['--from', 'empty.log'], /has no records/],
    [['--from', 'other.log'], /has no records of an access log \(1 lines/],
    [['--from', 'other.log', '--days', '0'], /--days takes a number from 1 on/],
    [['--from', 'other.log', '--to', 'x'], /no option --to/],
  ];
  for (const [args, message] of cases) {
    const { err, code } = await portcullis(folder, 'waf', 'tune', ...args);
    assert.match(err, message);
    assert.equal(code, 2, err);
  }
});
