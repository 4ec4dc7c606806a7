import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { RawConnection, type RawReply } from '../raw-client.ts';
import type { Understood } from './naive-reading.ts';
import { assertStopped, refusalOf, startNaiveService } from './naive-service.ts';

/** Bodies that say they are one thing and are another, and XML that is more than it seems. */

const service = await startNaiveService({ after });
const inCharsets = await startNaiveService({ after }, 'charsets: [utf-16, iso-8859-1]');

const admin: Partial<Understood> = { fields: { role: 'admin' } };

async function refused(
  body: Buffer | string,
  contentType: string,
  expected: string,
  bare: Partial<Understood> = admin,
): Promise<void> {
  await assertStopped(service, body, { 'content-type': contentType }, bare, expected);
}

const evil = '{"item":"book","role":"admin"}';

test('JSON under another name', async () => {
  // The service reads JSON whatever it is called: a rule that goes by the Content-Type would not look.
  for (const type of ['text/plain', 'application/octet-stream', 'application/x-json', 'text/json']) {
    await refused(evil, type, '415 media-type-unsupported');
  }
  await refused(
    evil,
    'application/x-www-form-urlencoded',
    '400 body-invalid required /{"item":"book","role":"admin"} unknown',
  );
  await refused(evil, 'application/xml', '400 body-invalid syntax');
  await refused(evil, 'multipart/form-data; boundary=x', '400 body-invalid syntax');
});

test('odd spellings of a media type', async () => {
  // One reading: what is well-formed is the type that it says, and is judged as that.
  for (const type of [
    'application/json\t; a=b',
    'APPLICATION/JSON;charset="UTF-8"',
    'application/json;',
    'application/json; ;a=";"',
  ])
    await refused(evil, type, '400 body-invalid /role unknown');
  for (const type of [
    'application/json, text/plain',
    'application/json text/plain',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; charset',
    'application/json;a="',
    'application /json',
    'application/json/x',
    'application/vnd.orders+json',
    'application/json; charset=utf-7',
    'application/json; charset=ibm037',
  ])
    await refused(evil, type, '415 media-type-unsupported');
});

test('two Content-Types, or none', async () => {
  for (const [lines, status] of [
    [['Content-Type: application/json', 'Content-Type: text/plain'], 415],
    [['Content-Type: application/json', 'Content-Type: application/json'], 415],
    [[], 415],
  ] as const) {
    const head = ['POST /orders HTTP/1.1', 'Host: a', `Content-Length: ${evil.length}`, ...lines].join(
      '\r\n',
    );
    const replyOf = async (port: number): Promise<RawReply> => {
      const connection = new RawConnection(port);
      connection.write(`${head}\r\n\r\n${evil}`);
      const [reply] = await connection.replies(1);
      connection.close();
      return reply!;
    };
    const bare = await replyOf(Number(new URL(service.origin).port));
    assert.partialDeepStrictEqual(JSON.parse(bare.body), admin);
    const reply = await replyOf(service.gateway.httpPort);
    // Some are refused before anybody looks at the body.
    assert.ok(reply.status === status || reply.status === 400, `${lines.join()} ${reply.status}`);
  }
});

test('another charset hides nothing: refused, or changed into UTF-8', async () => {
  const utf16 = Buffer.from(`\ufeff${evil}`, 'utf16le');
  await refused(utf16, 'application/json; charset=utf-16', '415 media-type-unsupported');
  await refused(utf16, 'application/json', '400 body-invalid charset');
  const fields = { 'content-type': 'application/json; charset=utf-16; a="b c"' };
  assert.equal(refusalOf(await inCharsets.send('gateway', utf16, fields)), '400 body-invalid /role unknown');
  const good = Buffer.from('\ufeff{"item":"größe"}', 'utf16le');
  const reply = await inCharsets.send('gateway', good, { ...fields, 'content-digest': 'sha-256=:AAAA:' });
  assert.equal(reply.status, 200, reply.text);
  const utf8 = Buffer.from('{"item":"größe"}');
  const { body, contentType, announced, digest } = inCharsets.seen.at(-1)!;
  assert.deepEqual(
    [body, contentType, announced, digest],
    [utf8.toString('latin1'), 'application/json; a="b c"; charset=utf-8', String(utf8.length), undefined],
  );
  const xml = Buffer.from(
    '<?xml version="1.0" encoding="ISO-8859-1"?><order><item>gr\xf6\xdfe</item></order>',
    'latin1',
  );
  const passed = await inCharsets.send('gateway', xml, {
    'content-type': 'application/xml; charset=iso-8859-1',
  });
  assert.equal(passed.status, 200, passed.text);
  assert.equal(
    inCharsets.seen.at(-1)!.body,
    Buffer.from('<?xml version="1.0"?><order><item>größe</item></order>').toString('latin1'),
  );
  const wrong = await inCharsets.send('gateway', xml, { 'content-type': 'application/xml; charset=utf-16' });
  assert.equal(refusalOf(wrong), '400 body-invalid charset');
});

const order = (inner: string, before = ''): string => `${before}<order>${inner}</order>`;

test('XML within the definition passes as it is', async () => {
  const reply = await service.send('gateway', order('<item>book</item>'), {
    'content-type': 'application/xml',
  });
  assert.equal(reply.status, 200, reply.text);
  assert.equal(service.seen.at(-1)!.body, order('<item>book</item>'));
});

test('an external entity', async () => {
  const xxe = order('<item>&x;</item>', '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]>');
  const read = { text: '<item>root:x:0:0</item></order>' };
  const text = order(read.text.slice(0, -'</order>'.length)).slice(0, 100);
  await refused(xxe, 'application/xml', '400 body-invalid syntax', { text });
  const wide = Buffer.from(`\ufeff${xxe}`, 'utf16le');
  await refused(wide, 'application/xml', '400 body-invalid charset', { text });
});

test('markup in UTF-7', async () => {
  const hidden = `<?xml version="1.0" encoding="utf-7"?>${order('+ADw-role/+AD4-')}`;
  const nodes = ['version', 'encoding', 'order', 'role'].length;
  await refused(hidden, 'application/xml', '400 body-invalid syntax', { nodes });
});

test('a billion laughs', async () => {
  const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join(
    '',
  );
  const laughs = order('<item>&l9;</item>', `<!DOCTYPE o [<!ENTITY l0 "lol">${entities}]>`);
  assert.ok(laughs.length < 1_500);
  const { expanded } = JSON.parse(
    (await service.send('service', laughs, { 'content-type': 'application/xml' })).text,
  ) as Understood;
  assert.ok(expanded > 1_000_000);
  await refused(laughs, 'application/xml', '400 body-invalid syntax', { expanded });
});

test('documents that cost more than they weigh', async () => {
  const attributes = Array.from({ length: 20_000 }, (_, i) => `a${i}="1"`).join(' ');
  const namespaces = Array.from({ length: 63 }, (_, i) => `xmlns:n${i}="urn:${i}"`).join(' ');
  const name = `<${'a'.repeat(900_000)}/>`;
  const documents: readonly [name: string, body: string, bare: Partial<Understood>][] = [
    ['attributes', `<order ${attributes}/>`, { nodes: 20_001 }],
    ['depth', '<a>'.repeat(100_000), { nodes: 100_000 }],
    ['elements', order('<item/>'.repeat(100_000)), { nodes: 100_001 }],
    [
      'namespaces',
      `<a ${namespaces}>`.repeat(64) + '<n0:b/>'.repeat(50_000),
      { nodes: 64 * (1 + 63) + 50_000 },
    ],
    ['references', order(`<item>${'&#65;'.repeat(100_000)}</item>`), { nodes: 100_002 }],
    ['comments', order('<!---->'.repeat(100_000)), { nodes: 100_001 }],
    ['open comments', order('<!--'.repeat(200_000)), { nodes: 200_001 }],
    ['open CDATA', order('<![CDATA['.repeat(100_000)), { nodes: 100_001 }],
    ['a name, kept as it is', name, { expanded: name.length - 1 }],
  ];
  for (const [, body, bare] of documents)
    await refused(body, 'application/xml', '400 body-invalid syntax', bare);
});

test('lines: one wrong among many, and very many', async () => {
  const line = '{"item":"book"}\n';
  const ndjson = { 'content-type': 'application/x-ndjson' };
  assert.equal((await service.send('gateway', line.repeat(1_000), ndjson)).status, 200);
  await refused(line.repeat(500) + evil, ndjson['content-type'], '400 body-invalid /500/role unknown');
  for (const [last, place] of [
    ['{"item":', '/500/item'],
    ['{"item":"book"', '/500/item'],
    ['{"item":"book"}}', '/500'],
    ['x', '/500'],
  ] as const)
    await refused(line.repeat(500) + last, ndjson['content-type'], `400 body-invalid ${place} syntax`, {
      nodes: 500,
    });
  await refused('1\n'.repeat(200_000), ndjson['content-type'], '400 body-invalid /100000 syntax', {
    nodes: 200_000,
  });
});

test('a form that is read in two ways', async () => {
  const form = 'application/x-www-form-urlencoded';
  await refused('item=book&item=gun', form, '400 body-invalid /item duplicate', { fields: { item: 'gun' } });
  await refused('item=book&role=admin', form, '400 body-invalid /role unknown');
  await refused('item=..%C0%AFetc', form, '400 body-invalid syntax', { fields: { item: '../etc' } });
  await refused('item=book;role=admin\n', form, '400 body-invalid syntax');
  await refused(
    `item=book${'&'.repeat(1)}${Array.from({ length: 2_000 }, (_, i) => `a${i}=`).join('&')}`,
    form,
    '400 body-invalid syntax',
    { nodes: 2_001 },
  );
  assert.equal((await service.send('gateway', 'item=b%C3%BCch+er', { 'content-type': form })).status, 200);
});
