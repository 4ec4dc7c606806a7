import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { refusalOf, startNaiveService, type Understood } from './naive-service.ts';

/** Multipart bodies that the gateway and the service behind it could take apart differently. */

const service = await startNaiveService({ after });
const type = { 'content-type': 'multipart/form-data; boundary=x' };

const part = (disposition: string, content: string, more = ''): string =>
  `--x\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${content}\r\n`;
const item = part('name="item"', 'book');
const body = (...parts: string[]): Buffer => Buffer.from(`${parts.join('')}--x--\r\n`, 'latin1');

async function bare(bytes: Buffer): Promise<Understood> {
  const reply = await service.send('service', bytes, type);
  return JSON.parse(reply.text) as Understood;
}

async function refused(bytes: Buffer, expected: string, fields = type): Promise<void> {
  service.seen.length = 0;
  assert.equal(refusalOf(await service.send('gateway', bytes, fields)), `400 body-invalid ${expected}`);
  assert.deepEqual(service.seen, []);
}

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
  const twice = body(item, part('name="item"', 'gun'));
  assert.equal((await bare(twice)).fields['item'], 'gun');
  await refused(twice, '/item duplicate');
});

test('two files of one name', async () => {
  const png = part('name="file"; filename="a.png"', 'harmless');
  const twice = body(item, png, part('name="file"; filename="b.bin"', 'MZ'));
  assert.deepEqual((await bare(twice)).files, ['a.png', 'b.bin']);
  await refused(twice, '/file duplicate');
});

test('a field that is not defined', async () => {
  const more = body(item, part('name="role"', 'admin'));
  assert.equal((await bare(more)).fields['role'], 'admin');
  await refused(more, '/role unknown');
});

test('two names of one file', async () => {
  const two = body(item, part(`name="file"; filename="a.png"; filename*=utf-8''a.php`, ''));
  assert.deepEqual((await bare(two)).files, ['a.php']);
  await refused(two, 'syntax');
});

test('a file name that leads elsewhere', async () => {
  for (const name of [
    '../../etc/cron.d/x',
    '..%2f..%2fx',
    'a/b',
    'C:x',
    '.htaccess',
    'a.php.png',
    'a%00.png',
    'x.exe',
  ]) {
    const file = body(item, part(`name="file"; filename="${name}"`, 'x'));
    assert.equal((await bare(file)).files.length, 1);
    await refused(file, '/file fileName');
  }
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
  ] as const) {
    assert.equal((await bare(bytes)).fields['role'], 'admin');
    await refused(bytes, expected);
  }
});

test('a name that ends in two places', async () => {
  for (const name of ['item\\"; name="role', 'role"; name="item'])
    await refused(body(part(`name="${name}"`, 'admin')), 'syntax');
  const name = "item'; name='role";
  await refused(body(part(`name="${name}"`, 'admin')), `required /${name} unknown`);
});

test('boundaries that are none', async () => {
  for (const boundary of ['', ';boundary=y', '"x', '"a\\"b"', 'x y"', 'x'.repeat(71)]) {
    const fields = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const reply = await service.send('gateway', body(item), fields);
    assert.ok(reply.status === 415 || reply.status === 400, `${boundary} ${reply.status}`);
  }
  await refused(body(item), 'syntax', { 'content-type': 'multipart/form-data' });
});

test('a part that says it is in another encoding', async () => {
  await refused(body(part('name="item"', 'Ym9vaw==', 'Content-Transfer-Encoding: base64\r\n')), 'syntax');
  await refused(
    body(part('name="item"', '+AGE-', 'Content-Type: text/plain; charset=utf-7\r\n')),
    '/item charset',
  );
  await refused(body(part('name="_charset_"', 'utf-7'), item), 'syntax');
});

test('a file that is not what it says, or two things at once', async () => {
  const png = '\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82';
  const directory = 'PK\x05\x06\0\0\0\0\x01\0\x01\0\x01\0\0\0\0\0\0\0\0\0';
  const picture = (content: string, stated = 'image/png'): Buffer =>
    body(item, part('name="picture"; filename="p.png"', content, `Content-Type: ${stated}\r\n`));
  assert.equal((await service.send('gateway', picture(png), type)).status, 200);
  for (const content of [
    '<script>alert(1)</script>',
    '<svg onload="x"/>',
    'MZ\x90',
    'GIF89a;',
    png + directory,
    `${png}<?php`,
  ])
    await refused(picture(content), '/picture contentType');
  await refused(picture('<svg/>', 'image/svg+xml'), '/picture contentType');
  await refused(picture('MZ', 'application/octet-stream'), '/picture contentType');
});

test('bodies that cost more than they weigh', async () => {
  const many = Array.from({ length: 5_000 }, (_, i) => part(`name="f${i}"`, ''));
  await refused(body(item, ...many), 'syntax');
  await refused(body(`--x\r\n${'X: y\r\n'.repeat(100_000)}\r\n\r\n`), 'syntax');
  await refused(
    body(item, part('name="file"; filename="f"', '\r\n--'.repeat(100_000)), part('name="x"', '')),
    '/x unknown',
  );
  const boundary = `${'-'.repeat(69)}x`;
  const dashes = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="item"\r\n\r\n${'-'.repeat(900_000)}`,
  );
  await refused(dashes, 'syntax', { 'content-type': `multipart/form-data; boundary=${boundary}` });
});
