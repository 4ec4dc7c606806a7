import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJson } from './json.ts';
import { usualLimits } from './limits.ts';
import { readMultipart } from './multipart.ts';
import { readXml } from './xml.ts';

const size = 1_048_576;
/** Milliseconds of the processor. Linear, it is some ten even on a busy machine; quadratic, minutes. */
const most = 1_000;

const disposition = 'Content-Disposition: form-data; name="a"';
const part = `--x\r\n${disposition}\r\n\r\n`;

/** What each begins with, and what is repeated behind that up to a mebibyte. */
const json: readonly (readonly [start: string, unit: string])[] = [
  ['', ' '],
  ['', '['],
  ['', '{"a":'],
  ['', '"'],
  ['', '1'],
  ['"', '\\'],
  ['"', '\\n'],
  ['"', '\\x'],
  ['"', '\\ud800'],
  ['[', '1,'],
  ['[', '{},'],
  [`{"${'a'.repeat(size / 2)}":[`, '1,'],
  ['"', '\xc3\xa9'],
  ['"', '\xc3'],
];

const xml: typeof json = [
  ['', ' '],
  ['', '<!---->'],
  ['', '<!--'],
  ['', '<?'],
  ['', '<a>'],
  ['<a>', '</a'],
  ['<a>', '&'],
  ['<a>', '&a'],
  ['<a>', '&#'],
  ['<a>', '&#x1'],
  ['<a>', '&lt;'],
  ['<a>&#', '1'],
  ['<a>', '<![CDATA['],
  ['<a>', ']]'],
  ['<a>', '<b c=">"/>'],
  ['<a>', '<\xc3\xa9/>'],
  ['<a ', 'b="" '],
  ['<a ', "b='"],
  ['<', 'a'],
  ['<a', ' '],
  ['<a><!--', '-'],
  ['<a b="', '\r'],
];

const multipart: typeof json = [
  ['', '--x'],
  ['', '--x\r\n'],
  ['', '--x\n\n\n'],
  ['', part],
  [part, '\r\n--xy'],
  [part, '\r--x'],
  [part, '-'],
  [part, '\n'],
  [part, '\r\n--x '],
  ['--x\r\n', 'X: 1\r\n'],
  ['--x\r\n', ' \r\n'],
  ['--x\r\n', 'x'],
  ['', `--x\r\n${disposition}${'; x=y'.repeat(1_000)}\r\n\r\n\r\n`],
  ['', `--x\r\n${disposition}; x="${'\\'.repeat(7_000)}"\r\n\r\n\r\n`],
  ['', `--x\r\n${disposition}; filename*=${"'".repeat(7_000)}\r\n\r\n\r\n`],
  ['', `--x\r\n${disposition}\r\nContent-Type: ${'charset '.repeat(900)}\r\n\r\n\r\n`],
  ['', `--x\r\n${disposition}\r\nX: 1${'\r\n 2'.repeat(10)}\r\n\r\n\r\n`],
];

function assertQuick(read: (body: string) => unknown, start: string, unit: string): void {
  const body = start + unit.repeat(Math.ceil((size - start.length) / unit.length));
  const before = process.cpuUsage();
  read(body);
  const { user, system } = process.cpuUsage(before);
  const used = (user + system) / 1_000;
  assert.ok(
    used < most,
    `${used} ms for ${JSON.stringify(start.slice(0, 20))} and ${JSON.stringify(unit.slice(0, 60))}`,
  );
}

test('no body takes more than linear time', () => {
  for (const [start, unit] of json) assertQuick((body) => readJson(body, '', usualLimits), start, unit);
  for (const [start, unit] of xml) assertQuick((body) => readXml(body, '', usualLimits), start, unit);
  const type = 'multipart/form-data; boundary=x';
  for (const [start, unit] of multipart)
    assertQuick((body) => readMultipart(body, type, usualLimits), start, unit);
});

test('no boundary makes the search for it slow', () => {
  const boundaries = [
    ['-'.repeat(70), '-'],
    [`b${'a'.repeat(69)}`, 'a'],
    [`${'a'.repeat(69)}b`, 'a'],
    [`${'ab'.repeat(34)}b`, 'ab'],
  ];
  for (const [boundary, unit] of boundaries) {
    const type = `multipart/form-data; boundary=${boundary}`;
    assertQuick(
      (body) => readMultipart(body, type, usualLimits),
      `--${boundary}\r\n${disposition}\r\n\r\n`,
      unit!,
    );
  }
});

test('no Content-Type takes more than linear time', () => {
  for (const unit of [' ', '\t;', '"', ';', '=', "'", 'charset', ';boundary="', 'a= ', ';a', ' x', '\xa0'])
    assertQuick((type) => readMultipart('x', `multipart/form-data;boundary=${type}`, usualLimits), '', unit);
});
