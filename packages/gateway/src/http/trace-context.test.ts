import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  childTraceparent,
  formatTraceparent,
  isSampled,
  newTraceparent,
  parseTraceparent,
} from './trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const zeros = '0'.repeat(32);

test('accepted traceparents', () => {
  const vectors: [value: string, flags: number][] = [
    [`00-${traceId}-${parentId}-01`, 1],
    [`00-${traceId}-${parentId}-00`, 0],
    [`00-${traceId}-${parentId}-03`, 3],
    // Flags that this version does not know are not handed on.
    [`00-${traceId}-${parentId}-ff`, 3],
    // Later versions.
    [`01-${traceId}-${parentId}-01`, 1],
    [`cc-${traceId}-${parentId}-01-`, 1],
    [`cc-${traceId}-${parentId}-01-what-the-future-will-be-like`, 1],
    [`fe-${traceId}-${parentId}-04-.`, 0],
  ];
  for (const [value, flags] of vectors) {
    assert.deepEqual(parseTraceparent(value), { traceId, parentId, flags }, value);
  }
});

test('refused traceparents', () => {
  const vectors = [
    '',
    '00',
    `00-${zeros}-${parentId}-01`,
    `00-${traceId}-${zeros.slice(16)}-01`,
    `01-${zeros}-${parentId}-01`,
    `ff-${traceId}-${parentId}-01`,
    `ff-${traceId}-${parentId}-01-x`,
    `FE-${traceId}-${parentId}-01`,
    `00-${traceId.toUpperCase()}-${parentId}-01`,
    `00-${traceId}-${parentId.toUpperCase()}-01`,
    `00-${traceId}-${parentId}-0A`,
    `00-${traceId}-${parentId}-1`,
    `00-${traceId}-${parentId}-01-`,
    `00-${traceId}-${parentId}-01-x`,
    `00-${traceId}-${parentId}-011`,
    `01-${traceId}-${parentId}-01x`,
    `01-${traceId}-${parentId}-01.x`,
    `0-${traceId}-${parentId}-01`,
    `00-${traceId}-${parentId}`,
    `00-${traceId}f-${parentId}-01`,
    `00-${traceId.slice(1)}-${parentId}-01`,
    `00-${traceId.slice(1)}g-${parentId}-01`,
    `00_${traceId}-${parentId}-01`,
    ` 00-${traceId}-${parentId}-01`,
    `00-${traceId}-${parentId}-01 `,
    `00-${traceId}-${parentId}-01\n`,
    `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`,
    `01-${traceId}-${parentId}-01-${'x'.repeat(256)}`,
  ];
  for (const value of vectors) assert.equal(parseTraceparent(value), undefined, value);
});

test('new traces and children', () => {
  const root = newTraceparent();
  assert.deepEqual(parseTraceparent(formatTraceparent(root)), root);
  assert.equal(isSampled(root), true);
  assert.equal(isSampled(newTraceparent(false)), false);
  assert.notEqual(newTraceparent().traceId, root.traceId);

  const child = childTraceparent(root);
  assert.deepEqual(parseTraceparent(formatTraceparent(child)), child);
  assert.deepEqual({ ...child, parentId: root.parentId }, root);
  assert.notEqual(child.parentId, root.parentId);
  // The flags of another's trace are handed on as they came: its identifier may not be random.
  assert.equal(childTraceparent({ traceId, parentId, flags: 1 }).flags, 1);
});

test('what is accepted formats to itself, but for the version and unknown flags', () => {
  const hex = (length: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
  fc.assert(
    fc.property(fc.tuple(hex(2), hex(32), hex(16), hex(2)), ([version, trace, parent, flags]) => {
      const parsed = parseTraceparent(`${version}-${trace}-${parent}-${flags}`);
      assert.equal(parsed === undefined, version === 'ff' || /^0+$/.test(trace) || /^0+$/.test(parent));
      if (parsed === undefined) return;
      const known = (Number.parseInt(flags, 16) & 3).toString(16);
      assert.equal(formatTraceparent(parsed), `00-${trace}-${parent}-0${known}`);
    }),
  );
});
