import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { parseMultipart } from '../../packages/gateway/src/http/multipart.ts';
import { parseXml, type XmlElement } from '../../packages/gateway/src/http/xml.ts';
import type { BodyContent } from '../../packages/seclang/src/body/content.ts';
import { readJson } from '../../packages/seclang/src/body/json.ts';
import { type BodyLimits, usualLimits } from '../../packages/seclang/src/body/limits.ts';
import { readMultipart } from '../../packages/seclang/src/body/multipart.ts';
import { readXml } from '../../packages/seclang/src/body/xml.ts';
import type { Target } from './targets.ts';

const disposition = 'Content-Disposition: form-data; name="a"';

/** Under bounds that most inputs meet, and under the usual ones. */
const tight: BodyLimits = {
  arguments: 3,
  nameBytes: 40,
  depth: 2,
  files: 1,
  parts: 2,
  partFields: 2,
  partHead: 90,
  nodes: 5,
};

function readTwice(
  read: (body: string, contentType: string, limits: BodyLimits) => BodyContent,
  body: string,
  contentType: string,
): BodyContent {
  assertSeen(read(body, contentType, tight), body);
  const content = read(body, contentType, usualLimits);
  assertSeen(content, body);
  return content;
}

/** Everything that rules may look at. */
function shown({ arguments: found, files, partHeaders, xml }: BodyContent): string {
  return [
    ...found.flatMap(({ name, value }) => [name, value]),
    ...files.flatMap(({ name, fileName }) => [name, fileName]),
    ...partHeaders.map(({ value }) => value),
    xml?.text ?? '',
    ...(xml?.attributes ?? []),
  ].join('\n');
}

/** Values in the seeds have this form; no letter of it belongs to an escape. */
const marker = /WORM[0-9]/g;
/** In XML, where it is text or in a value: names and comments are not for rules to see. */
const markerInText = /(?<=>)WORM[0-9]/g;

/** However the input was mangled: a marker that is left whole is seen. */
function assertSeen(content: BodyContent, body: string): void {
  const found =
    content.xml === undefined ? body.match(marker) : body.includes('--') ? [] : body.match(markerInText);
  if (found === null) return;
  const all = shown(content);
  for (const each of new Set(found)) assert.ok(all.includes(each), `${each} is not seen`);
}

export const bodyTargets: readonly Target[] = [
  {
    name: 'json body',
    seeds: [
      '{"WORM1":{},"a":["WORM2",{"b":"WORM3"}],"c":[[]]}',
      '["WORM1\\u00e9\\n",1.5e3,{"WORM2":null}]',
      '{"a":"WORM1","a":"WORM2"}',
    ],
    words: [
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\\u0041',
      '\\ud83d\\ude00',
      '\\ud800',
      '{"b":',
      '1e9',
      '-',
      'null',
      '\xef\xbb\xbf',
      ' ',
      '\n',
      '\xc3\xa9',
      '\xff',
      '\0',
      "'",
      '/**/',
    ],
    check(bytes) {
      const body = bytes.toString('latin1');
      const content = readTwice(readJson, body, 'application/json');
      const parsed = parsedJson(bytes);
      if (parsed === undefined) {
        assert.equal(content.fault !== undefined, body !== '');
        return;
      }
      // Some readers take the half of a pair, and the bounds are no part of the grammar.
      if (content.fault !== undefined) assert.match(content.fault, /half a surrogate|\btoo\b/);
      const found = new Set(content.arguments.map(({ name, value }) => `${name}=${value}`));
      if (content.fault === undefined)
        for (const leaf of leaves(parsed.value, 'json')) assert.ok(found.has(leaf), leaf);
    },
  },
  {
    name: 'xml body',
    seeds: [
      '<?xml version="1.0" encoding="utf-8"?>\n<a xmlns="urn:WORM1" b="WORM2"><!-- c --><d>&lt;WORM3&#65;</d><e/></a>',
      "<a><b c='WORM1'><![CDATA[<WORM2>]]></b>WORM3</a>",
      '<!DOCTYPE a [<!ENTITY x SYSTEM "WORM1">]><a>&x;WORM2</a>',
    ],
    words: [
      '<',
      '>',
      '</',
      '/>',
      '<![CDATA[',
      ']]>',
      '&amp;',
      '&#',
      ';',
      '<!DOCTYPE',
      '<?',
      '?>',
      ' b="',
      '"',
      "'",
      '=',
      '<a>',
      '</a>',
      '<b>',
      '</b>',
      ' ',
      '\r\n',
      '\0',
      '\xc3\xa9',
      '\xff',
    ],
    check(bytes) {
      const body = bytes.toString('latin1');
      const content = readTwice(readXml, body, 'text/xml');
      const root = parseXml(bytes);
      if ('kind' in root) return;
      if (content.fault !== undefined) {
        assert.match(content.fault, /\btoo\b|as if it ended/);
        return;
      }
      const values = new Set(content.xml!.attributes);
      for (const value of attributesOf(root)) assert.ok(values.has(latin1(value)), value);
      let at = 0;
      for (const text of textsOf(root)) {
        at = content.xml!.text.indexOf(latin1(text), at);
        assert.ok(at >= 0, text);
        at += latin1(text).length;
      }
    },
  },
  {
    name: 'multipart body',
    seeds: [
      `--x\r\n${disposition}\r\n\r\nWORM1\r\n--x\r\nContent-Disposition: form-data; name="WORM2"\r\n\r\nWORM3\r\n--x--\r\n`,
      `--x\r\n${disposition}; filename="WORM1"; filename*=utf-8''WORM2\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x--`,
      `WORM1\r\n--x\n${disposition};\n\tname=WORM2\n\nWORM3\n--x--\nWORM4`,
    ],
    words: [
      '--x',
      '--x--',
      '\r\n',
      '\r',
      '\n',
      '\r\n\r\n',
      `${disposition}\r\n`,
      '; filename="f"',
      ';',
      '"',
      "'",
      '\\',
      '%22',
      'name=',
      ': ',
      '\0',
      ' ',
      'Content-Type: text/plain; charset=',
      'utf-7',
      '--',
      '\r\n--x\r\n',
      '--xy',
    ],
    check(bytes) {
      const body = bytes.toString('latin1');
      // What is in a file by all accounts is not for rules to see.
      const content = readMultipart(body, 'multipart/form-data; boundary=x', usualLimits);
      if (content.files.length === 0) readTwice(readMultipart, body, 'multipart/form-data; boundary=x');
      assertAsPlain(content, body);
      const parts = parseMultipart(bytes, 'x');
      if ('kind' in parts || /\btoo\b/.test(content.fault ?? '')) return;
      for (const part of parts) {
        const value = part.content.toString('latin1');
        const isThere =
          part.filename === undefined || part.filename === ''
            ? content.arguments.some((each) => each.name === latin1(part.name) && each.value === value)
            : content.files.some((each) => each.name === latin1(part.name) && each.size === value.length);
        assert.ok(isThere, part.name);
      }
    },
  },
  {
    name: 'boundary',
    seeds: ['multipart/form-data; boundary=x', 'multipart/form-data; charset=utf-8; boundary="x"; a=b'],
    words: [
      ';',
      '=',
      '"',
      "'",
      ' ',
      '\t',
      ',',
      '*',
      '*0=',
      'boundary',
      'Boundary=',
      'charset=',
      'utf-7',
      '\\',
      '\0',
      'y',
      '/',
      '; boundary=y',
    ],
    check(bytes) {
      const contentType = bytes.toString('latin1', 0, 16_384);
      const body = `--x\r\n${disposition}\r\n\r\nWORM1\r\n--x--\r\n--y\r\n${disposition}\r\n\r\nWORM2\r\n--y--\r\n`;
      const content = readTwice(readMultipart, body, contentType);
      const flags = new Set(content.flags).difference(
        new Set(['DATA_BEFORE', 'DATA_AFTER', 'STRICT_ERROR', 'UNMATCHED_BOUNDARY']),
      );
      if (content.fault !== undefined || flags.size > 0) return;
      // Then there is but one way to read it.
      assert.match(
        contentType,
        /^[ \t]*multipart\/form-data[ \t]*;[^"]*boundary=[xy][ \t]*(?:;|$)|"[^"]*;[ \t]*boundary=[xy](?:;|$)/i,
      );
      assert.equal(contentType.split(/boundary/i).length, 2);
    },
  },
];

function parsedJson(bytes: Buffer): { readonly value: unknown } | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    return { value: JSON.parse(bytes.toString()) };
  } catch {
    return undefined;
  }
}

function* leaves(value: unknown, name: string): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    // However the number was written.
    if (typeof value !== 'number') yield `${name}=${latin1(String(value))}`;
    return;
  }
  const items = Object.entries(value);
  if (items.length === 0) yield `${name}=`;
  for (const [key, item] of items) {
    const label = Array.isArray(value) ? `array_${key}` : key === '' ? 'empty-key' : latin1(key);
    yield* leaves(item, `${name}.${label}`);
  }
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function* attributesOf({ attributes, children }: XmlElement): Generator<string> {
  for (const { value } of attributes) yield value;
  for (const child of children) yield* attributesOf(child);
}

function* textsOf({ text, children }: XmlElement): Generator<string> {
  if (children.length === 0) yield text;
  for (const child of children) yield* textsOf(child);
}

/** Without flag and fault, whoever just cuts the body at the boundary has the same values. */
function assertAsPlain(
  { arguments: found, files, partHeaders, flags, fault }: BodyContent,
  body: string,
): void {
  if (fault !== undefined || flags.size > 0 || body === '') return;
  const [first, ...pieces] = body.split('--x');
  const last = pieces.pop()!;
  assert.equal(first, '');
  assert.match(last, /^--(?:\r\n)?$/);
  const heads = partHeaders.filter(({ value }) => /^content-disposition:/i.test(value));
  assert.equal(pieces.length, heads.length);
  const values = new Set(found.map(({ value }) => value));
  for (const piece of pieces) {
    assert.ok(piece.startsWith('\r\n') && piece.endsWith('\r\n'));
    const content = piece.slice(piece.indexOf('\r\n\r\n') + 4, -2);
    const isFile = /filename/i.test(piece) && files.some(({ size }) => size === content.length);
    assert.ok(values.has(content) || isFile);
  }
}
