import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charsetOf, toUtf8 } from './charset.ts';

const be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

test('bytes of a charset, in UTF-8', () => {
  const vectors: [label: string, bytes: Buffer, text: string | undefined][] = [
    ['utf-8', Buffer.from('größe'), 'größe'],
    ['UTF-8', Buffer.from('\xf6', 'latin1'), undefined],
    ['us-ascii', Buffer.from('abc'), 'abc'],
    ['us-ascii', Buffer.from('ö'), undefined],
    ['iso-8859-1', Buffer.from('gr\xf6\xdfe', 'latin1'), 'größe'],
    ['ISO-8859-1', Buffer.from('\x80', 'latin1'), undefined],
    ['windows-1252', Buffer.from('\x80\xf6', 'latin1'), '€ö'],
    ['windows-1252', Buffer.from('\x81', 'latin1'), undefined],
    ['utf-16', Buffer.from('\ufeffö', 'utf16le'), 'ö'],
    ['utf-16', be('\ufeffö'), 'ö'],
    ['utf-16', Buffer.from('ab', 'utf16le'), undefined],
    ['utf-16', Buffer.alloc(0), undefined],
    ['utf-16le', Buffer.from('ö😀', 'utf16le'), 'ö😀'],
    ['utf-16be', be('ö'), 'ö'],
    ['utf-16be', be('\ufeffö'), undefined],
    ['utf-16le', Buffer.from('\ud800', 'utf16le'), undefined],
    ['utf-16le', Buffer.from('abc'), undefined],
    ['utf-7', Buffer.from('abc'), undefined],
  ];
  for (const [label, bytes, text] of vectors)
    assert.equal(toUtf8(bytes, label)?.toString(), text, `${label} ${bytes.toString('hex')}`);
});

test('labels', () => {
  assert.equal(charsetOf('Latin1'), 'iso-8859-1');
  for (const label of ['utf8', 'utf-7', 'utf-32', 'ibm037', 'shift_jis', '', 'utf-8 '])
    assert.equal(charsetOf(label), undefined, label);
});
