import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as graphql from 'graphql';
import { CostCount, type CostRules, sizeArguments } from './cost.ts';
import { compileDocument, type DocumentRules } from './document.ts';
import { GraphqlFault } from './fault.ts';
import { nestingOf } from './nesting.ts';
import { partsOf, Structure } from './structure.ts';
import { shopSchema } from './testing/shop-schema.ts';
import { FieldTable, readSchema, typeModel } from './type-model.ts';

const schema = readSchema(graphql, shopSchema, 'shop.graphql');

function costRules(typed: boolean): CostRules {
  return {
    model: typeModel(graphql, typed ? schema : undefined),
    listSize: 10,
    sizeArguments: sizeArguments(['first', 'limit']),
    connectionFields: new Set(['edges', 'nodes']),
    costs: new FieldTable(),
  };
}

const documentRules = (typed: boolean): DocumentRules => ({
  maxTokens: 2_000,
  maxDepth: 50,
  maxAliases: 1_000,
  maxDirectives: 1_000,
  maxRootFields: 1_000,
  costs: costRules(typed),
  fields: undefined,
});

/** Selections of names that the schema has and has not, with fragments that may lead anywhere. */
const names = fc.constantFrom(
  'viewer',
  'orders',
  'edges',
  'node',
  'friends',
  'books',
  'related',
  'id',
  'title',
);
const { selection } = fc.letrec<{ selection: string; set: string }>((tie) => ({
  selection: fc.oneof(
    { maxDepth: 6 },
    names,
    fc.constantFrom('...F0', '...F1', '...F2', '...F3', '__typename', 'a: id'),
    fc
      .tuple(names, fc.constantFrom('', '(first: 3)', '(limit: $n)', ' @skip(if: true)'), tie('set'))
      .map((parts) => parts.join('')),
    tie('set').map((set) => `... on Order ${set}`),
  ),
  set: fc.array(tie('selection'), { minLength: 1, maxLength: 4 }).map((all) => `{ ${all.join(' ')} }`),
}));
const sets = fc.array(selection, { minLength: 1, maxLength: 4 }).map((all) => `{ ${all.join(' ')} }`);
const types = fc.constantFrom('Query', 'Order', 'Customer', 'OrderConnection', 'Nobody');
const documents = fc
  .tuple(sets, fc.array(fc.tuple(types, sets), { minLength: 4, maxLength: 4 }))
  .map(([set, fragments]) =>
    [
      `query ($n: Int) ${set}`,
      ...fragments.map(([type, each], index) => `fragment F${index} on ${type} ${each}`),
    ].join('\n'),
  );

test('every selection is looked at once for its measures, and once for its cost, whatever uses it', () => {
  fc.assert(
    fc.property(documents, fc.boolean(), (text, typed) => {
      const document = graphql.parse(text);
      let selections = 0;
      graphql.visit(document, {
        Field: () => void selections++,
        FragmentSpread: () => void selections++,
        InlineFragment: () => void selections++,
      });
      const { operations, fragments } = partsOf(document);
      const structure = new Structure(fragments);
      let measured = false;
      try {
        structure.measure(operations[0]!);
        measured = true;
      } catch (fault) {
        assert.ok(fault instanceof GraphqlFault);
      }
      assert.ok(structure.steps <= selections, `${structure.steps} of ${selections}`);
      if (!measured) return;
      const count = new CostCount(costRules(typed), fragments, { n: 7 });
      const cost = count.of(operations[0]!);
      assert.ok(cost >= 1 && Number.isFinite(cost));
      // Without a schema a fragment has a cost at the root, and another below.
      assert.ok(count.steps <= 2 * selections, `${count.steps} of ${selections}`);
    }),
    { numRuns: 500 },
  );
});

/** The plain version: fragments written out where they are used. */
function writtenOut(text: string): { depth: number; aliases: number; fields: number } {
  const { operations, fragments } = partsOf(graphql.parse(text));
  let aliases = 0;
  let fields = 0;
  const walk = (set: graphql.SelectionSetNode): number => {
    let depth = 0;
    for (const each of set.selections) {
      if (each.kind === 'FragmentSpread')
        depth = Math.max(depth, walk(fragments.get(each.name.value)!.selectionSet));
      else if (each.kind === 'InlineFragment') depth = Math.max(depth, walk(each.selectionSet));
      else {
        fields++;
        if (each.alias !== undefined) aliases++;
        depth = Math.max(depth, 1 + (each.selectionSet === undefined ? 0 : walk(each.selectionSet)));
      }
    }
    return depth;
  };
  return { depth: walk(operations[0]!.selectionSet), aliases, fields };
}

test('measures and costs are those of the document with its fragments written out', () => {
  fc.assert(
    fc.property(documents, (text) => {
      const { operations, fragments } = partsOf(graphql.parse(text));
      let measures: ReturnType<Structure['measure']>;
      try {
        measures = new Structure(fragments).measure(operations[0]!);
      } catch {
        return;
      }
      const plain = writtenOut(text);
      assert.equal(measures.depth, plain.depth);
      assert.equal(measures.aliases, plain.aliases);
      const rules = { ...costRules(false), sizeArguments: sizeArguments([]) };
      assert.equal(new CostCount(rules, fragments, {}).of(operations[0]!), plain.fields);
    }),
    { numRuns: 500 },
  );
});

test('any text is compiled or refused, and never breaks anything', () => {
  const words = fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '...',
    'on',
    'query',
    'fragment',
    'a',
    'Query',
    '$a',
    ':',
    '!',
    '=',
    '@skip',
    '"x"',
    '"""',
    '#',
    '\n',
    '1',
    '-1',
    '1e9',
    'null',
    '&',
    '\\',
    '\u0000',
    '\ud800',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(words, { maxLength: 60 }).map((all) => all.join(' ')),
    documents,
  );
  fc.assert(
    fc.property(texts, fc.boolean(), (text, typed) => {
      try {
        compileDocument(text, documentRules(typed));
      } catch (fault) {
        assert.ok(fault instanceof GraphqlFault, String(fault));
      }
    }),
    { numRuns: 1_000 },
  );
});

/** Depth as the lexer of graphql-js sees it, up to where it gives up. */
function nestingByLexer(text: string): number {
  const lexer = new graphql.Lexer(new graphql.Source(text));
  let depth = 0;
  let deepest = 0;
  try {
    for (let token = lexer.advance(); token.kind !== '<EOF>'; token = lexer.advance()) {
      if (token.kind === '{' || token.kind === '[' || token.kind === '(')
        deepest = Math.max(deepest, ++depth);
      else if (token.kind === '}' || token.kind === ']' || token.kind === ')') depth--;
    }
  } catch {
    return -deepest;
  }
  return deepest;
}

test('the depth of brackets is what the lexer of graphql-js sees', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '"',
    '"""',
    '\\',
    '\\"',
    '\\"""',
    '#',
    '\n',
    '\r',
    ' a ',
    '"[["',
    '"""{{\n{"""',
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((all) => all.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const expected = nestingByLexer(text);
      const found = nestingOf(text, Number.POSITIVE_INFINITY);
      if (expected > 0 || Object.is(expected, 0)) assert.equal(found, expected);
      else assert.ok(found >= -expected);
    }),
    { numRuns: 3_000 },
  );
});

test('the deepest document that is parsed leaves the stack alone', () => {
  const rules = { ...documentRules(true), maxTokens: 5_000 };
  for (const text of [
    `{${'a{'.repeat(99)}a${'}'.repeat(100)}`,
    `{a(x:${'['.repeat(98)}${']'.repeat(98)})}`,
    `{${'...{'.repeat(99)}a${'}'.repeat(100)}`,
    `{...F0}${Array.from({ length: 600 }, (_, i) => `fragment F${i} on Query{...F${i + 1}}`).join('')}fragment F600 on Query{a}`,
  ]) {
    assert.throws(() => compileDocument(text, rules), GraphqlFault);
  }
});
