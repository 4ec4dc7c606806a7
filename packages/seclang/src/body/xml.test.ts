import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BodyContent } from './content.ts';
import { type BodyLimits, usualLimits } from './limits.ts';
import { readXml } from './xml.ts';

function read(body: string, limits?: Partial<BodyLimits>, contentType = 'application/xml'): BodyContent {
  return readXml(body, contentType, { ...usualLimits, ...limits });
}

function textAndAttributes({ xml }: BodyContent): { text: string; attributes: readonly string[] } {
  return { text: xml!.text, attributes: xml!.attributes };
}

const documents: readonly (readonly [body: string, text: string, attributes: readonly string[]])[] = [
  ['<a/>', '', []],
  ['<a></a>', '', []],
  ['<a >x</a >', 'x', []],
  ['\xef\xbb\xbf<a>x</a>', 'x', []],
  ['<?xml version="1.0"?><a>x</a>', 'x', []],
  ["<?xml version='1.0' encoding='utf-8' standalone = \"yes\" ?>\n<a>x</a>\n", 'x', []],
  ['<?xml version="1.0" encoding="US-ASCII"?><a>x</a>', 'x', []],
  ['<a b="1&lt;2">x<c d=\'q"\'>y</c><!--no--><![CDATA[z<&]]></a>', 'xyz<&', ['1<2', 'q"']],
  ['<a>\n <c>1</c>\n <c>2</c></a>', '\n 1\n 2', []],
  // What is one for XPath is one for the rules.
  ['<a>un<b/>ion<!-- --> se<![CDATA[lect]]></a>', 'union select', []],
  ['<!-- 1 --><a>x</a><!-- 2 -->', 'x', []],
  ['<a>&lt;&gt;&amp;&quot;&apos;</a>', '<>&"\'', []],
  ['<a>&#60;&#x3c;&#x3C;&#0000000060;&#x00000003c;</a>', '<<<<<', []],
  ['<a>&#xe9;&#8364;&#x1F600;</a>', '\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80', []],
  ['<a>&amp;lt;script&amp;gt;</a>', '&lt;script&gt;', []],
  ['<a>1\r\n2\r3<![CDATA[4\r\n5]]>&#13;</a>', '1\n2\n34\n5\r', []],
  ['<a b="1\r\n2\t3\n4\r5&#10;6"/>', '', ['1 2 3 4 5\n6']],
  ['<a b="x>y"/>', '', ['x>y']],
  ['<a b=""/>', '', ['']],
  ['<a b = "1"\n\tc="2"\r\n/>', '', ['1', '2']],
  ['<p:a xmlns:p="urn:p" p:b="1" xmlns="urn:q">x</p:a>', 'x', ['urn:p', '1', 'urn:q']],
  ['<\xc3\xa9 \xe4\xb8\x96="1">\xe4\xb8\x96</\xc3\xa9>', '\xe4\xb8\x96', ['1']],
  ['<a-1._b:c/>', '', []],
  ['<a><![CDATA[]]></a>', '', []],
  ['<a><![CDATA[]]]]><![CDATA[>]]></a>', ']]>', []],
  ['<a><!----></a>', '', []],
  ['<a>]] ></a>', ']] >', []],
];

test('text and attributes', () => {
  for (const [body, text, attributes] of documents) {
    const content = read(body);
    assert.deepEqual(textAndAttributes(content), { text, attributes }, body);
    assert.equal(content.fault, undefined, body);
  }
  const nothing = read('');
  assert.deepEqual([nothing.xml, nothing.fault], [undefined, undefined]);
});

const external = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>';
const laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>';

const faults: readonly (readonly [
  body: string,
  fault: RegExp,
  text: string,
  attributes?: readonly string[],
])[] = [
  // Entities, and what else a document type can do. All of it can be seen.
  [external, /document type/, external],
  [laughs, /document type/, laughs],
  [
    '<!DOCTYPE a SYSTEM "http://evil/x.dtd"><a/>',
    /document type/,
    '<!DOCTYPE a SYSTEM "http://evil/x.dtd"><a/>',
  ],
  [
    '<!DOCTYPE a PUBLIC "-//x" "http://evil/"><a/>',
    /document type/,
    '<!DOCTYPE a PUBLIC "-//x" "http://evil/"><a/>',
  ],
  [
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://evil/"> %p;]><a/>',
    /document type/,
    '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://evil/"> %p;]><a/>',
  ],
  ['<!DOCTYPE a><a/>', /document type/, '<!DOCTYPE a><a/>'],
  ['<!doctype html><a/>', /document type/, '<!doctype html><a/>'],
  ['<?xml version="1.0"?>\n<!DOCTYPE a><a/>', /document type/, '<!DOCTYPE a><a/>'],
  ['<!-- --><!DOCTYPE a><a/>', /document type/, '<!DOCTYPE a><a/>'],
  ['<a>x<!DOCTYPE b></a>', /document type/, 'x<!DOCTYPE b></a>'],
  ['<a>x<!ENTITY b "c"></a>', /document type/, 'x<!ENTITY b "c"></a>'],
  ['<a><![INCLUDE[x]]></a>', /document type/, '<![INCLUDE[x]]></a>'],
  ['<a>&x;</a>', /reference/, '&x;'],
  ['<a b="&x;">y</a>', /reference/, 'y', ['&x;']],
  ['<a>&LT;&nbsp;</a>', /reference/, '&LT;&nbsp;'],
  ['<a>a & b</a>', /reference/, 'a & b'],
  ['<a>&lt</a>', /reference/, '&lt'],
  ['<a>&#x41</a>', /reference/, '&#x41'],
  ['<a>&#;&#x;&#xg;&#a;</a>', /reference/, '&#;&#x;&#xg;&#a;'],
  ['<a>&#X41;</a>', /reference/, '&#X41;'],
  ['<a>&#0;&#8;&#xFFFE;&#xD800;&#x110000;</a>', /reference/, '&#0;&#8;&#xFFFE;&#xD800;&#x110000;'],
  [`<a>&#x1${'0'.repeat(40)}41;</a>`, /reference/, `&#x1${'0'.repeat(40)}41;`],
  // Encodings.
  ['<?xml version="1.0" encoding="UTF-7"?><a>+ADw-</a>', /encoding/, '+ADw-'],
  ['<?xml version="1.0" encoding="utf-16"?><a>x</a>', /encoding/, 'x'],
  ['<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', /not UTF-8/, '\xe9'],
  ['<?xml version="1.0" encoding="ibm037"?><a>x</a>', /encoding/, 'x'],
  ['\xff\xfe<\0a\0/\0>\0', /not UTF-8/, '\xff\xfe<\0a\0/\0>\0'],
  ['\xfe\xff\0<\0a\0/\0>', /not UTF-8/, '\xfe\xff\0<\0a\0/\0>'],
  ['<\0a\0/\0>\0', /character/, '<\0a\0/\0>\0'],
  ['\0<\0a\0/\0>', /character/, '\0<\0a\0/\0>'],
  ['+ADw-a/+AD4-', /outside/, '+ADw-a/+AD4-'],
  ['<a>\xc0\xbcx</a>', /not UTF-8/, '\xc0\xbcx'],
  ['<?xml version="1.1"?><a>x</a>', /declaration/, '<?xml version="1.1"?><a>x</a>'],
  ['<?xml encoding="utf-8"?><a>x</a>', /declaration/, '<?xml encoding="utf-8"?><a>x</a>'],
  [
    `<?xml version="1.0"${' '.repeat(300)}encoding="utf-7"?><a>x</a>`,
    /declaration/,
    `<?xml version="1.0"${' '.repeat(300)}encoding="utf-7"?><a>x</a>`,
  ],
  [' <?xml version="1.0"?><a>x</a>', /instruction/, '<?xml version="1.0"?>x'],
  ['<a>\x01</a>', /character/, '\x01'],
  ['<a b="\0"/>', /character/, '', ['\0']],
  ['<a>\xef\xbf\xbe</a>', /character/, '\xef\xbf\xbe'],
  // Instructions.
  ['<?php system(1) ?><a>x</a>', /instruction/, '<?php system(1) ?>x'],
  ['<a>x<?php system(1) ?>y</a>', /instruction/, 'x<?php system(1) ?>y'],
  ['<?xml-stylesheet href="http://evil/"?><a/>', /instruction/, '<?xml-stylesheet href="http://evil/"?>'],
  ['<a><?php </a>', /instruction does not end/, '<?php </a>'],
  // Tags.
  ['<a>x', /does not end/, 'x'],
  ['<a>x</b>', /end tag/, 'x</b>'],
  ['<a><b>x</a></b>', /end tag/, 'x</a></b>'],
  ['<a>x</ab>', /end tag/, 'x</ab>'],
  ['<ab>x</a>', /end tag/, 'x</a>'],
  ['<a>x</ a>', /end tag/, 'x</ a>'],
  ['<a>x</a b="1">', /end tag/, 'x</a b="1">'],
  ['<a>x</A>', /end tag/, 'x</A>'],
  ['</a>', /end tag/, '</a>'],
  ['<a/></a>', /end tag/, '</a>'],
  ['<a/>x', /outside/, 'x'],
  ['x<a/>', /outside/, 'x<a/>'],
  ['<![CDATA[x]]><a/>', /outside/, '<![CDATA[x]]><a/>'],
  ['<a/><b>x</b>', /more than one/, '<b>x</b>'],
  ['<!-- -->', /no element/, ''],
  [' ', /no element/, ''],
  ['{"a":"b"}', /outside/, '{"a":"b"}'],
  ['< a/>', /no name/, '< a/>'],
  ['<>x</>', /no name/, '<>x</>'],
  ['<1a/>', /no name/, '<1a/>'],
  ['<a', /malformed/, '<a'],
  ['<a/', /malformed/, '<a/'],
  ['<a/ >', /malformed/, '<a/ >'],
  ['<a<b/>', /malformed/, '<a<b/>'],
  ['<\xc3\x97/>', /name has a character/, ''],
  ['<a \xc2\xb7b="1"/>', /name has a character/, '', ['1']],
  // Attributes.
  ['<a b="1" b="2"/>', /twice/, '', ['1', '2']],
  ['<a b="1"c="2"/>', /no blank/, '', ['1', '2']],
  ['<a b=1/>', /quotes/, '<a b=1/>'],
  ['<a b/>', /no value/, '<a b/>'],
  ['<a b="1" c/>', /no value/, '<a b="1" c/>'],
  ['<a b="1/>', /does not end/, '<a b="1/>'],
  ['<a b="<c>"/>', /tag in it/, '', ['<c>']],
  ['<a ="1"/>', /malformed/, '<a ="1"/>'],
  // Comments and sections.
  ['<a>x<!-- y</a>', /comment does not end/, 'x<!-- y</a>'],
  ['<a><!-- 1 -- 2 -->x</a>', /dashes/, 'x'],
  ['<a><!-- 1 --->x</a>', /dashes/, 'x'],
  ['<a><!-->x</a>-->x</a>', /as if it ended/, 'x'],
  ['<a><!--->x</a>-->x</a>', /as if it ended/, 'x'],
  ['<a><![CDATA[x</a>', /section does not end/, '<![CDATA[x</a>'],
  ['<a><![cdata[x]]></a>', /document type/, '<![cdata[x]]></a>'],
  ['<a>x]]>y</a>', /did not begin/, 'x]]>y'],
];

test('what is not well-formed or only some readers take is a fault, and is seen nevertheless', () => {
  for (const [body, fault, text, attributes = []] of faults) {
    const content = read(body);
    assert.match(content.fault ?? '', fault, body);
    assert.deepEqual(textAndAttributes(content), { text, attributes }, body);
  }
});

test('a charset that rules cannot see through is a fault', () => {
  assert.equal(read('<a/>', {}, 'text/xml; charset=utf-8').fault, undefined);
  for (const charset of ['utf-7', 'UTF-16', '"utf-32"', "utf-8; charset='utf-7'"])
    assert.match(read('<a/>', {}, `text/xml; charset=${charset}`).fault!, /charset/, charset);
});

test('depth and number are bounded, and what is beyond is seen', () => {
  assert.equal(read('<a><b><c>x</c></b></a>', { depth: 3 }).fault, undefined);
  const deep = read('<a><b><c>evil</c></b></a>', { depth: 2 });
  assert.match(deep.fault!, /deeply/);
  assert.equal(deep.xml!.text, '<c>evil</c></b></a>');
  assert.equal(read('<a b="1">x<c/></a>', { nodes: 4 }).fault, undefined);
  for (const [body, text, attributes] of [
    ['<a b="1">x<c/>evil</a>', 'xevil</a>', ['1']],
    ['<a b="1">x<c/><d>evil</d></a>', 'x<d>evil</d></a>', ['1']],
    ['<a b="1">x<c d="evil"/></a>', 'x<c d="evil"/></a>', ['1']],
    ['<a b="1">x<c/><![CDATA[evil]]></a>', 'x<![CDATA[evil]]></a>', ['1']],
  ] as const) {
    const content = read(body, { nodes: 4 });
    assert.match(content.fault!, /too many/, body);
    assert.deepEqual(textAndAttributes(content), { text, attributes }, body);
  }
  assert.match(read(`<a>${'<!---->'.repeat(10)}</a>`, { nodes: 5 }).fault!, /too many/);
});

test('the deepest document that a body can be does not reach the end of the stack', () => {
  const levels = 300_000;
  const content = read(`${'<a>'.repeat(levels)}x${'</a>'.repeat(levels)}`, {
    depth: levels,
    nodes: 2 * levels,
  });
  assert.equal(content.fault, undefined);
  assert.equal(content.xml!.text, 'x');
});

interface Tree {
  readonly attributes: readonly string[];
  readonly items: readonly (Tree | string)[];
}

const unit = fc.constantFrom(...'ab <>&"\'\n\t]-\xe9\u4e16', '\u{1f600}', ']]>', '-->', '&lt;');
const words = fc.string({ unit, maxLength: 8 });
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    attributes: fc.array(words, { maxLength: 3 }),
    items: fc.array(fc.oneof({ maxDepth: 4 }, words, tie('tree')), { maxLength: 4 }),
  }),
}));

/** Each special character in one of its ways; text now and then in a section. */
function written({ attributes, items }: Tree, way: () => number): string {
  const escaped = (text: string, isText: boolean) =>
    [...text]
      .map((each) => {
        if (isText ? !'<>&'.includes(each) && way() < 3 : !'<>&"\n\t'.includes(each) && way() < 3)
          return each;
        const code = each.codePointAt(0)!;
        return way() < 2 ? `&#x${code.toString(16)};` : `&#${code};`;
      })
      .join('');
  const own = attributes.map((value, index) => ` a${index}="${escaped(value, false)}"`).join('');
  const content = items.map((item) => {
    if (typeof item !== 'string') return written(item, way);
    if (way() === 0 && !item.includes(']]>')) return `<![CDATA[${item}]]>`;
    return escaped(item, true) + (way() === 1 ? '<!-- c -->' : '');
  });
  return `<e${own}>${content.join('')}</e>`;
}

function plainly({ attributes, items }: Tree): { text: string; attributes: string[] } {
  const inner = items.map((item) =>
    typeof item === 'string' ? { text: item, attributes: [] } : plainly(item),
  );
  return {
    text: inner.map(({ text }) => text).join(''),
    attributes: [...attributes, ...inner.flatMap((each) => each.attributes)],
  };
}

test('however a document is written, its text and attributes are the same', () => {
  const bytes = (text: string) => Buffer.from(text).toString('latin1');
  fc.assert(
    fc.property(tree, fc.infiniteStream(fc.nat(3)), (root, ways) => {
      const body = bytes(written(root, () => ways.next().value));
      const content = read(body);
      const { text, attributes } = plainly(root);
      assert.equal(content.fault, undefined, body);
      assert.deepEqual(textAndAttributes(content), {
        text: bytes(text),
        attributes: attributes.map(bytes),
      });
      assert.equal(content.xml!.pieces.join(''), content.xml!.text);
    }),
    { numRuns: 1_000 },
  );
});
