import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { codingOf, decode as decodeInPool, decodeSync } from './content-coding.ts';

const text = Buffer.from('the same again and again, '.repeat(40));
const MiB = 1_048_576;

/** Both ways, which are one. */
const decode: typeof decodeInPool = async (...given) => {
  const outcome = await decodeInPool(...given);
  assert.deepEqual(decodeSync(...given), outcome);
  return outcome;
};

test('what Content-Encoding names', () => {
  const vectors: [values: string[], coding: string | undefined][] = [
    [[], undefined],
    [[''], undefined],
    [['identity'], undefined],
    [['gzip'], 'gzip'],
    [['GZip'], 'gzip'],
    [['x-gzip'], 'gzip'],
    [[' deflate '], 'deflate'],
    [['identity', 'br'], 'br'],
    [['gzip, gzip'], 'gzip, gzip'],
    [['gzip', 'deflate'], 'gzip, deflate'],
    [['gzip;q=1'], 'gzip;q=1'],
  ];
  for (const [values, coding] of vectors) assert.equal(codingOf(values), coding, values.join('|'));
});

test('one whole stream is undone', async () => {
  assert.deepEqual(await decode(gzipSync(text), 'gzip', MiB), text);
  assert.deepEqual(await decode(deflateSync(text), 'deflate', MiB), text);
  assert.deepEqual(await decode(gzipSync(''), 'gzip', MiB), Buffer.alloc(0));
  const named = Buffer.from(gzipSync(text));
  named[3] = 0x08;
  const withName = Buffer.concat([named.subarray(0, 10), Buffer.from('a.json\0'), named.subarray(10)]);
  assert.deepEqual(await decode(withName, 'gzip', MiB), text);
});

test('anything else is not', async () => {
  const packed = gzipSync(text);
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(packed);
    copy[at < 0 ? copy.length + at : at] = value;
    return copy;
  };
  const vectors: [name: string, bytes: Buffer, coding: 'gzip' | 'deflate'][] = [
    ['nothing', Buffer.alloc(0), 'gzip'],
    ['plain text', text, 'gzip'],
    ['two members', Buffer.concat([packed, packed]), 'gzip'],
    ['zeros behind', Buffer.concat([packed, Buffer.alloc(16)]), 'gzip'],
    ['a byte behind', Buffer.concat([packed, Buffer.from('x')]), 'gzip'],
    ['cut off', packed.subarray(0, -1), 'gzip'],
    ['cut off in the middle', packed.subarray(0, 30), 'gzip'],
    ['a wrong checksum', changed(-8, packed.at(-8)! ^ 1), 'gzip'],
    ['a wrong length', changed(-4, packed.at(-4)! ^ 1), 'gzip'],
    ['reserved flags', changed(3, 0x80), 'gzip'],
    ['another method', changed(2, 7), 'gzip'],
    ['a name without end', changed(3, 0x08), 'gzip'],
    ['deflate in gzip', deflateSync(text), 'gzip'],
    ['gzip in deflate', packed, 'deflate'],
    ['raw deflate', deflateRawSync(text), 'deflate'],
    ['bytes behind deflate', Buffer.concat([deflateSync(text), text]), 'deflate'],
    ['deflate cut off', deflateSync(text).subarray(0, -1), 'deflate'],
  ];
  for (const [name, bytes, coding] of vectors)
    assert.equal(await decode(bytes, coding, MiB), 'malformed', name);
});

test('what comes out is bounded', async () => {
  assert.equal(await decode(gzipSync(text), 'gzip', text.length - 1), 'too-large');
  assert.deepEqual(await decode(gzipSync(text), 'gzip', text.length), text);
  // Little is little, whatever the ratio.
  assert.equal((await decode(gzipSync(Buffer.alloc(65_536)), 'gzip', MiB)).length, 65_536);
  assert.equal(await decode(gzipSync(Buffer.alloc(MiB)), 'gzip', 16 * MiB), 'too-large');
  assert.equal(await decode(deflateSync(Buffer.alloc(MiB)), 'deflate', 16 * MiB), 'too-large');
});
