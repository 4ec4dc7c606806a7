import assert from 'node:assert/strict';
import { charsetOf, toUtf8 } from '../../packages/gateway/src/http/charset.ts';
import { isOfType, polyglotFault } from '../../packages/gateway/src/http/content-signature.ts';
import { parseCookies } from '../../packages/gateway/src/http/cookies.ts';
import { parseForm } from '../../packages/gateway/src/http/form.ts';
import { splitLines, splitSequence } from '../../packages/gateway/src/http/json-lines.ts';
import { parseMultipart } from '../../packages/gateway/src/http/multipart.ts';
import { parseQuery } from '../../packages/gateway/src/http/query.ts';
import { parseXml, type XmlElement } from '../../packages/gateway/src/http/xml.ts';

/** A parser under fuzz: where inputs start from, the words of its language, and what must hold of any input. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly string[];
  readonly words: readonly string[];
  /** Throws when something does not hold. */
  readonly check: (bytes: Buffer) => void | Promise<void>;
  /** What a request makes us do of that; all of it where this is left out. For one who looks how long it takes. */
  readonly work?: (bytes: Buffer) => void | Promise<void>;
}

const disposition = 'Content-Disposition: form-data; name="a"';

export const contentTargets: readonly Target[] = [
  {
    name: 'multipart',
    seeds: [
      `--x\r\n${disposition}\r\n\r\nb\r\n--x--\r\n`,
      `--x\r\n${disposition}; filename="c.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--x\r\n${disposition}\r\n\r\n\r\n--x--`,
    ],
    words: [
      '--x',
      '--x--',
      '\r\n',
      '\r',
      '\n',
      '\r\n\r\n',
      disposition,
      '; filename="',
      '"',
      '\\',
      '%22',
      'name=',
      ': ',
      '\0',
      ';',
      'Content-Type: ',
    ],
    check(bytes) {
      const parts = parseMultipart(bytes, 'x');
      if ('kind' in parts) {
        assert.ok(parts.offset >= 0 && parts.offset <= bytes.length);
        return;
      }
      // Written anew it is the same, so that no byte of it was skipped.
      const written = parts.map(({ content }) => content.toString('latin1'));
      const text = bytes.toString('latin1');
      let at = 0;
      for (const content of written) {
        at = text.indexOf(`\r\n\r\n${content}\r\n--x`, at);
        assert.ok(at >= 0);
        at += 4 + content.length;
      }
      assert.match(text.slice(at), /^\r\n--x--(?:\r\n)?$/);
    },
  },
  {
    name: 'xml',
    seeds: [
      '<?xml version="1.0" encoding="utf-8"?>\n<a xmlns="urn:x" b="1"><!-- c --><d>&lt;&#65;</d><e/></a>',
      '<a xmlns:p="u" p:b="1"><p:c><![CDATA[<x>]]></p:c></a>',
    ],
    words: [
      '<',
      '>',
      '</',
      '/>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&amp;',
      '&#',
      ';',
      '<!DOCTYPE',
      '<?',
      '?>',
      ' xmlns="',
      '"',
      "'",
      ':',
      '=',
      '<a>',
      '</a>',
      ' ',
    ],
    check(bytes) {
      const root = parseXml(bytes);
      if ('kind' in root) return;
      // What was understood, written plainly, is understood as the same.
      const again = parseXml(Buffer.from(writtenXml(root)));
      // Escaped, a text that came as CDATA may have more references than a document may have.
      if ('kind' in again) assert.equal(again.reason, 'size');
      else assert.deepEqual(plain(again), plain(root));
    },
  },
  {
    name: 'form and parameters',
    seeds: ['a=1&b=%C3%A9+x&c', 'filter[a]=1&filter[b]=2', 'a=1; b="2"'],
    words: ['&', '=', '%', '%00', '%C3', '%A9', '%2', '+', ';', '[', ']', '"', '\0', '\xff'],
    check(bytes) {
      const text = bytes.toString('latin1');
      const pairs = parseForm(bytes, 100);
      assert.deepEqual(pairs, parseQuery(text, 100));
      if (!('kind' in pairs)) {
        const [first] = [...new URLSearchParams(`?${text}`)];
        if (pairs.length > 0) assert.deepEqual(pairs[0], first);
      }
      parseCookies(text, 100);
    },
  },
  {
    name: 'lines, charsets and signatures',
    seeds: [
      '{"a":1}\n{"a":2}\n',
      '\x1e1\n\x1e2\n',
      '\x89PNG\r\n\x1a\n\0\0\0\0IEND\xae\x42\x60\x82',
      'PK\x05\x06\0\0\0\0\x01\0\x01\0\x01\0\0\0\0\0\0\0\0\0',
    ],
    words: [
      '\n',
      '\r\n',
      '\x1e',
      'PK\x05\x06',
      'IEND',
      'GIF89a',
      ';',
      'RIFF',
      'WEBP',
      '\xff\xfe',
      '\xfe\xff',
      '<svg',
    ],
    check(bytes) {
      const limits = { lines: 50, length: 200 };
      for (const split of [splitLines, splitSequence]) {
        const spans = split(bytes, limits);
        if ('kind' in spans) continue;
        for (let i = 1; i < spans.length; i++) assert.ok(spans[i]! > spans[i - 1]! || i % 2 === 0);
      }
      for (const label of ['utf-8', 'iso-8859-1', 'windows-1252', 'utf-16', 'utf-16le', 'utf-16be']) {
        assert.ok(charsetOf(label));
        const text = toUtf8(bytes, label);
        if (text !== undefined) assert.equal(Buffer.from(text.toString()).equals(text), true);
      }
      polyglotFault(bytes);
      isOfType(bytes, 'image/png');
    },
  },
];

function plain({ name, attributes, children, text }: XmlElement): unknown {
  const own = attributes.map((each) => [each.name.local, each.name.namespace, each.value]);
  return [name.local, name.namespace, own, text, children.map(plain)];
}

const escapes: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };
const escaped = (text: string): string =>
  text.replace(/[<>&"\t\n\r]/g, (each) => escapes[each] ?? `&#${each.charCodeAt(0)};`);

/** With a prefix of its own for each namespace. */
function writtenXml({ name, attributes, children, text }: XmlElement): string {
  const own = name.namespace === '' ? ['', ' xmlns=""'] : ['n:', ` xmlns:n="${escaped(name.namespace)}"`];
  const isXml = name.namespace === 'http://www.w3.org/XML/1998/namespace';
  const [prefix, declared] = isXml ? ['xml:', ''] : own;
  const written = attributes.map((each, index) => {
    const value = `="${escaped(each.value)}"`;
    if (each.name.namespace === '') return ` ${each.name.local}${value}`;
    if (each.name.raw.startsWith('xml:')) return ` ${each.name.raw}${value}`;
    return ` xmlns:a${index}="${escaped(each.name.namespace)}" a${index}:${each.name.local}${value}`;
  });
  return `<${prefix}${name.local}${declared}${written.join('')}>${escaped(text)}${children.map(writtenXml).join('')}</${prefix}${name.local}>`;
}
