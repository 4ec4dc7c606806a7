import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileNameFault } from './file-name.ts';

test('names of files', () => {
  const vectors: [name: string, strict: string | undefined, plain?: string][] = [
    ['photo.png', undefined],
    ['Bericht 2024 (final).pdf', undefined],
    ['größe.txt', undefined],
    ['100% sure.txt', undefined],
    ['README', undefined],
    ['archive.tar.gz', undefined],
    ['', 'length', 'length'],
    ['a'.repeat(256), 'length', 'length'],
    ['../../etc/passwd', 'path', 'path'],
    ['..', 'path', 'path'],
    ['a/b.png', 'path', 'path'],
    ['a\\b.png', 'path', 'path'],
    ['C:evil.png', 'path', 'path'],
    ['a.txt::$DATA', 'path', 'path'],
    ['%2e%2e%2fpasswd', 'path', 'path'],
    ['%252e%252e%252fpasswd', 'path', 'path'],
    ['a%00.png', 'character', 'character'],
    ['a\0.png', 'character', 'character'],
    ['a\r\n.png', 'character', 'character'],
    ['a\u202egnp.exe', 'character', 'character'],
    ['.htaccess', 'ends', 'ends'],
    ['a.png.', 'ends', 'ends'],
    ['a.png ', 'ends', 'ends'],
    ['CON', 'reserved', 'reserved'],
    ['com1.txt', 'reserved', 'reserved'],
    ['nul.tar.gz', 'reserved', 'reserved'],
    ['shell.php', 'active'],
    ['shell.php.png', 'active'],
    ['shell.PhP5', 'active'],
    ['shell.%70hp', 'active'],
    ['page.html', 'active'],
    ['picture.svg', 'active'],
  ];
  for (const [name, strict, plain] of vectors) {
    assert.equal(fileNameFault(name, true), strict, name);
    assert.equal(fileNameFault(name, false), plain, name);
  }
});
