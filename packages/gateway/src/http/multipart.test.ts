import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MultipartReason, parseMultipart, partField } from './multipart.ts';

const disposition = 'Content-Disposition: form-data; name="a"';

/** A body of parts, each given as its head and its content, with the boundary `x`. */
function body(...parts: readonly (readonly [head: string, content: string])[]): string {
  return `${parts.map(([head, content]) => `--x\r\n${head}\r\n\r\n${content}\r\n`).join('')}--x--\r\n`;
}

function read(text: string, boundary: string | undefined = 'x') {
  return parseMultipart(Buffer.from(text, 'latin1'), boundary);
}

function described(text: string, boundary?: string): unknown {
  const parts = read(text, boundary);
  if ('kind' in parts) return parts.reason;
  return parts.map(({ name, filename, type, content }) => [
    name,
    filename,
    type?.type,
    content.toString('latin1'),
  ]);
}

test('what browsers and other clients send', () => {
  const vectors: [text: string, parts: unknown][] = [
    [body([disposition, 'b']), [['a', undefined, undefined, 'b']]],
    [body([disposition, '']), [['a', undefined, undefined, '']]],
    [body([disposition, 'b']).slice(0, -2), [['a', undefined, undefined, 'b']]],
    [
      body([disposition, 'b'], [disposition, '\r\n--y\r\n']),
      [
        ['a', undefined, undefined, 'b'],
        ['a', undefined, undefined, '\r\n--y\r\n'],
      ],
    ],
    [
      body([`${disposition}; filename="c.png"\r\nContent-Type: image/png`, '\0\r\n\xff']),
      [['a', 'c.png', 'image/png', '\0\r\n\xff']],
    ],
    [body(['content-disposition:form-data;name=a', 'b']), [['a', undefined, undefined, 'b']]],
    [body(['CONTENT-DISPOSITION: Form-Data ; NAME="a"  ', 'b']), [['a', undefined, undefined, 'b']]],
    [body([`${disposition}; filename="na\xc3\xafve.txt"`, '']), [['a', 'naïve.txt', undefined, '']]],
    [body([`${disposition}; filename="a%22b.txt"`, '']), [['a', 'a"b.txt', undefined, '']]],
    [body([`${disposition}; filename=c.txt; filename*=utf-8''c.txt`, '']), [['a', 'c.txt', undefined, '']]],
    [
      body([`${disposition}; filename="na\xc3\xafve"; filename*=UTF-8''na%C3%AFve`, '']),
      [['a', 'naïve', undefined, '']],
    ],
    [
      body([`${disposition}\r\nContent-Transfer-Encoding: 8bit\r\nX-Other: 1`, 'b']),
      [['a', undefined, undefined, 'b']],
    ],
    [
      body(['Content-Disposition: form-data; name="_charset_"', 'UTF-8']),
      [['_charset_', undefined, undefined, 'UTF-8']],
    ],
  ];
  for (const [text, parts] of vectors) assert.deepEqual(described(text), parts, JSON.stringify(text));
});

const one = body([disposition, 'b']);

const refused: readonly [name: string, text: string, reason: MultipartReason][] = [
  ['nothing', '', 'preamble'],
  ['no part', '--x--\r\n', 'no-parts'],
  ['another boundary', one.replaceAll('--x', '--y'), 'preamble'],
  ['a preamble', `hello\r\n${one}`, 'preamble'],
  ['an empty line before', `\r\n${one}`, 'preamble'],
  ['an epilogue', `${one}hello`, 'epilogue'],
  ['a second message behind', one + one, 'epilogue'],
  ['one more line end', `${one}\r\n`, 'epilogue'],
  ['a line feed alone at the end', one.replace(/\r\n$/, '\n'), 'epilogue'],
  ['no closing boundary', one.replace('--x--\r\n', ''), 'unclosed'],
  ['a closing boundary cut short', one.replace('--x--\r\n', '--x-'), 'boundary-line'],
  ['the boundary as a prefix', body([disposition, 'c\r\n--xy\r\nb']), 'boundary-line'],
  ['the boundary within a line', body([disposition, 'b --x c']), 'boundary-line'],
  ['the boundary behind a line feed alone', body([disposition, 'b\n--x\r\n']), 'boundary-line'],
  ['the boundary behind a carriage return alone', body([disposition, 'b\r--x\r\n']), 'boundary-line'],
  ['blanks behind the boundary', one.replace('--x\r\n', '--x \r\n'), 'boundary-line'],
  ['a tab behind the boundary', one.replace('--x\r\n', '--x\t\r\n'), 'boundary-line'],
  ['line feeds alone', one.replaceAll('\r\n', '\n'), 'boundary-line'],
  ['carriage returns alone', one.replaceAll('\r\n', '\r'), 'boundary-line'],
  ['two boundaries in a row', one.replace('--x\r\n', '--x\r\n--x\r\n'), 'boundary-line'],
  ['a part without a head', body(['', 'b']), 'field'],
  ['a part that is no part', '--x\r\nb\r\n--x--\r\n', 'head-size'],
  ['a head without end', '--x\r\nA: b\r\n--x--\r\n', 'head-size'],
  ['a head of 4 KiB', body([`${disposition}\r\nX: ${'a'.repeat(4096)}`, 'b']), 'head-size'],
  [
    'seventeen fields',
    body([`${disposition}${Array.from({ length: 16 }, (_, i) => `\r\nX${i}: 1`).join('')}`, 'b']),
    'head-size',
  ],
  ['a folded field', body(['Content-Disposition: form-data;\r\n name="a"', 'b']), 'field'],
  ['a blank before the colon', body(['Content-Disposition : form-data; name="a"', 'b']), 'field'],
  ['a NUL', body([`${disposition}\r\nX: \0`, 'b']), 'field'],
  ['a line feed alone in the head', body([`${disposition}\nX: 1`, 'b']), 'field'],
  ['a carriage return alone in the head', body([`${disposition}\rX: 1`, 'b']), 'field'],
  ['a line without a colon', body([`${disposition}\r\nfoo`, 'b']), 'field'],
  ['two dispositions', body([`${disposition}\r\n${disposition}`, 'b']), 'duplicate-field'],
  [
    'two dispositions in other letters',
    body([`${disposition}\r\ncontent-disposition: form-data; name="b"`, 'b']),
    'duplicate-field',
  ],
  [
    'two types',
    body([`${disposition}\r\nContent-Type: text/plain\r\nContent-Type: text/html`, 'b']),
    'duplicate-field',
  ],
  ['no disposition', body(['Content-Type: text/plain', 'b']), 'no-disposition'],
  [
    'a type that is none',
    body([`${disposition}\r\nContent-Type: text/plain, text/html`, 'b']),
    'content-type',
  ],
  [
    'a type as in mail',
    body([`${disposition}\r\nContent-Type: text/plain; charset*=utf-8''utf-7`, 'b']),
    'content-type',
  ],
  ['an empty type', body([`${disposition}\r\nContent-Type:`, 'b']), 'content-type'],
  [
    'a multipart in a part',
    body([`${disposition}\r\nContent-Type: multipart/mixed; boundary=y`, 'b']),
    'nested',
  ],
  ['a message in a part', body([`${disposition}\r\nContent-Type: message/rfc822`, 'b']), 'nested'],
  ['base64', body([`${disposition}\r\nContent-Transfer-Encoding: base64`, 'Yg==']), 'part-encoding'],
  [
    'quoted-printable',
    body([`${disposition}\r\nContent-Transfer-Encoding: Quoted-Printable`, 'b']),
    'part-encoding',
  ],
  ['a compressed part', body([`${disposition}\r\nContent-Encoding: gzip`, 'b']), 'part-encoding'],
  [
    '_charset_ of another encoding',
    body(['Content-Disposition: form-data; name="_charset_"', 'utf-7']),
    'charset',
  ],
];

const dispositions: readonly [value: string, reason: MultipartReason][] = [
  ['attachment; name="a"', 'disposition-syntax'],
  ['form-data', 'disposition-name'],
  ['form-data; name=""', 'disposition-name'],
  ['form-data; filename="a"', 'disposition-name'],
  ['form-data; name="a%0D%0Ab"', 'disposition-name'],
  ['form-data; name="a%22"', 'disposition-name'],
  ['form-data; name="a"; name="b"', 'disposition-parameter'],
  ['form-data; name="a"; NAME="b"', 'disposition-parameter'],
  ['form-data; name="a"; name*=utf-8\'\'b', 'disposition-parameter'],
  ['form-data; name="a"; filename="b"; filename="c"', 'disposition-parameter'],
  ['form-data; name="a"; size=3', 'disposition-parameter'],
  ['form-data; name="a', 'disposition-syntax'],
  ['form-data; name=a"', 'disposition-syntax'],
  ['form-data; name="a"b', 'disposition-syntax'],
  ['form-data; name="a" filename="b"', 'disposition-syntax'],
  ['form-data; name="a";', 'disposition-syntax'],
  ['form-data;; name="a"', 'disposition-syntax'],
  ['form-data; name', 'disposition-syntax'],
  ['form-data; name=', 'disposition-syntax'],
  ["form-data; name='a b'", 'disposition-syntax'],
  ['form-data; name ="a"', 'disposition-syntax'],
  ['form-data; name= "a"', 'disposition-syntax'],
  ['form-data; name=a b', 'disposition-syntax'],
  ['form-data; name="a\\"; name="b"', 'disposition-syntax'],
  ['form-data; name="a"; filename="b\\c"', 'disposition-syntax'],
  ['form-data, name="a"', 'disposition-syntax'],
  ['form-data; name="\xe4"', 'disposition-encoding'],
  ['form-data; name="a"; filename="\xc0\xaf"', 'disposition-encoding'],
  ['form-data; name="a"; filename*=utf-8\'\'b', 'disposition-filename'],
  ['form-data; name="a"; filename="b.png"; filename*=utf-8\'\'b.php', 'disposition-filename'],
  ['form-data; name="a"; filename*=utf-8\'\'b.php; filename="b.png"', 'disposition-filename'],
  ['form-data; name="a"; filename="b"; filename*=iso-8859-1\'\'b', 'disposition-filename'],
  ['form-data; name="a"; filename="b"; filename*="utf-8\'\'b"', 'disposition-syntax'],
  ['form-data; name="a"; filename="b"; filename*=utf-8\'\'%ff', 'disposition-filename'],
];

test('what readers take differently is refused', () => {
  for (const [name, text, reason] of refused) assert.equal(described(text), reason, name);
  for (const [value, reason] of dispositions)
    assert.equal(described(body([`Content-Disposition: ${value}`, 'b'])), reason, value);
});

function reasonFor(boundary: string | undefined): string | undefined {
  const parts = parseMultipart(Buffer.from(one), boundary);
  return 'kind' in parts ? parts.reason : undefined;
}

test('boundaries', () => {
  for (const boundary of [undefined, '', 'a'.repeat(71), 'a ', 'a\r\nb', 'a"b', 'ä', 'a;b'])
    assert.equal(reasonFor(boundary), 'boundary', String(boundary));
  for (const boundary of [
    'a',
    'a'.repeat(70),
    "'()+_,-./:=?",
    'a b',
    '----WebKitFormBoundary7MA4YWxkTrZu0gW',
  ]) {
    const text = one.replaceAll('--x', `--${boundary}`);
    assert.deepEqual(described(text, boundary), [['a', undefined, undefined, 'b']], boundary);
  }
});

test('the number of parts is bounded, and those before the fault can be seen', () => {
  const limits = { parts: 2, head: 4096 };
  const two = parseMultipart(Buffer.from(body([disposition, '1'], [disposition, '2'])), 'x', limits);
  assert.equal('kind' in two, false);
  const three = parseMultipart(
    Buffer.from(body([disposition, '1'], [disposition, '2'], [disposition, '3'])),
    'x',
    limits,
  );
  assert.ok('kind' in three);
  assert.equal(three.reason, 'too-many-parts');
  assert.equal(three.parts.length, 2);
});

test('fields of parts are kept as they came', () => {
  const parts = read(body([`${disposition}\r\nX-Thing:  a b\t `, 'b']));
  assert.ok(!('kind' in parts));
  assert.deepEqual(parts[0]!.fields, ['content-disposition', 'form-data; name="a"', 'x-thing', 'a b']);
  assert.equal(partField(parts[0]!.fields, 'x-thing'), 'a b');
  assert.equal(partField(parts[0]!.fields, 'x-other'), undefined);
});

test('what is written reads back', () => {
  const name = fc.string({
    unit: fc.constantFrom(...'ab[]. -_;,=:\u00e9\u4e16'),
    minLength: 1,
    maxLength: 8,
  });
  const content = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, content), { minLength: 1, maxLength: 6 }), (parts) => {
      const boundary = 'b0undary-not-in-40-bytes-of-anything-at-all-0123456789';
      const chunks = parts.flatMap(([each, bytes]) => [
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${each}"\r\n\r\n`),
        bytes,
        Buffer.from('\r\n'),
      ]);
      const found = parseMultipart(Buffer.concat([...chunks, Buffer.from(`--${boundary}--`)]), boundary);
      assert.ok(!('kind' in found));
      assert.deepEqual(
        found.map((part) => [part.name, part.content]),
        parts,
      );
    }),
  );
});
