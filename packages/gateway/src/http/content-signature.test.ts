import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfType, polyglotFault, signatureOf } from './content-signature.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const png = bytes(`\x89PNG\r\n\x1a\n\0\0\0\x01IDATx1234\0\0\0\0IEND\xae\x42\x60\x82`);
const gif = bytes('GIF89a\x01\0\x01\0;');
const webp = bytes('RIFF\x08\0\0\0WEBPVP8 ');
const zip = bytes(`PK\x05\x06\0\0\0\0\x01\0\x01\0\x01\0\0\0\0\0\0\0\0\0`);

test('what content is', () => {
  const vectors: [content: Buffer, signature: string | undefined][] = [
    [png, 'png'],
    [gif, 'gif'],
    [webp, 'webp'],
    [bytes('\xff\xd8\xff\xe0'), 'jpeg'],
    [bytes('%PDF-1.7'), 'pdf'],
    [bytes('PK\x03\x04'), 'zip'],
    [bytes('\x1f\x8b\x08'), 'gzip'],
    [bytes('\0\0\0\x20ftypavif'), 'avif'],
    [bytes('\0\0\0\x20ftypisom'), 'mp4'],
    [bytes('MZ\x90'), 'executable'],
    [bytes('\x7fELF'), 'executable'],
    [bytes('#!/bin/sh'), 'script'],
    [bytes('<?php echo'), 'script'],
    [bytes('<!DOCTYPE html>'), 'markup'],
    [bytes(' \n<html>'), 'markup'],
    [bytes('<svg xmlns='), 'markup'],
    [bytes('\xef\xbb\xbf<?xml version'), 'markup'],
    [bytes('<script>'), 'markup'],
    [bytes('a < b'), undefined],
    [bytes('{"a":1}'), undefined],
    [bytes('a,b\n1,2\n'), undefined],
    [bytes(''), undefined],
  ];
  for (const [content, signature] of vectors)
    assert.equal(signatureOf(content), signature, content.toString('latin1'));
});

test('whether it is what it says', () => {
  const vectors: [content: Buffer, type: string, is: boolean][] = [
    [png, 'image/png', true],
    [gif, 'image/png', false],
    [bytes('<html>'), 'image/png', false],
    [bytes('<svg>'), 'image/svg+xml', true],
    [png, 'image/svg+xml', false],
    [bytes('PK\x03\x04'), 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', true],
    [bytes('MZ'), 'application/pdf', false],
    [bytes('\xff\xfb\x90'), 'audio/mpeg', true],
    [bytes('a,b'), 'text/csv', true],
    [bytes('a\0b'), 'text/csv', false],
    [png, 'text/plain', false],
    [bytes('<script>'), 'text/plain', false],
    [bytes('BMW 3'), 'text/plain', true],
    [bytes('anything\0'), 'application/octet-stream', true],
    [bytes('anything'), 'application/x-unheard-of', true],
    [bytes('anything'), 'constructor', true],
  ];
  for (const [content, type, is] of vectors)
    assert.equal(isOfType(content, type), is, `${content.toString('latin1')} ${type}`);
});

test('two things in one', () => {
  assert.equal(polyglotFault(png), undefined);
  assert.equal(polyglotFault(gif), undefined);
  assert.equal(polyglotFault(webp), undefined);
  assert.equal(polyglotFault(bytes('%PDF-1.7')), undefined);
  assert.match(polyglotFault(Buffer.concat([png, zip]))!, /PNG ends/);
  assert.match(polyglotFault(png.subarray(0, -3))!, /PNG ends/);
  assert.match(polyglotFault(Buffer.concat([gif, zip]))!, /GIF ends/);
  assert.match(polyglotFault(Buffer.concat([webp, zip]))!, /WebP ends/);
  // The comment of the archive ends as the picture would.
  const trailed = Buffer.from(zip);
  trailed.writeUInt16LE(1, 20);
  assert.match(polyglotFault(Buffer.concat([gif, trailed, bytes(';')]))!, /ZIP/);
  assert.match(polyglotFault(Buffer.concat([bytes('%PDF-1.7\n'), zip]))!, /ZIP/);
  // The four bytes alone come about by chance.
  assert.equal(polyglotFault(bytes(`\xff\xd8\xffPK\x05\x06${'\xff'.repeat(40)}`)), undefined);
  assert.match(polyglotFault(bytes('\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT'.padEnd(40)))!, /PNG ends/);
});
