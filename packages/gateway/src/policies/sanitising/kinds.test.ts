import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { fileNameFault } from '../../http/file-name.ts';
import { htmlCleaner } from './html.ts';
import { Cleaner, type Kind, kinds } from './kinds.ts';

const cleaner = new Cleaner(await htmlCleaner({}));

/** The clean text; undefined where there is none. */
function clean(kind: Kind, text: string): string | undefined {
  const result = cleaner.clean(text, [kind]);
  return 'message' in result ? undefined : result.text;
}

const tables: Readonly<Record<Kind, readonly (readonly [dirty: string, clean: string | undefined])[]>> = {
  html: [
    ['<p>Hello <b>you</b></p>', '<p>Hello <b>you</b></p>'],
    ['fish & chips < 3', 'fish &amp; chips &lt; 3'],
    ['<script>alert(1)</script>ok', 'ok'],
    ['<SCRIPT SRC=//evil.example></SCRIPT>ok', 'ok'],
    ['<scr<script>ipt>alert(1)</script>', 'ipt&gt;alert(1)'],
    ['<img src=x onerror=alert(1)>ok', 'ok'],
    ['<b onclick="alert(1)" style="x:y" class=a>ok</b>', '<b>ok</b>'],
    [
      '<a href="https://shop.example/?a=1&b=2" target=_blank>x</a>',
      '<a href="https://shop.example/?a=1&amp;b=2">x</a>',
    ],
    ['<a href="mailto:a@b.example">x</a>', '<a href="mailto:a@b.example">x</a>'],
    ['<a href="javascript:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="JaVaScRiPt:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="java\tscript:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="java&#10;script:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="&#106;avascript&colon;alert(1)">x</a>', '<a>x</a>'],
    ['<a href="\x01javascript:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="java<!-- -->script:alert(1)">x</a>', '<a>x</a>'],
    ['<a href="data:text/html,<script>alert(1)</script>">x</a>', '<a>x</a>'],
    ['<a href="vbscript:x">x</a>', '<a>x</a>'],
    ['<a href="//evil.example">x</a>', '<a>x</a>'],
    ['<a href="/\\evil.example">x</a>', '<a>x</a>'],
    ['<svg><style><img title="</style><img src onerror=alert(1)>"></svg>', '"&gt;'],
    [
      '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
      '&lt;!--'.slice(0, 0),
    ],
    ['<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>', '<p></p>'],
    ['<textarea></textarea><svg/onload=alert(1)>x', 'x'],
    ['<textarea>&lt;/textarea&gt;&lt;svg/onload=alert(1)&gt;</textarea>', ''],
    ['<xmp><img src=x onerror=alert(1)></xmp>', ''],
    ['<template><script>alert(1)</script></template>', ''],
    ['<p>open', '<p>open</p>'],
    ['</p></b>', '<p></p>'],
    ['<!--><img src=x onerror=alert(1)>-->', '--&gt;'],
    ['<![CDATA[<img src=x onerror=alert(1)>]]>', ''],
    ['<scr\0ipt>alert(1)</scr\0ipt>', 'alert(1)'],
    ['&lt;script&gt;', '&lt;script&gt;'],
    ['x'.repeat(32_768), 'x'.repeat(32_768)],
    ['&'.repeat(2_000), '&amp;'.repeat(2_000)],
    ['< '.repeat(2_000), '&lt; '.repeat(2_000)],
    ['x'.repeat(32_769), undefined],
    ['<b>'.repeat(2_001), undefined],
    ['&'.repeat(2_001), undefined],
  ],
  text: [
    ['a < b and b > c', 'a < b and b > c'],
    ['I <3 you', 'I <3 you'],
    ['Tom &amp; Jerry & co', 'Tom &amp; Jerry & co'],
    ['<b>bold</b>', 'bold'],
    ['<a>b</z><Z>c', 'bc'],
    ['<@> <[> <`> <{>', '<@> <[> <`> <{>'],
    ['<scr<script>ipt>alert(1)</scr</script>ipt>', 'alert(1)'],
    ['<<b>script>alert(1)', 'alert(1)'],
    ['<<<<b>b>b>b>x', 'x'],
    ['<img src=x onerror=alert(1)', 'img src=x onerror=alert(1)'],
    ['<<img', 'img'],
    ['<!-- x -->y', 'y'],
    ['<?php x ?>y', 'y'],
    ['</b', '/b'],
    ['<a <> b>c', ' b>c'],
    ['<', '<'],
    ['😀<b>😀</b>', '😀😀'],
  ],
  'strip-control': [
    ['a\tb\nc', 'a\tb\nc'],
    ['a\r\nb', 'a\nb'],
    ['a\0b\x1b[31mc\x7f\x9bd', 'ab[31mcd'],
    ['photo\u202egnp.exe', 'photognp.exe'],
    ['\u2066a\u2069 \u200bb\ufeff', 'a b'],
    // ZWJ and ZWNJ are what emoji and Persian are written with.
    ['👩‍🚀 می‌خواهم', '👩‍🚀 می‌خواهم'],
    ['hi\u{e0041}\u{e0042}', 'hi'],
    [
      '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
      '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    ],
  ],
  trim: [
    [' a b ', 'a b'],
    ['\u00a0\u3000\u2003\x85\ufeff\n a\u2028', 'a'],
    ['   ', ''],
  ],
  url: [
    ['https://shop.example/a?b=c#d', 'https://shop.example/a?b=c#d'],
    ['HTTP://shop.example', 'HTTP://shop.example'],
    [' https://shop.example/a\n', 'https://shop.example/a'],
    ['\x00 https://shop.example/a \x1f ', 'https://shop.example/a'],
    ['https://shop.example/a!', 'https://shop.example/a!'],
    ['!https://shop.example/a', undefined],
    ['https://shop.example/a b', undefined],
    ['https://user:pass@shop.example', undefined],
    ['https://:pass@shop.example', undefined],
    ['https://[::1', undefined],
    ['mailto:', undefined],
    ['xhttps://shop.example', undefined],
    ['https://shop.exa\tmple/', 'https://shop.example/'],
    ['mailto:a@shop.example', 'mailto:a@shop.example'],
    ['https://bücher.example/', 'https://bücher.example/'],
    ['javascript:alert(1)', undefined],
    ['java\tscript:alert(1)', undefined],
    ['java\nscript:alert(1)', undefined],
    ['\x01javascript:alert(1)', undefined],
    ['javascript&colon;alert(1)', undefined],
    ['javascript://shop.example/%0aalert(1)', undefined],
    ['data:text/html,x', undefined],
    ['vbscript:x', undefined],
    ['/relative', undefined],
    ['//evil.example', undefined],
    ['https:evil.example', undefined],
    ['https:///evil.example', undefined],
    ['https:\\\\evil.example', undefined],
    ['https://shop.example@evil.example', undefined],
    ['https://shop.example/"><script>', undefined],
    ['https://shop.example/\u202ecod.exe', undefined],
    ['https://', undefined],
    ['', undefined],
  ],
  filename: [
    ['photo.png', 'photo.png'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\x\\photo.png', 'photo.png'],
    ['.htaccess', 'htaccess'],
    ['...', undefined],
    ['', undefined],
    ['a\0b.png', 'ab.png'],
    ['photo\u202egnp.exe', 'photognp.exe'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['a:b', 'a_b'],
    [`${'x'.repeat(300)}.${'y'.repeat(15)}`, `${'x'.repeat(238)}.${'y'.repeat(15)}`],
    [`${'x'.repeat(300)}.${'y'.repeat(16)}`, 'x'.repeat(254)],
    [`x.${'y'.repeat(300)}`, `x.${'y'.repeat(252)}`],
    [`.${'x'.repeat(255)}`, 'x'.repeat(255)],
    [`${'x'.repeat(253)} .${'y'.repeat(20)}`, 'x'.repeat(253)],
    [`con.${'x'.repeat(300)}`, `_con.${'x'.repeat(250)}`],
    ['name. ', 'name'],
    ['..%2f..%2fetc', undefined],
    ['u\u0308ber.txt', 'über.txt'],
    [`${'ä'.repeat(300)}.png`, `${'ä'.repeat(125)}.png`],
    ['a/', undefined],
  ],
};

for (const kind of kinds) {
  test(`${kind}: a table of texts`, () => {
    for (const [dirty, expected] of tables[kind])
      assert.equal(clean(kind, dirty), expected, JSON.stringify(dirty.slice(0, 100)));
  });

  test(`${kind}: what is clean stays as it is`, () => {
    fc.assert(
      fc.property(dirtyText, (dirty) => {
        const once = clean(kind, dirty);
        if (once !== undefined) assert.equal(clean(kind, once), once);
      }),
      { numRuns: 2_000 },
    );
  });
}

/** Pieces that filters are known to stumble over, in any order. */
const dirtyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'< > " \' = / & ; ! - -- --> <!-- <![CDATA[ ]]> \0 \t \n : \\ . %2f'.split(' '),
        ' ',
        ...'<script> </script> <style> </style> <svg> <math> <mtext> <mglyph> <table> <template> <noscript> </noscript>'.split(
          ' ',
        ),
        ...'<textarea> </textarea> <xmp> <title> </title> <plaintext> <select> <option> <iframe> <form> <p> </p> <a '.split(
          ' ',
        ),
        ...'<b <b> </b> <li> <ul> <pre> <code> <br> <br/ href= onerror= javascript: data: http://a //a &lt; &gt; &#60; &quot; &Tab;'.split(
          ' ',
        ),
        '<img src=x onerror=alert(1)>',
        '\u202e',
        '\ufeff',
        '\u{1f3f4}\u{e0067}',
        '\u{e007f}',
        '\x85',
        'con',
      ),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
    { maxLength: 20 },
  )
  .map((pieces) => pieces.join(''));

const allowed = new Set('p br b i em strong ul ol li a blockquote code pre'.split(' '));

/** What a browser makes of HTML, as parse5 reads it by the standard. */
function* elementsIn(node: DefaultTreeAdapterTypes.ParentNode): Generator<DefaultTreeAdapterTypes.Element> {
  for (const child of node.childNodes) {
    if (!('tagName' in child)) {
      assert.notEqual(child.nodeName, '#comment');
      continue;
    }
    yield child;
    yield* elementsIn(child);
  }
}

function assertAllowed(html: string): void {
  for (const { tagName, attrs, namespaceURI } of elementsIn(parseFragment(html))) {
    assert.ok(allowed.has(tagName), `${tagName} in ${html}`);
    assert.equal(namespaceURI, 'http://www.w3.org/1999/xhtml');
    for (const { name, value } of attrs) {
      assert.equal(`${tagName} ${name}`, 'a href');
      const url = URL.parse(value, 'https://base.example/');
      assert.ok(url === null || /^(?:https?|mailto):$/.test(url.protocol), value);
      assert.ok(url === null || !/^[\s\\/]*[\\/]{2}/.test(value), value);
    }
  }
}

test('another parser finds in clean HTML what the list allows, and nothing else', () => {
  for (const [dirty] of tables.html) assertAllowed(clean('html', dirty) ?? '');
  fc.assert(
    fc.property(dirtyText, (dirty) => assertAllowed(clean('html', dirty)!)),
    { numRuns: 5_000 },
  );
});

test('another parser finds no element in clean text', () => {
  fc.assert(
    fc.property(dirtyText, (dirty) =>
      assert.deepEqual([...elementsIn(parseFragment(clean('text', dirty)!))], []),
    ),
    { numRuns: 5_000 },
  );
});

test('text without a tag is not changed, whatever else is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      if (!/<[a-z!?/]/i.test(text)) assert.equal(clean('text', text), text);
    }),
  );
});

test('a clean file name is one that nobody objects to', () => {
  fc.assert(
    fc.property(dirtyText, (dirty) => {
      const name = clean('filename', dirty);
      if (name !== undefined) assert.equal(fileNameFault(name, false), undefined);
    }),
    { numRuns: 2_000 },
  );
});

test('several kinds in their order', () => {
  const result = cleaner.clean(' <b> a\0 </b> ', ['text', 'strip-control', 'trim']);
  assert.deepEqual(result, { text: 'a', changedBy: ['text', 'strip-control', 'trim'] });
});

test('a text of any kind has a bound', () => {
  for (const kind of ['text', 'strip-control', 'trim'] as const) {
    assert.equal(clean(kind, 'x'.repeat(262_144)), 'x'.repeat(262_144));
    assert.equal(clean(kind, 'x'.repeat(262_145)), undefined);
  }
  assert.notEqual(clean('filename', 'x'.repeat(4_096)), undefined);
  assert.equal(clean('filename', 'x'.repeat(4_097)), undefined);
});

test('a kind that was not asked for is not loaded', () => {
  assert.throws(() => new Cleaner(undefined).clean('x', ['html']), /was not loaded/);
});
