import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Understood } from './naive-reading.ts';
import { assertStopped, startNaiveService } from './naive-service.ts';

/** Multipart bodies that the gateway and the service behind it could take apart differently. */

const service = await startNaiveService({ after });
const type = { 'content-type': 'multipart/form-data; boundary=x' };

const part = (disposition: string, content: string, more = ''): string =>
  `--x\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;
const item = part('name="item"', 'book');
const body = (...parts: string[]): Buffer => Buffer.from(`${parts.join('')}--x--\r\n`, 'latin1');

async function refused(
  bytes: Buffer,
  expected: string,
  bare: Partial<Understood>,
  contentType = type['content-type'],
): Promise<void> {
  await assertStopped(service, bytes, { 'content-type': contentType }, bare, `400 body-invalid ${expected}`);
}

const admin: Partial<Understood> = { fields: { role: 'admin' } };

test('what the definition describes passes byte for byte', async () => {
  const upload = body(
    item,
    part('name="file"; filename="a.bin"', '\0\xff\r\n--y', 'Content-Type: application/octet-stream\r\n'),
  );
  const reply = await service.send('gateway', upload, type);
  assert.equal(reply.status, 200, reply.text);
  assert.equal(service.seen.at(-1)!.body, upload.toString('latin1'));
});

test('a field twice, of which the service takes the last', async () => {
  await refused(body(item, part('name="item"', 'gun')), '/item duplicate', { fields: { item: 'gun' } });
});

test('two files of one name', async () => {
  const png = part('name="file"; filename="a.png"', 'harmless');
  const twice = body(item, png, part('name="file"; filename="b.bin"', 'MZ'));
  await refused(twice, '/file duplicate', { files: ['a.png', 'b.bin'] });
});

test('a field that is not defined', async () => {
  await refused(body(item, part('name="role"', 'admin')), '/role unknown', admin);
});

test('two names of one file', async () => {
  for (const [names, taken] of [
    [`filename="a.png"; filename*=utf-8''a.php`, 'a.php'],
    [`filename*=UTF-8''%2e%2e%2fa.php; filename="a.png"`, '../a.php;'],
    [`filename*=utf-8''a.php`, 'a.php'],
  ] as const)
    await refused(body(item, part(`name="file"; ${names}`, '')), 'syntax', { files: [taken] });
});

test('a file name that leads elsewhere', async () => {
  for (const [name, taken = name] of [
    ['../../etc/cron.d/x'],
    ['..%2f..%2fx', '../../x'],
    ['a/b'],
    ['C:x'],
    ['.htaccess'],
    ['a.php.png'],
    ['a%00.png', 'a\0.png'],
    ['x.exe'],
  ] as const)
    await refused(body(item, part(`name="file"; filename="${name}"`, 'x')), '/file fileName', {
      files: [taken],
    });
});

test('a part that is hidden from one reader', async () => {
  const hidden = part('name="role"', 'admin');
  for (const [bytes, expected] of [
    [body(`hello\r\n${hidden}`, item), 'syntax'],
    [Buffer.concat([body(item), Buffer.from(hidden), body(item)]), 'syntax'],
    [body(item, hidden.replaceAll('\r\n', '\n')), 'syntax'],
    [body(item, part('name="file"; filename="f"', `a\n${hidden.replaceAll('\r\n', '\n')}`)), 'syntax'],
    [body(item, part('name="file"; filename="f"', `a\r${hidden}`)), 'syntax'],
    [body(item, hidden.replace('--x\r\n', '--x \r\n')), 'syntax'],
  ] as const)
    await refused(bytes, expected, admin);
});

test('a name that ends in two places', async () => {
  for (const name of ['item\\"; name="role', 'role"; name="item'])
    await refused(body(part(`name="${name}"`, 'admin')), 'syntax', admin);
  const name = "item'; name='role";
  await refused(body(part(`name="${name}"`, 'admin')), `required /${name} unknown`, admin);
});

test('boundaries that are none', async () => {
  const hidden = (boundary: string): Buffer =>
    Buffer.from(body(item, part('name="role"', 'admin')).toString().replaceAll('--x', `--${boundary}`));
  const long = 'x'.repeat(71);
  for (const [parameter, read, refusal] of [
    ['', 'x', '400 body-invalid syntax'],
    ['; boundary=', 'x', '415 media-type-unsupported'],
    ['; boundary=;boundary=y', 'y', '415 media-type-unsupported'],
    ['; boundary="x', 'x', '415 media-type-unsupported'],
    ['; boundary="a\\"b"', 'a\\', '400 body-invalid syntax'],
    ['; boundary=x y"', 'x y', '415 media-type-unsupported'],
    [`; boundary=${long}`, long, '400 body-invalid syntax'],
  ] as const)
    await assertStopped(
      service,
      hidden(read),
      { 'content-type': `multipart/form-data${parameter}` },
      admin,
      refusal,
    );
});

test('a part that says it is in another encoding', async () => {
  const encoded = part('name="item"', 'Ym9vaw==', 'Content-Transfer-Encoding: base64\r\n');
  await refused(body(encoded), 'syntax', { fields: { item: 'book' } });
  const utf7 = part('name="item"', '+AGEAYg-', 'Content-Type: text/plain; charset=utf-7\r\n');
  await refused(body(utf7), '/item charset', { fields: { item: 'ab' } });
  const announced = body(part('name="_charset_"', 'utf-7'), part('name="item"', '+AGEAYg-'));
  await refused(announced, 'syntax', { fields: { item: 'ab' } });
});

test('a file that is not what it says, or two things at once', async () => {
  const png = '\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82';
  const directory = 'PK\x05\x06\0\0\0\0\x01\0\x01\0\x01\0\0\0\0\0\0\0\0\0';
  const picture = (content: string, stated = 'image/png'): Buffer =>
    body(item, part('name="picture"; filename="p.png"', content, `Content-Type: ${stated}\r\n`));
  assert.equal((await service.send('gateway', picture(png), type)).status, 200);
  for (const [content, look, stated] of [
    ['<script>alert(1)</script>', 'HTML'],
    ['<svg onload="x"/>', 'SVG'],
    ['MZ\x90', 'program'],
    ['GIF89a;', 'GIF'],
    [png + directory, 'archive'],
    [`${png}<?php`, 'PHP'],
    ['<svg/>', 'SVG', 'image/svg+xml'],
    ['MZ', 'program', 'application/octet-stream'],
  ] as const)
    await refused(picture(content, stated), '/picture contentType', { files: ['p.png'], looks: [look] });
});

test('bodies that cost more than they weigh', async () => {
  const many = Array.from({ length: 5_000 }, (_, i) => part(`name="f${i}"`, ''));
  await refused(body(item, ...many), 'syntax', { nodes: 5_001 });
  await refused(body(`--x\r\n${'X: y\r\n'.repeat(100_000)}\r\n\r\n`), 'syntax', { nodes: 100_000 });
  const file = part('name="file"; filename="f"', '\r\n--'.repeat(100_000));
  await refused(body(item, file, part('name="x"', 'y')), '/x unknown', { fields: { x: 'y' } });
  const boundary = `${'-'.repeat(69)}x`;
  const content = '-'.repeat(900_000);
  const dashes = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="item"\r\n\r\n${content}`,
  );
  const contentType = `multipart/form-data; boundary=${boundary}`;
  await refused(dashes, 'syntax', { fields: { item: content } }, contentType);
});
