import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from './definition.ts';
import { SchemaCompiler } from './schema-compiler.ts';

const base64 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('base64');
const png = '\x89PNG\r\n\x1a\n\0\0\0\0';

const vectors: readonly [schema: Schema, value: unknown, keyword: string][] = [
  [{ contentEncoding: 'base64' }, 'aGVsbG8=', ''],
  [{ contentEncoding: 'base64' }, 'aGVs\r\nbG8=', ''],
  [{ contentEncoding: 'BASE64' }, '', ''],
  [{ contentEncoding: 'base64' }, '\na\nG\nV\ns\nb\r\nG8=\n', ''],
  [{ contentEncoding: 'base64' }, 'aGVsbG8\n=\n', ''],
  [{ contentEncoding: 'base64' }, 'aGVs\rbG8=\n', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 'aGVsbG8=\n\r', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 'aGVs\nbG8', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 'aGVsbG=8\n', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 'aGVsb===\n', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 'aGVsbG8\u0100\n', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 'aGVsbG8', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 'aGVsbG8-', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, '<script>', 'contentEncoding'],
  [{ contentEncoding: 'base64' }, 7, ''],
  [{ contentEncoding: 'base64url' }, 'aGVsbG8', ''],
  [{ contentEncoding: 'base64url' }, 'aGVs-_8=', ''],
  [{ contentEncoding: 'base64url' }, 'aGVsb', 'contentEncoding'],
  [{ contentEncoding: 'base64url' }, 'aGVsbG8+', 'contentEncoding'],
  [{ contentEncoding: 'base32' }, 'NBSWY3DP', ''],
  [{ contentEncoding: 'base32' }, 'NBSWY3D1', 'contentEncoding'],
  [{ contentEncoding: 'base16' }, '68656C6c6f', ''],
  [{ contentEncoding: 'base16' }, '686', 'contentEncoding'],
  [{ contentEncoding: 'quoted-printable' }, 'gr=C3=BC=\n\u00dfe', 'contentEncoding'],
  [{ contentEncoding: 'quoted-printable' }, 'gr=C3=BC=\nn', ''],
  [{ contentEncoding: 'quoted-printable' }, 'a=b', 'contentEncoding'],
  [{ contentEncoding: '7bit' }, 'gr\u00fcn', 'contentEncoding'],
  [{ contentEncoding: 'rot13' }, 'anything', ''],
  [{ contentMediaType: 'application/json' }, '{"a":1}', ''],
  [{ contentMediaType: 'application/problem+json; charset=utf-8' }, '{"a":1', 'contentMediaType'],
  // As strictly as the JSON around it.
  [{ contentMediaType: 'application/json' }, '{"a":1,"a":2}', 'contentMediaType'],
  [{ contentMediaType: 'application/json' }, { a: 1 }, ''],
  [{ contentMediaType: 'application/json', contentEncoding: 'base64' }, base64('[1]'), ''],
  [{ contentMediaType: 'application/json', contentEncoding: 'base64' }, base64('[1'), 'contentMediaType'],
  [{ contentMediaType: 'application/json', contentEncoding: 'base32' }, 'NBSWY3DP', ''],
  [{ contentMediaType: 'image/png', contentEncoding: 'base64' }, base64(png), ''],
  [{ contentMediaType: 'image/png', contentEncoding: 'base64' }, base64(png + 'x'.repeat(2_000)), ''],
  [{ contentMediaType: 'image/png', contentEncoding: 'base64' }, base64('<html>'), 'contentMediaType'],
  [{ contentMediaType: 'image/png' }, '<html>', ''],
  [{ contentMediaType: 'text/x-anything', contentEncoding: 'base64' }, base64('<html>'), ''],
];

test('what strings contain', () => {
  const compiler = new SchemaCompiler({ schemas: {}, securitySchemes: {} });
  for (const [schema, value, keyword] of vectors)
    assert.equal(
      compiler.compile(schema).first(value)?.keyword ?? '',
      keyword,
      JSON.stringify([schema, value]),
    );
});
