import assert from 'node:assert/strict';
import { compilePattern, type Pattern } from '../../packages/gateway/src/openapi/pattern/pattern.ts';
import { SchemaCompiler } from '../../packages/gateway/src/openapi/schema-compiler.ts';
import { Steps, TooManySteps } from '../../packages/gateway/src/openapi/steps.ts';
import type { Operation } from '../../packages/gateway/src/routing/apis.ts';
import { takesPathParameters } from '../../packages/gateway/src/routing/path-parameters.ts';
import type { Target } from './targets.ts';

const fixed = ['^(\\S+@)+\\S+\\.\\S+$', '(a|a?)+b', '^(?=.*[a-z])(?:\\w+ ?){1,50}$', '[^a]$'].map(
  compilePattern,
);

/** Undefined where it is more work than a check may be. */
function verdictOf(pattern: Pattern, text: string): boolean | undefined {
  try {
    return pattern.test(text, new Steps());
  } catch (error) {
    assert.ok(error instanceof TooManySteps);
    return undefined;
  }
}

const compiler = new SchemaCompiler({ schemas: {}, securitySchemes: {} });
const contents = [
  { contentEncoding: 'base64', contentMediaType: 'application/json' },
  { contentEncoding: 'base64url', contentMediaType: 'image/png' },
  { contentEncoding: 'base32' },
  { contentEncoding: 'base16' },
  { contentEncoding: 'quoted-printable' },
  { contentMediaType: 'application/json' },
].map((schema) => compiler.compile(schema));

const operations = ['/maps/{place}/tiles/{tile}', '/users{place}', '/{place}.json'].map(
  (path) =>
    ({
      path,
      definition: { parameters: [{ name: 'place', in: 'path', style: 'matrix', explode: false }] },
    }) as unknown as Operation,
);

/** What a definition says of single values. */
export const definitionTargets: readonly Target[] = [
  {
    name: 'text for a pattern',
    seeds: ['a@b.c', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'one two three four five six seven eight', 'a.b@c.d!'],
    words: ['@', '.', 'a', 'b', ' ', '\xe9', '\n', '\ud83d\ude00', '!', '1'],
    check: (bytes) => {
      verdictOf(fixed[bytes.length % fixed.length]!, bytes.toString('latin1'));
    },
  },
  {
    name: 'pattern',
    seeds: ['^[a-z]{1,20}(?:-\\d+)*$', '(a|b)*c', '^\\p{L}+$', '(?<!x)y(?=z)', '[\\w-\\.]+'],
    words: [
      '(',
      ')',
      '*',
      '+',
      '?',
      '{1,9}',
      '[',
      ']',
      '^',
      '$',
      '|',
      '\\b',
      '\\w',
      '(?:',
      '(?=',
      '.',
      'a',
      '\\',
    ],
    check(bytes) {
      const source = bytes.toString('latin1', 0, 60);
      let pattern: Pattern;
      try {
        pattern = compilePattern(source);
      } catch (error) {
        assert.ok(error instanceof SyntaxError, source);
        return;
      }
      const expression = expressionOf(source);
      // Short enough for V8, whatever the pattern is.
      for (const text of ['', 'a', 'abcabc', 'x-1', source.slice(0, 12)]) {
        const verdict = verdictOf(pattern, text);
        // More work than a check may be is refused.
        if (verdict === undefined) continue;
        assert.equal(verdict, expression.test(text), `${source} on ${JSON.stringify(text)}`);
      }
    },
  },
  {
    name: 'content of strings',
    seeds: [
      'eyJhIjpbMSwyXX0=',
      'iVBORw0KGgoAAAANSUhEUgAA',
      'NBSWY3DP',
      '68656c6c6f',
      'gr=C3=BC=\r\nn',
      '{"a":1}',
    ],
    words: ['=', '==', '\r\n', '-', '_', '+', '/', 'A', '=C3', '{', '"', '\xff', ' '],
    check(bytes) {
      const text = bytes.toString('latin1');
      for (const content of contents) content.first(text);
      const isHex = /^(?:[0-9a-f]{2})*$/i.test(text);
      assert.equal(contents[3]!.first(text) === undefined, isHex);
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      // We are stricter, never laxer.
      if (!isJson) assert.notEqual(contents[5]!.first(text), undefined);
    },
  },
  {
    name: 'path parameters',
    seeds: ['/maps/;place=1/tiles/2', '/users;place=1', '/;place=a.json', '/base/maps/;place=1/tiles/2'],
    words: [';', '/', ';place=', ';role=admin', '%3B', '%2F', '..', 'maps', 'users', '.json'],
    check(bytes) {
      const path = `/${bytes.toString('latin1')}`;
      for (const operation of operations) {
        if (!takesPathParameters(operation, path)) continue;
        // Whoever cuts parameters off reads no other segment than this: nothing at all, or what the template has there.
        const [before] = operation.path
          .split('/')
          .filter((each) => each.includes('{place}'))
          .map((each) => each.split('{')[0]);
        for (const segment of path.split('/').filter((each) => each.includes(';'))) {
          assert.equal(segment.split(';')[0], before);
          assert.equal(segment.split(';').length, 2, path);
        }
      }
    },
  },
];

function expressionOf(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    return new RegExp(source);
  }
}
