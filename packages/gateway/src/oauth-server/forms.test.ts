import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { FormFault, formToken, isFromOurPage, readForm } from './forms.ts';
import { makeDevice, readDevice } from './known-device.ts';

const key = createSecretKey(Buffer.alloc(32, 1));
const form = 'application/x-www-form-urlencoded';

function request(headers: Record<string, string>, body = ''): IncomingMessage {
  return Object.assign(Readable.from([Buffer.from(body)]), { headers }) as unknown as IncomingMessage;
}

test('a form is read: encodings, empty values, Unicode', async () => {
  const fields = await readForm(request({ 'content-type': `${form}; charset=utf-8` }, 'a=1&b=&c=%C3%BC+x&d'));
  assert.deepEqual(
    [...fields],
    [
      ['a', '1'],
      ['b', ''],
      ['c', '\u00fc x'],
      ['d', ''],
    ],
  );
});

const refused: readonly (readonly [what: string, type: string, body: string])[] = [
  ['another type', 'application/json', '{}'],
  ['a type that only begins so', `${form}x`, 'a=1'],
  ['no type', '', 'a=1'],
  ['a field twice', form, 'a=1&a=2'],
  ['a field twice, encoded', form, 'a=1&%61=2'],
  ['too many fields', form, Array.from({ length: 21 }, (_, i) => `f${i}=`).join('&')],
  ['too much', form, `a=${'x'.repeat(16_384)}`],
];

for (const [what, type, body] of refused)
  test(`a form is refused: ${what}`, () =>
    assert.rejects(readForm(request({ 'content-type': type }, body)), FormFault));

test('a form counts when its token is that of the page, and the browser says nothing against it', () => {
  const about = { key, purpose: 'consent 1', origin: 'https://id.example' };
  const token = formToken(key, 'consent 1');
  const vectors: readonly (readonly [
    headers: Record<string, string>,
    token: string | undefined,
    genuine: boolean,
  ])[] = [
    [{}, token, true],
    [{ origin: 'https://id.example', 'sec-fetch-site': 'same-origin' }, token, true],
    [{ 'sec-fetch-site': 'cross-site' }, token, false],
    [{ 'sec-fetch-site': 'same-site' }, token, false],
    [{ 'sec-fetch-site': 'none' }, token, false],
    [{ origin: 'https://id.example.evil.example' }, token, false],
    [{ origin: 'http://id.example' }, token, false],
    [{ origin: 'null' }, token, false],
    [{}, undefined, false],
    [{}, '', false],
    [{}, `${token}x`, false],
    [{}, formToken(key, 'consent 2'), false],
    [{}, formToken(key, 'login 1'), false],
    [{}, formToken(createSecretKey(Buffer.alloc(32, 2)), 'consent 1'), false],
  ];
  for (const [headers, given, genuine] of vectors)
    assert.equal(isFromOurPage(request(headers), given, about), genuine, JSON.stringify([headers, given]));
});

test('a known device is known for its user only, and cannot be made up', () => {
  const cookie = makeDevice(key, 'u1');
  const id = readDevice(key, 'u1', cookie);
  assert.match(id ?? '', /^[\w-]{22}$/);
  for (const other of [
    undefined,
    '',
    'x',
    'x.y',
    `${id}.`,
    `${cookie}x`,
    `${cookie}.x`,
    cookie.replace(/^./, (first) => (first === '_' ? '-' : '_')),
  ])
    assert.equal(readDevice(key, 'u1', other), undefined, String(other));
  assert.equal(readDevice(key, 'u2', cookie), undefined);
  assert.notEqual(makeDevice(key, 'u1'), cookie);
});
