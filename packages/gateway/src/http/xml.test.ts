import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseXml, type XmlElement } from './xml.ts';
import { maximumNodes, type XmlReason } from './xml-reasons.ts';

/** The tree in short: name with namespace, attributes, then text or children. */
function short(element: XmlElement): unknown {
  const name =
    element.name.namespace === '' ? element.name.local : `{${element.name.namespace}}${element.name.local}`;
  const attributes = Object.fromEntries(
    element.attributes.map((each) => [
      each.name.namespace === '' ? each.name.local : `{${each.name.namespace}}${each.name.local}`,
      each.value,
    ]),
  );
  const rest = element.children.length > 0 ? element.children.map(short) : element.text;
  return Object.keys(attributes).length > 0 ? [name, attributes, rest] : [name, rest];
}

function read(text: string | Buffer): unknown {
  const root = parseXml(Buffer.isBuffer(text) ? text : Buffer.from(text));
  return 'kind' in root ? root.reason : short(root);
}

test('well-formed documents', () => {
  const vectors: [text: string, tree: unknown][] = [
    ['<a/>', ['a', '']],
    ['<a></a>', ['a', '']],
    ['<a >b</a\n>', ['a', 'b']],
    ['\ufeff<a/>', ['a', '']],
    ['<?xml version="1.0"?><a/>', ['a', '']],
    ["<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<a/>\n", ['a', '']],
    ['<!-- one --><a/><!-- two -->', ['a', '']],
    [
      '<a><b>1</b> <c/>\r\n</a>',
      [
        'a',
        [
          ['b', '1'],
          ['c', ''],
        ],
      ],
    ],
    ['<a x="1" y=\'2"\'/>', ['a', { x: '1', y: '2"' }, '']],
    ['<a x = "1"/>', ['a', { x: '1' }, '']],
    ['<a>&lt;&gt;&amp;&quot;&apos;</a>', ['a', '<>&"\'']],
    ['<a>&#65;&#x42;&#x1F600;</a>', ['a', 'AB😀']],
    ['<a>1\r\n2\r3</a>', ['a', '1\n2\n3']],
    ['<a>&#13;</a>', ['a', '\r']],
    ['<a x="1\r\n2\t3&#10;"/>', ['a', { x: '1 2 3\n' }, '']],
    ['<a><![CDATA[<b>&amp;]]></a>', ['a', '<b>&amp;']],
    ['<a><![CDATA[]]></a>', ['a', '']],
    ['<a>text<!-- comment --></a>', ['a', 'text']],
    ['<a><!-- comment -->text</a>', ['a', 'text']],
    ['<a><!-- comment --> <b/> <!-- comment --></a>', ['a', [['b', '']]]],
    ['<a xmlns="urn:x"><b/></a>', ['{urn:x}a', [['{urn:x}b', '']]]],
    ['<p:a xmlns:p="urn:x" p:y="1" y="2"/>', ['{urn:x}a', { '{urn:x}y': '1', y: '2' }, '']],
    [
      '<a xmlns="urn:x"><b xmlns=""><c/></b><d/></a>',
      [
        '{urn:x}a',
        [
          ['b', [['c', '']]],
          ['{urn:x}d', ''],
        ],
      ],
    ],
    ['<a xml:lang="de"/>', ['a', { '{http://www.w3.org/XML/1998/namespace}lang': 'de' }, '']],
    ['<größe>1</größe>', ['größe', '1']],
    ['<a-b.c_1/>', ['a-b.c_1', '']],
    ['<a>]]</a>', ['a', ']]']],
    ['<a>></a>', ['a', '>']],
    ['<constructor __proto__="1"/>', ['constructor', Object.fromEntries([['__proto__', '1']]), '']],
  ];
  for (const [text, tree] of vectors) assert.deepEqual(read(text), tree, JSON.stringify(text));
});

const refused: readonly [text: string, reason: XmlReason][] = [
  ['', 'root'],
  ['text', 'root'],
  [' \n', 'root'],
  ['<a/><b/>', 'root'],
  ['<a/>text', 'root'],
  ['<a>', 'tag'],
  ['<a></b>', 'tag'],
  ['<a></A>', 'tag'],
  ['<a><b></a></b>', 'tag'],
  ['</a>', 'tag'],
  ['<a', 'attribute'],
  ['<a b>', 'attribute'],
  ['<a b=c/>', 'attribute'],
  ['<a b="1"c="2"/>', 'attribute'],
  ['<a b="<"/>', 'attribute'],
  ['<a b="1/>', 'attribute'],
  ['<a b="1" b="2"/>', 'duplicate-attribute'],
  ['<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>', 'duplicate-attribute'],
  ['<a / >', 'syntax'],
  ['< a/>', 'syntax'],
  ['<1a/>', 'syntax'],
  ['<a:b:c xmlns:a="u"/>', 'syntax'],
  ['<:a/>', 'syntax'],
  ['<a:/>', 'syntax'],
  ['<a\u00d7/>', 'syntax'],
  ['<a>]]></a>', 'syntax'],
  ['<a><!-- a -- b --></a>', 'syntax'],
  ['<a><!-- a ---></a>', 'syntax'],
  ['<a><!-- a', 'syntax'],
  ['<a><![CDATA[</a>', 'syntax'],
  ['<a>&b;</a>', 'entity'],
  ['<a>& b</a>', 'entity'],
  ['<a>&amp</a>', 'entity'],
  ['<a>&#;</a>', 'entity'],
  ['<a>&#xg;</a>', 'entity'],
  ['<a>&#X41;</a>', 'entity'],
  ['<a b="&c;"/>', 'entity'],
  [`<a>&#${'0'.repeat(20)}65;</a>`, 'entity'],
  ['<a>&#0;</a>', 'character'],
  ['<a>&#x1;</a>', 'character'],
  ['<a>&#xD800;</a>', 'character'],
  ['<a>&#xFFFE;</a>', 'character'],
  ['<a>&#x110000;</a>', 'character'],
  ['<a>\0</a>', 'character'],
  ['<a>\u0008</a>', 'character'],
  ['<a>\uffff</a>', 'character'],
  ['<!DOCTYPE a><a/>', 'doctype'],
  ['<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'doctype'],
  ['<!doctype html><a/>', 'doctype'],
  ['<a><!DOCTYPE a></a>', 'doctype'],
  ['<a><!ENTITY b "c"></a>', 'doctype'],
  ['<?xml-stylesheet href="x"?><a/>', 'instruction'],
  ['<a><?php echo 1 ?></a>', 'instruction'],
  ['<a/><?b?>', 'instruction'],
  [' <?xml version="1.0"?><a/>', 'instruction'],
  ['<?xml version="1.1"?><a/>', 'declaration'],
  ['<?xml encoding="utf-8"?><a/>', 'declaration'],
  ['<?xml version="1.0" encoding="utf-16"?><a/>', 'declaration'],
  ['<?xml version="1.0" encoding="utf-7"?><a/>', 'declaration'],
  ['<?xml version="1.0" standalone="maybe"?><a/>', 'declaration'],
  ['<p:a/>', 'namespace'],
  ['<a p:b="1"/>', 'namespace'],
  ['<a><b xmlns:p="u"/><p:c/></a>', 'namespace'],
  ['<a xmlns:p=""/>', 'namespace'],
  ['<a xmlns:xml="urn:x"/>', 'namespace'],
  ['<a xmlns:xmlns="urn:x"/>', 'namespace'],
  ['<xmlns:a/>', 'namespace'],
  ['<a xmlns="http://www.w3.org/2000/xmlns/"/>', 'namespace'],
  ['<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>', 'namespace'],
  ['<a>text<b/></a>', 'mixed'],
  ['<a><b/>text</a>', 'mixed'],
  ['<a>te<!-- -->xt</a>', 'mixed'],
  ['<a> <!-- --> text</a>', 'mixed'],
  ['<a>text<!-- --> </a>', 'mixed'],
  ['<a>te<![CDATA[xt]]></a>', 'mixed'],
  ['<a> <![CDATA[text]]></a>', 'mixed'],
  ['<a><![CDATA[a]]><![CDATA[b]]></a>', 'mixed'],
  ['<a><![CDATA[ ]]><b/></a>', 'mixed'],
  [`${'<a>'.repeat(65)}`, 'depth'],
  [`<a ${Array.from({ length: 65 }, (_, i) => `b${i}=""`).join(' ')}/>`, 'size'],
  [`<${'a'.repeat(257)}/>`, 'size'],
  [`<a>${'<b/>'.repeat(maximumNodes)}</a>`, 'size'],
];

test('everything else', () => {
  for (const [text, reason] of refused) assert.equal(read(text), reason, JSON.stringify(text.slice(0, 100)));
});

test('nothing but UTF-8', () => {
  assert.equal(read(Buffer.from('<a>\xe4</a>', 'latin1')), 'utf-8');
  assert.equal(read(Buffer.from('\ufeff<a/>', 'utf16le')), 'utf-8');
  assert.equal(read(Buffer.from('<a/>', 'utf16le')), 'character');
  assert.equal(read(Buffer.from('\xc0\xbca/>', 'latin1')), 'utf-8');
});

test('64 levels are enough', () => {
  assert.ok(!('kind' in parseXml(Buffer.from('<a>'.repeat(64) + '</a>'.repeat(64)))));
});

const escapes: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '&': '&amp;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
  '>': '&gt;',
};
const escaped = (text: string): string => text.replace(/[<&"\r\n\t>]/g, (character) => escapes[character]!);

test('what is written reads back', () => {
  const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_.-]{0,6}$/).filter((text) => !/^xml/i.test(text));
  const text = fc.string({ unit: fc.constantFrom(...'ab <>&"\'\n\t\r\u00e9\u4e16', '😀'), maxLength: 12 });
  const attributes = fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true });
  const { tree } = fc.letrec<{ tree: readonly [string, Record<string, string>, unknown] }>((tie) => ({
    tree: fc.tuple(
      name,
      attributes,
      fc.oneof({ maxDepth: 3 }, text, fc.array(tie('tree'), { minLength: 1, maxLength: 3 })),
    ),
  }));
  type Tree = readonly [string, Record<string, string>, string | readonly Tree[]];
  const written = ([tag, pairs, rest]: Tree): string => {
    const start = `<${tag}${Object.entries(pairs)
      .map(([key, value]) => ` ${key}="${escaped(value)}"`)
      .join('')}>`;
    return `${start}${typeof rest === 'string' ? escaped(rest) : rest.map(written).join('\n')}</${tag}>`;
  };
  const expected = ([tag, pairs, rest]: Tree): unknown => {
    const inner = typeof rest === 'string' ? rest : rest.map(expected);
    return Object.keys(pairs).length > 0 ? [tag, pairs, inner] : [tag, inner];
  };
  fc.assert(
    fc.property(tree, (each) => assert.deepEqual(read(written(each as Tree)), expected(each as Tree))),
  );
});
