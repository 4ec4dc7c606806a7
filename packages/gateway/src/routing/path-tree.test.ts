import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePathTemplate, RouteFault } from './path-template.ts';
import { PathTree, valueForMethod } from './path-tree.ts';

function treeOf(...templates: string[]): PathTree<string> {
  const tree = new PathTree<string>();
  for (const template of templates) tree.add(template, 'GET', template);
  return tree;
}

const templates = [
  '/',
  '/books',
  '/books/',
  '/books/{id}',
  '/books/mine',
  '/books/{id}.json',
  '/books/{id}-{part}',
  '/books/{id}/pages/{page}',
  '/books/mine/covers',
  '/{kind}/mine/pages/{page}',
  '/caf\u00e9/{a b}',
  '/%7euser/x%2cy',
  '/v1/{name}:undelete',
];

const found: readonly [path: string, template: string | undefined, values: readonly string[]][] = [
  ['/', '/', []],
  ['/books', '/books', []],
  ['/books/', '/books/', []],
  ['/books/7', '/books/{id}', ['7']],
  ['/books/mine', '/books/mine', []],
  ['/books/7.json', '/books/{id}.json', ['7']],
  ['/books/.json', '/books/{id}', ['.json']],
  ['/books/a-b-c', '/books/{id}-{part}', ['a', 'b-c']],
  ['/books/-b', '/books/{id}', ['-b']],
  ['/books/7/pages/3', '/books/{id}/pages/{page}', ['7', '3']],
  ['/books/mine/covers', '/books/mine/covers', []],
  // Backtracks out of the literal "mine", then out of the partial templates.
  ['/books/mine/pages/3', '/books/{id}/pages/{page}', ['mine', '3']],
  ['/books/a-b/pages/3', '/books/{id}/pages/{page}', ['a-b', '3']],
  ['/films/mine/pages/3', '/{kind}/mine/pages/{page}', ['films', '3']],
  ['/books/na%C3%AFve%20one', '/books/{id}', ['na\u00efve one']],
  ['/caf%C3%A9/x', '/caf\u00e9/{a b}', ['x']],
  ['/~user/x%2Cy', '/%7euser/x%2cy', []],
  ['/v1/thing:undelete', '/v1/{name}:undelete', ['thing']],
  ['/v1/thing', undefined, []],
  ['/books/7/', undefined, []],
  ['/books/7/pages', undefined, []],
  ['/books/7/pages/3/4', undefined, []],
  ['/Books', undefined, []],
  ['', undefined, []],
];

test('the most specific template takes a path', () => {
  const tree = treeOf(...templates);
  for (const [path, template, values] of found) {
    const match = tree.find(path);
    assert.equal(match?.entry.template, template, path);
    if (match !== undefined) assert.deepEqual([...match.values], values, path);
  }
});

test('a template begins after the base path', () => {
  assert.deepEqual(treeOf('/books/{id}').find('/shop/v1/books/7', '/shop/v1'.length)?.values, ['7']);
  assert.equal(treeOf('/').find('/shop', '/shop'.length), undefined);
});

test('templates that differ in names share an entry, HEAD is served by GET', () => {
  const tree = new PathTree<string>();
  tree.add('/a/{x}', 'GET', 'read');
  tree.add('/a/{y}', 'POST', 'write');
  const { entry } = tree.find('/a/1')!;
  assert.deepEqual(entry.allowed, ['GET', 'HEAD', 'POST']);
  assert.equal(valueForMethod(entry, 'HEAD'), 'read');
  assert.equal(valueForMethod(entry, 'POST'), 'write');
  assert.equal(valueForMethod(entry, 'DELETE'), undefined);
  tree.add('/a/{z}', 'HEAD', 'head');
  assert.equal(valueForMethod(entry, 'HEAD'), 'head');
  assert.throws(() => tree.add('/a/{z}', 'POST', 'again'), {
    name: 'RouteFault',
    message: 'POST /a/{z} is the same operation as POST /a/{y}.',
  });
});

test('templates that cannot be routed are refused', () => {
  const bad = ['', 'a', '/a//b', '/a?b={c}', '/a#b', '/{a', '/a}', '/{}', '/{a}{b}', '/{a}/{a}', '/{{a}}'];
  for (const template of bad) assert.throws(() => parsePathTemplate(template), RouteFault, template);
});

const word = fc.constantFrom('a', 'b', 'ab', 'a-b', 'b.json', 'c');
const segment = fc.oneof(word, fc.constantFrom('{}', '{}.json', '{}-{}', 'a{}', 'a{}b'));

test('agrees with the plain way', () => {
  const lists = fc.array(fc.array(segment, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });
  const paths = fc.array(fc.oneof(word, fc.constantFrom('a-c.json', 'aab', 'x')), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(lists, fc.array(paths, { minLength: 1, maxLength: 12 }), (shapes, requests) => {
      const unique = [...new Set(shapes.map((shape) => `/${shape.join('/')}`))].map(named);
      const tree = treeOf(...unique);
      for (const request of requests) {
        const path = `/${request.join('/')}`;
        assert.deepEqual(
          tree.find(path)?.entry.template,
          plainly(unique, path),
          `${unique.join(' ')} <- ${path}`,
        );
      }
    }),
    { numRuns: 500 },
  );
});

function named(shape: string): string {
  let count = 0;
  return shape.replaceAll('{}', () => `{p${count++}}`);
}

/** Every template as a regular expression; of those that match, the first by rank from left to right. */
function plainly(all: readonly string[], path: string): string | undefined {
  const matching = all.filter((template) => {
    const source = template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]*\}/g, '[^/]+');
    return new RegExp(`^${source}$`).test(path);
  });
  return matching.sort((a, b) => compare(ranks(a), ranks(b)))[0];
}

function ranks(template: string): string[] {
  return template
    .slice(1)
    .split('/')
    .map((text) => {
      if (!text.includes('{')) return '0';
      const literals = text.split(/\{[^}]*\}/);
      const weight = literals.join('').length;
      return weight === 0 ? '2' : `1 ${100 - weight} ${literals.join(',')}`;
    });
}

function compare(left: readonly string[], right: readonly string[]): number {
  const index = left.findIndex((rank, at) => rank !== right[at]);
  return index < 0 ? 0 : left[index]! < right[index]! ? -1 : 1;
}
