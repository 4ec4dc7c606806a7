import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BodyContent } from './content.ts';
import { type BodyLimits, usualLimits } from './limits.ts';
import { readMultipart } from './multipart.ts';

const type = 'multipart/form-data; boundary=x';

function read(body: string, contentType = type, limits?: Partial<BodyLimits>): BodyContent {
  return readMultipart(body, contentType, { ...usualLimits, ...limits });
}

/** A body of parts, each given as its head and its content. */
function body(...parts: readonly (readonly [head: string, content: string])[]): string {
  return `${parts.map(([head, content]) => `--x\r\n${head}\r\n\r\n${content}\r\n`).join('')}--x--\r\n`;
}

const named = (name: string) => `Content-Disposition: form-data; name="${name}"`;
const plain = body([named('a'), 'b']);

/** All that it found, but for the lines of heads: `a=b` for arguments, `a:f.png:3` for files. */
function seen({ arguments: found, files }: BodyContent): string[] {
  return [
    ...found.map(({ name, value }) => `${name}=${value}`),
    ...files.map(({ name, fileName, size }) => `${name}:${fileName}:${size}`),
  ];
}

function flagsOf({ flags }: BodyContent): string {
  return [...flags].sort().join(' ');
}

test('what browsers and other clients send', () => {
  const vectors: readonly (readonly [body: string, expected: readonly string[]])[] = [
    [plain, ['a=b']],
    ['', []],
    ['--x--\r\n', []],
    [plain.slice(0, -2), ['a=b']],
    [body([named('a'), '']), ['a=']],
    [body([named('a'), 'b'], [named('a'), 'c']), ['a=b', 'a=c']],
    [body([named('a'), 'l\n2\r3\r\n\r\n--y\r\n-- x']), ['a=l\n2\r3\r\n\r\n--y\r\n-- x']],
    [
      body([named('a'), '-----BEGIN CERTIFICATE-----\r\nMII\r\n-----END CERTIFICATE-----']),
      ['a=-----BEGIN CERTIFICATE-----\r\nMII\r\n-----END CERTIFICATE-----'],
    ],
    [body([`${named('a')}; filename="c.png"\r\nContent-Type: image/png`, '\0\r\n\xff']), ['a:c.png:4']],
    [body([`${named('a')}; filename=""\r\nContent-Type: application/octet-stream`, '']), ['a=']],
    [body(['content-disposition:form-data;name=a', 'b']), ['a=b']],
    [body(['CONTENT-DISPOSITION: form-data; name="a"  ', 'b']), ['a=b']],
    [body([`${named('a')};`, 'b']), ['a=b']],
    [body([`${named('a')}; filename="na\xc3\xafve;.txt"`, '']), ['a:na\xc3\xafve;.txt:0']],
    [body([`${named('a')}; filename="it's.txt"`, '']), ["a:it's.txt:0"]],
    [body([`${named('a')}; filename=c.txt; filename*=utf-8''c.txt`, '']), ['a:c.txt:0']],
    [
      body([`${named('a')}; filename="_.txt"; filename*=UTF-8''%E2%82%AC.txt`, '']),
      ['a:_.txt:0', 'a:\xe2\x82\xac.txt:0'],
    ],
    [
      body([
        `${named('a')}\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit`,
        'b',
      ]),
      ['a=b'],
    ],
    [body([named('_charset_'), 'UTF-8'], [named('a'), 'b']), ['_charset_=UTF-8', 'a=b']],
    [body([named('a%22b'), 'c']), ['a%22b=c']],
    [body([`${named('a')}\r\nContent-Type: application/json`, '{"b":1}']), ['a={"b":1}']],
  ];
  for (const [text, expected] of vectors) {
    const content = read(text);
    assert.deepEqual(seen(content), expected, JSON.stringify(text));
    assert.equal(flagsOf(content), '', JSON.stringify(text));
    assert.equal(content.fault, undefined, JSON.stringify(text));
  }
});

test('the lines of heads stand under the name of the part', () => {
  const head = `X-First: 1\r\n${named('a')}\r\nContent-Type: text/plain;\r\n\t charset=utf-7`;
  assert.deepEqual(read(body([head, 'b'], [named('c'), ''])).partHeaders, [
    { name: 'a', value: 'X-First: 1' },
    { name: 'a', value: named('a') },
    { name: 'a', value: 'Content-Type: text/plain; charset=utf-7' },
    { name: 'c', value: named('c') },
  ]);
});

/** Ways to write the boundary. Where the parts are read, `a=b` is found; where not, the body is seen as it is. */
const contentTypes: readonly (readonly [
  contentType: string,
  flags: string,
  fault: RegExp | undefined,
  isRead: boolean,
])[] = [
  ['multipart/form-data;boundary=x', '', undefined, true],
  ['Multipart/Form-Data; boundary=x', '', undefined, true],
  ['multipart/form-data ; boundary=x', '', undefined, true],
  ['multipart/form-data; boundary=x;', '', undefined, true],
  ['multipart/form-data; boundary=x; charset=utf-8', '', undefined, true],
  ['multipart/form-data; charset=utf-8; boundary=x', '', undefined, true],
  ['multipart/form-data; boundary="x"', 'BOUNDARY_QUOTED STRICT_ERROR', undefined, true],
  ['multipart/form-data; boundary= x', 'BOUNDARY_WHITESPACE STRICT_ERROR', undefined, true],
  ['multipart/form-data; boundary =x', 'BOUNDARY_WHITESPACE STRICT_ERROR', undefined, true],
  ['multipart/form-data; boundary\t=x', 'BOUNDARY_WHITESPACE STRICT_ERROR', undefined, true],
  ['multipart/form-data; boundary=x ', 'BOUNDARY_WHITESPACE STRICT_ERROR', undefined, true],
  ['multipart/form-data; boundary=x ; charset=utf-8', 'BOUNDARY_WHITESPACE STRICT_ERROR', undefined, true],
  // What is a blank to some.
  ['multipart/form-data; boundary=x\xa0', 'BOUNDARY_WHITESPACE STRICT_ERROR', undefined, true],
  ['multipart/form-data; boundary=x\v', 'BOUNDARY_WHITESPACE STRICT_ERROR', undefined, true],
  ['multipart/form-data;\xa0boundary=x', 'STRICT_ERROR', /lower case/, true],
  ['multipart/form-data boundary=x', 'MISSING_SEMICOLON STRICT_ERROR', undefined, true],
  ['multipart/form-data; charset="utf-8" boundary=x', 'STRICT_ERROR', /another parameter/, false],
  ['multipart/form-data; boundary=x; boundary=y', 'STRICT_ERROR', /more than one/, true],
  ['multipart/form-data; boundary=x; Boundary=y', 'STRICT_ERROR', /lower case/, true],
  [
    'multipart/form-data; boundary=x, multipart/form-data; boundary=y',
    'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY',
    /comma/,
    false,
  ],
  ['multipart/form-data; boundary=x,y', 'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY', /comma/, false],
  ['multipart/form-data; boundary=x y', 'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY', /blank/, false],
  ['multipart/form-data; BOUNDARY=x', 'STRICT_ERROR', /lower case/, true],
  ['multipart/form-data; boundary=x; boundary*=y', 'STRICT_ERROR', /another parameter/, true],
  ["multipart/form-data; boundary*=utf-8''y; boundary=x", 'STRICT_ERROR', /another parameter/, true],
  ['multipart/form-data; boundary*0=x; boundary*1=y', 'STRICT_ERROR', /another parameter/, false],
  ['multipart/form-data; xboundary=y; boundary=x', 'STRICT_ERROR', /another parameter/, true],
  ['multipart/form-data; a="; boundary=y"; boundary=x', 'STRICT_ERROR', /another parameter/, true],
  [
    "multipart/form-data; boundary='x'",
    'BOUNDARY_QUOTED DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY',
    /not in the body/,
    false,
  ],
  ['multipart/form-data; boundary="x', 'BOUNDARY_QUOTED STRICT_ERROR', /quotes/, true],
  ['multipart/form-data; boundary="x"y', 'BOUNDARY_QUOTED STRICT_ERROR', /quotes/, true],
  [
    'multipart/form-data; boundary="x "',
    'BOUNDARY_QUOTED BOUNDARY_WHITESPACE DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY',
    /RFC 2046/,
    false,
  ],
  [
    'multipart/form-data; boundary="\\x"',
    'BOUNDARY_QUOTED DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY',
    /RFC 2046/,
    false,
  ],
  ['multipart/form-data; boundary=x"', 'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY', /RFC 2046/, false],
  ['multipart/form-data; boundary=', 'STRICT_ERROR', /no boundary/, false],
  ['multipart/form-data; boundary=""', 'BOUNDARY_QUOTED STRICT_ERROR', /no boundary/, false],
  ['multipart/form-data; boundary', 'STRICT_ERROR', /malformed/, false],
  ['multipart/form-data', 'STRICT_ERROR', /no boundary/, false],
  ['multipart/form-data;; boundary=x', 'STRICT_ERROR', /malformed/, true],
  ['multipart/form-data; a; boundary=x', 'STRICT_ERROR', /malformed/, true],
  ['multipart/form-data; a b=c; boundary=x', 'STRICT_ERROR', /malformed/, true],
  ['multipart/form-data; "; boundary=x', 'MISSING_SEMICOLON STRICT_ERROR', /malformed/, true],
  ['multipart/mixed; boundary=x', 'STRICT_ERROR', /not multipart/, true],
  ['multipart/form-dataX; boundary=x', 'STRICT_ERROR', /not multipart/, true],
  ['application/json', 'STRICT_ERROR', /not multipart/, false],
  ['', 'STRICT_ERROR', /not multipart/, false],
  ['multipart/form-data; boundary=x; charset=utf-7', 'STRICT_ERROR', /charset/, true],
  ['multipart/form-data; boundary=x; charset=utf-16le', 'STRICT_ERROR', /charset/, true],
];

test('boundaries in a Content-Type', () => {
  for (const [contentType, flags, fault, isRead] of contentTypes) {
    const content = read(plain, contentType);
    assert.equal(flagsOf(content), flags.split(' ').sort().join(' '), contentType);
    if (fault === undefined) assert.equal(content.fault, undefined, contentType);
    else assert.match(content.fault ?? '', fault, contentType);
    assert.deepEqual(seen(content), [isRead ? 'a=b' : `=${plain}`], contentType);
  }
  for (const boundary of ["'()+_-./:=?z", 'a'.repeat(70), '----WebKitFormBoundary7MA4YWxkTrZu0gW']) {
    const content = read(
      plain.replaceAll('--x', `--${boundary}`),
      `multipart/form-data; boundary=${boundary}`,
    );
    assert.deepEqual([seen(content), flagsOf(content), content.fault], [['a=b'], '', undefined], boundary);
  }
  for (const boundary of ['a'.repeat(71), 'a'.repeat(4_000), 'a<b', 'a@b', 'a\xe4', 'a\0b', 'a\\b']) {
    const content = read(
      plain.replaceAll('--x', `--${boundary}`),
      `multipart/form-data; boundary=${boundary}`,
    );
    assert.match(content.fault!, /RFC 2046/);
    assert.deepEqual(seen(content), ['a=b'], boundary);
  }
});

const lineFeeds = plain.replaceAll('\r\n', '\n');

/** What stands around parts, and lines that are nearly delimiters. */
const framings: readonly (readonly [
  name: string,
  text: string,
  flags: string,
  fault: RegExp | undefined,
  expected: readonly string[],
])[] = [
  ['before', `evil\r\n${plain}`, 'DATA_BEFORE STRICT_ERROR', undefined, ['=evil\r\n', 'a=b']],
  ['a line end before', `\r\n${plain}`, 'DATA_BEFORE STRICT_ERROR', undefined, ['=\r\n', 'a=b']],
  ['after', `${plain}evil`, 'DATA_AFTER STRICT_ERROR', undefined, ['a=b', '=evil']],
  [
    'after, on its line',
    plain.replace('--x--', '--x--evil'),
    'DATA_AFTER STRICT_ERROR',
    undefined,
    ['a=b', '=evil\r\n'],
  ],
  ['one more line end', `${plain}\r\n`, 'DATA_AFTER STRICT_ERROR', undefined, ['a=b', '=\r\n']],
  ['a second body', plain + plain, 'DATA_AFTER STRICT_ERROR', undefined, ['a=b', `=${plain}`]],
  ['line feeds', lineFeeds, 'LF_LINE STRICT_ERROR', undefined, ['a=b']],
  [
    'a line feed behind the boundary',
    plain.replace('--x\r\n', '--x\n'),
    'CRLF_LF_LINES LF_LINE STRICT_ERROR',
    undefined,
    ['a=b'],
  ],
  [
    'a line feed behind the head',
    plain.replace('\r\n\r\n', '\n\n'),
    'CRLF_LF_LINES LF_LINE STRICT_ERROR',
    undefined,
    ['a=b'],
  ],
  [
    'a head of both',
    plain.replace('\r\n\r\n', '\r\n\n'),
    'CRLF_LF_LINES LF_LINE STRICT_ERROR',
    undefined,
    ['a=b'],
  ],
  [
    'a carriage return at the end alone',
    `${lineFeeds.slice(0, -1)}\r\n`,
    'CRLF_LF_LINES LF_LINE STRICT_ERROR',
    undefined,
    ['a=b'],
  ],
  [
    'a line feed before the boundary',
    plain.replace('b\r\n', 'b\n'),
    'CRLF_LF_LINES LF_LINE STRICT_ERROR',
    undefined,
    ['a=b'],
  ],
  [
    'a line feed at the end',
    plain.replace(/\r\n$/, '\n'),
    'CRLF_LF_LINES LF_LINE STRICT_ERROR',
    undefined,
    ['a=b'],
  ],
  [
    'carriage returns',
    plain.replaceAll('\r\n', '\r'),
    'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY',
    /goes on/,
    [`=${plain.replaceAll('\r\n', '\r')}`],
  ],
  [
    'the boundary behind a carriage return',
    body([named('a'), 'b\r--x\r\nc']),
    'STRICT_ERROR UNMATCHED_BOUNDARY',
    /carriage return/,
    ['a=b\r--x\r\nc'],
  ],
  [
    'the boundary in a line',
    body([named('a'), 'b--x\r\nc']),
    'UNMATCHED_BOUNDARY',
    undefined,
    ['a=b--x\r\nc'],
  ],
  [
    'a longer boundary',
    body([named('a'), 'b\r\n--xy\r\nc']),
    'STRICT_ERROR UNMATCHED_BOUNDARY',
    /goes on/,
    ['a=b\r\n--xy\r\nc'],
  ],
  [
    'half of the closing one',
    body([named('a'), 'b\r\n--x-\r\nc']),
    'STRICT_ERROR UNMATCHED_BOUNDARY',
    /goes on/,
    ['a=b\r\n--x-\r\nc'],
  ],
  [
    'a boundary with a carriage return alone',
    body([named('a'), 'b\r\n--x\rc']),
    'STRICT_ERROR UNMATCHED_BOUNDARY',
    /goes on/,
    ['a=b\r\n--x\rc'],
  ],
  [
    'a NUL behind a boundary',
    body([named('a'), 'b\r\n--x\0\r\nc']),
    'STRICT_ERROR UNMATCHED_BOUNDARY',
    /goes on/,
    ['a=b\r\n--x\0\r\nc'],
  ],
  [
    'blanks behind a boundary',
    plain.replace('--x\r\n', '--x \t\r\n'),
    'STRICT_ERROR UNMATCHED_BOUNDARY',
    /blanks/,
    ['a=b'],
  ],
  [
    'a longer one opens a part in a file',
    body([`${named('a')}; filename="f"`, `1\r\n--xy\r\n${named('b')}\r\n\r\nevil`]),
    'STRICT_ERROR UNMATCHED_BOUNDARY',
    /goes on/,
    ['a:f:57'],
  ],
  [
    'another boundary',
    plain.replaceAll('--x', '--y'),
    'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY',
    /not in the body/,
    [`=${plain.replaceAll('--x', '--y')}`],
  ],
  [
    'other letters',
    plain.replaceAll('--x', '--X'),
    'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY',
    /not in the body/,
    [`=${plain.replaceAll('--x', '--X')}`],
  ],
  ['no last boundary', plain.replace('--x--\r\n', ''), 'STRICT_ERROR', /last boundary/, ['a=b\r\n']],
  [
    'half of the last boundary',
    plain.replace('--x--\r\n', '--x'),
    'STRICT_ERROR',
    /last boundary/,
    ['a=b\r\n--x'],
  ],
  ['cut off in the content', plain.replace('\r\n--x--\r\n', ''), 'STRICT_ERROR', /last boundary/, ['a=b']],
  [
    'cut off in the head',
    `--x\r\n${named('a')}`,
    'INVALID_PART STRICT_ERROR',
    /head of a part does not end/,
    [`=${named('a')}`],
  ],
  ['JSON', '{"a":"b"}', 'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY', /not in the body/, ['={"a":"b"}']],
  ['a form', 'a=b', 'DATA_BEFORE STRICT_ERROR UNMATCHED_BOUNDARY', /not in the body/, ['=a=b']],
];

test('what stands around parts', () => {
  for (const [name, text, flags, fault, expected] of framings) {
    const content = read(text);
    assert.deepEqual(seen(content), expected, name);
    assert.equal(flagsOf(content), flags, name);
    if (fault === undefined) assert.equal(content.fault, undefined, name);
    else assert.match(content.fault ?? '', fault, name);
  }
});

const invalid = 'INVALID_PART STRICT_ERROR';
const oddlyQuoted = 'INVALID_PART INVALID_QUOTING STRICT_ERROR';

/** Heads, with `b` as the content. */
const heads: readonly (readonly [
  head: string,
  flags: string,
  fault: RegExp | undefined,
  expected: readonly string[],
])[] = [
  // Lines.
  ['Content-Disposition: form-data;\r\n name="a"', 'HEADER_FOLDING STRICT_ERROR', undefined, ['a=b']],
  ['Content-Disposition: form-data;\r\n\tname="a"', 'HEADER_FOLDING STRICT_ERROR', undefined, ['a=b']],
  [`${named('a')};\r\n filename="f"`, 'HEADER_FOLDING STRICT_ERROR', undefined, ['a:f:1']],
  [
    `${named('a')};\r\n\v filename="f"`,
    'HEADER_FOLDING INVALID_HEADER_FOLDING STRICT_ERROR',
    undefined,
    ['a:f:1'],
  ],
  [` X: 1\r\n${named('a')}`, 'HEADER_FOLDING STRICT_ERROR', /folded/, ['a=b']],
  [`${named('a')}\r\nfoo`, 'STRICT_ERROR', /no colon/, ['a=b']],
  [`${named('a')}\r\n: foo`, 'STRICT_ERROR', /proper name/, ['a=b']],
  [`${named('a')}\r\nX Y: foo`, 'STRICT_ERROR', /proper name/, ['a=b']],
  ['Content-Disposition : form-data; name="a"', 'STRICT_ERROR', /proper name/, ['a=b']],
  ['Content-Disposition', invalid, /no colon/, ['=b']],
  [`${named('a')}\r\nX: \0`, invalid, /control/, ['a=b']],
  [`${named('a')}\rX: 1`, oddlyQuoted, /control/, ['a=b']],
  [`X: 1\r${named('a')}`, invalid, /control/, ['=b']],
  [named('a\0c'), invalid, /control/, ['a\0c=b']],
  [`${named('a')}; filename="f.php\0.png"`, invalid, /control/, ['a=b', 'a:f.php\0.png:1']],
  // Fields.
  ['Content-Type: text/plain', invalid, /missing/, ['=b']],
  [`${named('a')}\r\n${named('c')}`, invalid, /twice/, ['a=b', 'c=']],
  [
    `${named('a')}\r\nContent-Disposition : form-data; name="c"; filename="f"`,
    invalid,
    /proper name/,
    ['a=b', 'c=', 'a:f:1'],
  ],
  [`${named('a')}\r\nContent-Type: text/plain\r\ncontent-type: text/html`, invalid, /twice/, ['a=b']],
  [`${named('a')}\r\nContent-Type: text/plain; charset=utf-7`, 'STRICT_ERROR', /charset/, ['a=b']],
  [`${named('a')}\r\nContent-Type: text/plain; charset="utf-16"`, 'STRICT_ERROR', /charset/, ['a=b']],
  [
    `${named('a')}\r\nContent-Type: text/plain; charset=utf-8; charset=ibm037`,
    'STRICT_ERROR',
    /charset/,
    ['a=b'],
  ],
  [
    `${named('a')}\r\nContent-Type: text/plain;\r\n charset=utf-7`,
    'HEADER_FOLDING STRICT_ERROR',
    /charset/,
    ['a=b'],
  ],
  [
    `${named('a')}\r\nContent-Type: multipart/mixed; boundary=y`,
    'STRICT_ERROR',
    /parts or a message/,
    ['a=b'],
  ],
  [`${named('a')}\r\nContent-Type: message/rfc822`, 'STRICT_ERROR', /parts or a message/, ['a=b']],
  [`${named('a')}\r\nContent-Transfer-Encoding: base64`, 'STRICT_ERROR', /Transfer/, ['a=b']],
  [`${named('a')}\r\ncontent-transfer-encoding:Quoted-Printable`, 'STRICT_ERROR', /Transfer/, ['a=b']],
  [`${named('a')}\r\nContent-Encoding: gzip`, 'STRICT_ERROR', /Content-Encoding/, ['a=b']],
  [named('_charset_'), 'STRICT_ERROR', /charset/, ['_charset_=b']],
  // Dispositions.
  ['Content-Disposition: form-data', invalid, /not clear/, ['=b']],
  ['Content-Disposition: attachment; name="a"', invalid, /not clear/, ['a=b']],
  ['Content-Disposition: Form-Data; name="a"', invalid, /not clear/, ['a=b']],
  ['Content-Disposition: form-dataX; name="a"', invalid, /not clear/, ['a=b']],
  ['Content-Disposition: ; name="a"', invalid, /not clear/, ['a=b']],
  ['Content-Disposition: name="a"', invalid, /not clear/, ['=b']],
  [named(''), invalid, /not clear/, ['=b']],
  ['Content-Disposition: form-data; filename="f"', invalid, /not clear/, ['=b', ':f:1']],
  ['Content-Disposition: form-data; NAME="a"', invalid, /not clear/, ['a=b']],
  [`${named('a')}; Filename="f"`, invalid, /not clear/, ['a=b', 'a:f:1']],
  [`${named('a')}; name="c"`, invalid, /not clear/, ['a=b', 'c=']],
  [`${named('a')}; Name="c"`, invalid, /not clear/, ['a=b', 'c=']],
  [
    `${named('a')}; filename="f.png"; filename="f.php"`,
    invalid,
    /not clear/,
    ['a=b', 'a:f.png:1', 'a:f.php:1'],
  ],
  [`${named('a')}; x=y`, invalid, /not clear/, ['a=b']],
  [`${named('a')}; x`, invalid, /not clear/, ['a=b']],
  [`${named('a')}; ="x"`, invalid, /not clear/, ['a=b']],
  ['Content-Disposition: form-data; name; name="a"', invalid, /not clear/, ['a=b']],
  [`${named('a')} filename="f"`, invalid, /not clear/, ['a=b', 'a:f:1']],
  [`${named('a')}, filename="f"`, oddlyQuoted, /not clear/, ['a=b', 'a:f:1']],
  [`${named('a')}(c)`, oddlyQuoted, /not clear/, ['a=b']],
  [`${named('a')}c`, oddlyQuoted, /not clear/, ['a=b']],
  [`${named('a')};; filename="f"`, invalid, /not clear/, ['a=b', 'a:f:1']],
  ['Content-Disposition: form-data; name="a', invalid, /not clear/, ['a=b']],
  ['Content-Disposition: form-data; name=a"', invalid, /not clear/, ['a"=b']],
  ['Content-Disposition: form-data; name=a c', invalid, /not clear/, ['a=b']],
  ['Content-Disposition: form-data; name=a; filename=f;.php', invalid, /not clear/, ['a=b', 'a:f:1']],
  ['Content-Disposition: form-data; name=', invalid, /not clear/, ['=b']],
  ['Content-Disposition: form-data; name ="a"', invalid, /not clear/, ['a=b']],
  ['Content-Disposition: form-data; name= "a"', invalid, /not clear/, ['a=b']],
  [`${named('a')}; filename="f"\xa0`, oddlyQuoted, /not clear/, ['a=b', 'a:f:1']],
  ['Content-Disposition: form-data; name=a\xa0', '', undefined, ['a\xa0=b']],
  // Quotes.
  ["Content-Disposition: form-data; name='a'", 'INVALID_QUOTING STRICT_ERROR', undefined, ["'a'=b"]],
  ["Content-Disposition: form-data; name=it's", 'INVALID_QUOTING STRICT_ERROR', undefined, ["it's=b"]],
  ['Content-Disposition: form-data; name="a\\"c"', 'INVALID_QUOTING STRICT_ERROR', undefined, ['a"c=b']],
  [
    `${named('a')}; filename="..\\\\f\\h"`,
    'INVALID_QUOTING STRICT_ERROR',
    undefined,
    ['a=b', 'a:..\\f\\h:1'],
  ],
  // One reader has the name `a"; filename=`, another `a\` and a file.
  [
    'Content-Disposition: form-data; name="a\\"; filename="f.php"',
    oddlyQuoted,
    /not clear/,
    ['a"; filename==b'],
  ],
  // File names of RFC 5987 and 2231.
  [`${named('a')}; filename="f.png"; filename*=utf-8''%66.php`, '', undefined, ['a:f.png:1', 'a:f.php:1']],
  [`${named('a')}; filename*=utf-8''%2e%2e%2ff; filename="f"`, '', undefined, ['a:../f:1', 'a:f:1']],
  [`${named('a')}; filename*=utf-8''f.php`, invalid, /not clear/, ['a=b', 'a:f.php:1']],
  [
    `${named('a')}; filename="f"; filename*=utf-7''%2bADw-`,
    invalid,
    /not clear/,
    ['a=b', 'a:f:1', 'a:+ADw-:1'],
  ],
  [`${named('a')}; filename="f"; filename*="utf-8''%66.php"`, '', undefined, ['a:f:1', 'a:f.php:1']],
  [
    `${named('a')}; filename="f"; filename*=utf-8''\xe9(`,
    invalid,
    /not clear/,
    ['a=b', 'a:f:1', 'a:\xe9(:1'],
  ],
  [`${named('a')}; filename="f"; filename*=f.php`, invalid, /not clear/, ['a=b', 'a:f:1', 'a:f.php:1']],
  [`${named('a')}; filename="f"; filename*=utf-8''%zz`, invalid, /not clear/, ['a=b', 'a:f:1', 'a:%zz:1']],
  [
    `${named('a')}; filename="f"; filename*0="g."; filename*1=php`,
    invalid,
    /not clear/,
    ['a=b', 'a:f:1', 'a:g.:1', 'a:php:1'],
  ],
  [`${named('a')}; name*=utf-8''%63`, invalid, /not clear/, ['a=b', 'c=']],
];

test('heads of parts', () => {
  for (const [head, flags, fault, expected] of heads) {
    const content = read(body([head, 'b'], [named('next'), 'evil']));
    assert.deepEqual(
      seen(content).filter((each) => each !== 'next=evil'),
      expected,
      head,
    );
    assert.equal(flagsOf(content), flags, head);
    if (fault === undefined) assert.equal(content.fault, undefined, head);
    else assert.match(content.fault ?? '', fault, head);
    // One bad part does not hide the next.
    assert.ok(seen(content).includes('next=evil'), head);
  }
});

test('parts without a head or an end of it', () => {
  const vectors: readonly (readonly [text: string, expected: readonly string[]])[] = [
    ['--x\r\n--x--\r\n', ['=']],
    ['--x\r\n\r\n--x--\r\n', ['=']],
    ['--x\r\n\r\nevil\r\n--x--\r\n', ['=evil']],
    ['--x\r\nevil\r\n--x--\r\n', ['=evil']],
    // Without even an empty content; a reader that goes on with the head has `b` for the name.
    [`--x\r\n${named('a')}\r\n\r\n--x--\r\n`, [`=${named('a')}\r\n`]],
    [`--x\r\n${named('a')}\r\n--x\r\n${named('c')}\r\n\r\nb\r\n--x--\r\n`, [`=${named('a')}`, 'c=b']],
  ];
  for (const [text, expected] of vectors) {
    const content = read(text);
    assert.deepEqual(
      seen(content).map((each) => each.replace(/^a=/, '=')),
      expected,
      JSON.stringify(text),
    );
    assert.equal(flagsOf(content), invalid, JSON.stringify(text));
    assert.notEqual(content.fault, undefined);
  }
});

test('a multipart in a part is not taken apart but seen', () => {
  const inner = `--y\r\n${named('b')}; filename="f.php"\r\n\r\nevil\r\n--y--`;
  const content = read(body([`${named('a')}\r\nContent-Type: multipart/mixed; boundary=y`, inner]));
  assert.match(content.fault!, /parts or a message/);
  assert.deepEqual(seen(content), [`a=${inner}`]);
});

test('the charset of a part before does not pass unseen', () => {
  const content = read(body([named('_charset_'), 'utf-7'], [named('a'), '+ADw-script+AD4-']));
  assert.match(content.fault!, /charset/);
  assert.equal(flagsOf(content), 'STRICT_ERROR');
  assert.deepEqual(seen(content), ['_charset_=utf-7', 'a=+ADw-script+AD4-']);
});

test('parts, files, fields and heads are bounded, and what is beyond is seen', () => {
  const three = body([named('a'), '1'], [named('b'), '2'], [named('c'), 'evil']);
  assert.equal(read(three, type, { parts: 3, arguments: 3 }).fault, undefined);
  for (const [limits, fault] of [
    [{ parts: 2 }, /many parts/],
    [{ arguments: 2 }, /many arguments/],
    [{ nameBytes: 2 }, /names/],
  ] as const) {
    const content = read(three, type, limits);
    assert.match(content.fault!, fault);
    assert.deepEqual(seen(content).slice(0, 2), ['a=1', 'b=2']);
    assert.match(seen(content)[2]!, /^=Content-Disposition: [\s\S]*evil/);
  }
  const unclosed = read(three.replace('--x--\r\n', ''), type, { arguments: 2 });
  assert.match(unclosed.fault!, /many arguments/);
  assert.match(seen(unclosed)[2]!, /^=Content-Disposition: [\s\S]*evil/);
  const files = body(
    ...['f', 'g', 'h'].map((name) => [`${named('a')}; filename="${name}"`, 'evil'] as const),
  );
  assert.equal(read(files, type, { files: 3 }).fault, undefined);
  const tooMany = read(files, type, { files: 2 });
  assert.equal(flagsOf(tooMany), 'FILE_LIMIT_EXCEEDED STRICT_ERROR');
  assert.match(tooMany.fault!, /many files/);
  assert.match(seen(tooMany)[0]!, /filename="h"\r\n\r\nevil/);

  const crowded = read(body([`${named('a')}${'; x=y'.repeat(20)}; filename="f"`, 'evil']));
  assert.equal(flagsOf(crowded), invalid);
  assert.deepEqual(seen(crowded), ['a=evil']);
  assert.match(crowded.partHeaders[0]!.value, /filename="f"$/);

  const fields = (count: number) => `${named('a')}${'\r\nX: 1'.repeat(count)}`;
  for (const head of [
    fields(17),
    `${named('a')}\r\nX: ${'a'.repeat(9_000)}`,
    `${named('a')}${'\r\n a'.repeat(20)}`,
  ]) {
    const content = read(body([`${head}`, 'evil'], [named('c'), 'd']));
    assert.match(content.fault!, /too long/);
    assert.equal(content.flags.has('INVALID_PART'), true);
    assert.match(seen(content)[0]!, /evil$/);
    assert.deepEqual(seen(content)[1], 'c=d');
  }
});

test('what is written reads back, without a flag', () => {
  const name = fc.string({ unit: fc.constantFrom(..."ab[]. -_;,=:\xe9\xc3'%<"), minLength: 1, maxLength: 8 });
  const bytes = fc.uint8Array({ maxLength: 40 }).map((all) => Buffer.from(all).toString('latin1'));
  const part = fc.tuple(name, bytes, fc.option(name));
  const boundary = 'b0undary-not-in-40-bytes-of-anything-at-all-0123456789';
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const text = parts.map(([each, content, file]) => {
        const suffix = file === null ? '' : `; filename="${file}"`;
        return `--${boundary}\r\n${named(each)}${suffix}\r\n\r\n${content}\r\n`;
      });
      const content = read(
        `${text.join('')}--${boundary}--\r\n`,
        `multipart/form-data; boundary=${boundary}`,
      );
      assert.equal(content.fault, undefined);
      assert.equal(flagsOf(content), '');
      assert.deepEqual(seen(content), [
        ...parts.filter(([, , file]) => file === null).map(([each, value]) => `${each}=${value}`),
        ...parts
          .filter(([, , file]) => file !== null)
          .map(([each, value, file]) => `${each}:${file}:${value.length}`),
      ]);
    }),
    { numRuns: 500 },
  );
});
