import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Refuse, Rewritten } from '../../exchange.ts';
import { OptionFault } from '../../policy.ts';
import { catalogue } from '../../problems/catalogue.ts';
import {
  api,
  type ExchangeParts,
  environment,
  exchange,
  preparePolicy,
  principal,
} from '../../testing/exchange.ts';
import { compileRoles } from '../authorization/roles.ts';
import { sha256 } from './persisted.ts';
import { graphql } from './policy.ts';
import { shopSchema } from './testing/shop-schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-graphql-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);
file('shop.graphql', shopSchema);

const roles = compileRoles({ customer: {}, support: {}, admin: { includes: ['support'] } });
const surroundings = environment({ api: { ...api('shop', []), basePath: '/shop' }, folder, roles });
const prepare = (config: object) => preparePolicy(graphql, config, surroundings);

interface Sent extends ExchangeParts {
  readonly config?: object;
  readonly line?: string;
}

async function judge(body: unknown, { config = {}, line, ...parts }: Sent = {}) {
  const prepared = await prepare(config);
  const request = exchange(line ?? 'POST /shop/graphql', {
    ...(body === undefined ? {} : { body, fields: { 'content-type': 'application/json' } }),
    ...parts,
  });
  const verdict = (await prepared.authorize!(request)) ?? (await prepared.body!(request));
  return { verdict: verdict as Refuse | Rewritten | undefined, request };
}

/** `graphql-limit maxDepth`, or `passes`. */
async function outcome(body: unknown, sent?: Sent): Promise<string> {
  const { verdict } = await judge(body, sent);
  if (verdict === undefined) return 'passes';
  if (verdict.kind !== 'refuse') return verdict.kind;
  assert.ok(graphql.problems.includes(verdict.problem), verdict.problem);
  const [error] = (verdict.members?.errors ?? []) as { keyword: string }[];
  return error === undefined ? verdict.problem : `${verdict.problem} ${error.keyword}`;
}

const ask = (query: string, variables?: object) => ({
  query,
  ...(variables === undefined ? {} : { variables }),
});
const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(' ');
const withSchema = { config: { schema: 'shop.graphql' } };
const typical = `query Orders($n: Int) { viewer { name orders(first: $n) { edges { node { id total ...Items } } } } }
fragment Items on Order { items { quantity book { title } } }`;

const documents: readonly [query: string, expected: string][] = [
  ['{ viewer { name } }', 'passes'],
  [typical, 'passes'],
  ['', 'graphql-invalid syntax'],
  ['{ viewer { name }', 'graphql-invalid syntax'],
  ['{ viewer { } }', 'graphql-invalid syntax'],
  ['{ a { b { c { d { e { f { g { h { i { j } } } } } } } } } }', 'passes'],
  ['{ a { b { c { d { e { f { g { h { i { j { k } } } } } } } } } } }', 'graphql-limit maxDepth'],
  [
    `{ a { ...F } } fragment F on T { b { c { d { e { f { g { h { i { j { k } } } } } } } } } }`,
    'graphql-limit maxDepth',
  ],
  [`{${'a{'.repeat(400)}a${'}'.repeat(401)}`, 'graphql-limit nesting'],
  [`{a(x:${'['.repeat(400)}${']'.repeat(400)})}`, 'graphql-limit nesting'],
  [`{a(x:"${'['.repeat(400)}")}`, 'passes'],
  [`{a(x:"""${'['.repeat(400)} \\""" {""")} # ${'{'.repeat(400)}`, 'passes'],
  [`{ ${times(400, () => '...{')} a ${'}'.repeat(401)}`, 'graphql-limit nesting'],
  [`{ v { ${times(15, (i) => `a${i}: name`)} } }`, 'passes'],
  [`{ v { ${times(16, (i) => `a${i}: name`)} } }`, 'graphql-limit maxAliases'],
  [
    '{ v { ...A ...A } } fragment A on T { ...B ...B } fragment B on T { ...C ...C } fragment C on T { ...D ...D } fragment D on T { a: b }',
    'graphql-limit maxAliases',
  ],
  [`{ ${times(10, () => 'a')} }`, 'passes'],
  [`{ ${times(11, () => 'a')} }`, 'graphql-limit maxRootFields'],
  [`{ ...F ...F } fragment F on Query { ${times(6, (i) => `f${i}`)} }`, 'graphql-limit maxRootFields'],
  [`{ a ${times(20, () => '@skip(if: false)')} }`, 'passes'],
  [`{ a ${times(21, () => '@skip(if: false)')} }`, 'graphql-limit maxDirectives'],
  [`query ($a: Int ${times(21, () => '@a')}) ${'{ a }'}`, 'graphql-limit maxDirectives'],
  [`{ v { ${times(1_998, () => 'a')} } }`, 'graphql-limit maxTokens'],
  [`# ${times(2_001, () => '\n#')}\n{ a }`, 'graphql-limit maxTokens'],
  [`{ a } # ${'x'.repeat(20_000)}`, 'graphql-limit maxSize'],
  ['{ ...F } fragment F on Query { ...F }', 'graphql-invalid fragment'],
  ['{ ...F } fragment F on Query { a { ...G } } fragment G on T { b { ...F } }', 'graphql-invalid fragment'],
  ['{ ...F }', 'graphql-invalid fragment'],
  ['{ a } fragment F on Query { a }', 'graphql-invalid fragment'],
  ['{ ...F } fragment F on Query { a } fragment F on Query { b }', 'graphql-invalid fragment'],
  ['fragment F on Query { a }', 'graphql-invalid operation'],
  ['{ a } { b }', 'graphql-invalid operation'],
  ['{ a } query B { b }', 'graphql-invalid operation'],
  ['query A { a } query A { b }', 'graphql-invalid operation'],
  ['query ($a: Int, $a: Int) { a }', 'graphql-invalid variable'],
  ['query A { a } query B { b }', 'graphql-invalid operationName'],
  [times(11, (i) => `query Q${i} { a }`), 'graphql-limit operations'],
  ['type Query { a: Int }', 'graphql-invalid definition'],
  ['extend type Query { a: Int }', 'graphql-invalid definition'],
  ['subscription { a }', 'graphql-invalid subscription'],
  ['{ __typename }', 'passes'],
  ['{ __schema { types { name } } }', 'introspection-refused introspection'],
  ['{ a { __type(name: "X") { name } } }', 'introspection-refused introspection'],
  ['{ x: __schema { types { name } } }', 'introspection-refused introspection'],
  [
    '{ ...{ ...F } } fragment F on Query { __schema { types { name } } }',
    'introspection-refused introspection',
  ],
  ['{ _service { sdl } }', 'introspection-refused introspection'],
  ['{ orders(first: 5000) { id } }', 'graphql-limit maxCost'],
  ['{ orders(first: 100) { items(first: 100) { id } } }', 'graphql-limit maxCost'],
  ['{ orders(first: -1) { id } }', 'graphql-invalid size'],
  ['{ orders(first: 1, first: 9000) { id } }', 'graphql-limit maxCost'],
];

test('documents within the limits pass', async () => {
  for (const [query, expected] of documents)
    assert.equal(await outcome(ask(query)), expected, query.slice(0, 120));
});

test('2^n fragments cost steps in proportion to the text', async () => {
  const bomb = `{ v { ...F0 } } ${times(60, (i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on T { a }`;
  assert.equal(await outcome(ask(bomb), { config: { maxTokens: 4_000 } }), 'graphql-limit maxCost');
});

const bySchema: readonly [query: string, variables: object | undefined, expected: string][] = [
  [typical, undefined, 'passes'],
  [typical, { n: 10 }, 'passes'],
  [typical, { n: 10_000 }, 'graphql-limit maxCost'],
  [typical, { n: '10' }, 'graphql-invalid type'],
  [typical, { n: 1.5 }, 'graphql-invalid type'],
  [typical, { m: 1 }, 'graphql-invalid unknown'],
  [typical, { __proto__: null, n: -1 }, 'graphql-invalid size'],
  ['{ nothing }', undefined, 'graphql-invalid schema'],
  ['{ viewer { password } }', undefined, 'graphql-invalid schema'],
  ['{ viewer }', undefined, 'graphql-invalid schema'],
  ['{ order { id } }', undefined, 'graphql-invalid schema'],
  ['{ order(id: 1, admin: true) { id } }', undefined, 'graphql-invalid schema'],
  ['{ orders(first: "1") { total } }', undefined, 'graphql-invalid schema'],
  ['{ orders(first: $n) { total } }', undefined, 'graphql-invalid schema'],
  ['query ($n: String) { orders(first: $n) { total } }', undefined, 'graphql-invalid schema'],
  ['{ viewer { name @secret } }', undefined, 'graphql-invalid schema'],
  ['mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }', undefined, 'graphql-invalid required'],
  [
    'mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }',
    { o: { items: [{ book: '1' }] } },
    'passes',
  ],
  [
    'mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }',
    { o: { items: [{ book: '1', price: 0 }] } },
    'graphql-invalid type',
  ],
  [
    'mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }',
    {
      o: {
        items: times(700, () => 'x')
          .split(' ')
          .map((book) => ({ book })),
      },
    },
    'passes',
  ],
  [
    'mutation ($o: OrderInput!) { placeOrder(input: $o) { id } }',
    {
      o: {
        items: times(1_001, () => 'x')
          .split(' ')
          .map((book) => ({ book })),
      },
    },
    'graphql-limit maxVariableValues',
  ],
  // Lists by their types, and what says how long they are.
  ['{ viewer { friends { friends { friends { name } } } } }', undefined, 'passes'],
  ['{ viewer { friends { friends { friends { friends { name } } } } } }', undefined, 'graphql-limit maxCost'],
  ['{ books(limit: 2) { related { related { related { title } } } } }', undefined, 'passes'],
  ['{ books { related { related { related { title } } } } }', undefined, 'graphql-limit maxCost'],
  ['query ($n: Int = 9000) { books(limit: $n) { title } }', undefined, 'graphql-limit maxCost'],
  ['query ($n: Int = 9000) { books(limit: $n) { title } }', { n: 3 }, 'passes'],
  // The list in the connection has the size of the connection, and another one has not.
  ['{ orders(first: 400) { edges { node { id } } } }', undefined, 'passes'],
  ['{ orders(first: 450) { edges { node { items { price } } } } }', undefined, 'graphql-limit maxCost'],
  // 0 is taken for no limit by some.
  [
    '{ a: books(limit: 0) { related { related { related { title } } } } }',
    undefined,
    'graphql-limit maxCost',
  ],
];

test('by a schema, only what it has', async () => {
  for (const [query, variables, expected] of bySchema) {
    assert.equal(
      await outcome(ask(query, variables), withSchema),
      expected,
      `${query} ${JSON.stringify(variables)?.slice(0, 80)}`,
    );
  }
});

test('costs are what is written in the README', async () => {
  const cost = async (query: string, more: object = {}, variables?: object) => {
    const { request } = await judge(ask(query, variables), {
      config: { schema: 'shop.graphql', maxCost: 1e9, ...more },
    });
    return request.notes?.graphqlCost;
  };
  assert.equal(await cost('{ viewer { name } }'), 2);
  assert.equal(await cost('{ books(limit: 5) { title tags } }'), 1 + 5 * 2);
  assert.equal(await cost('{ books { title } }'), 1 + 20);
  assert.equal(await cost('query ($n: Int) { books(limit: $n) { title } }'), 1 + 20);
  assert.equal(await cost('query ($n: Int) { books(limit: $n) { title } }', {}, { n: 0 }), 1 + 20);
  assert.equal(await cost('{ viewer { keys(first: 40) } }'), 1 + 40);
  assert.equal(await cost('{ viewer { keys } }'), 1 + 1);
  assert.equal(await cost('{ search(text: "x") { __typename ... on Book { title } } }'), 1 + 10 * 2);
  assert.equal(await cost('{ orders(first: 50) { total edges { node { id } } } }'), 1 + 1 + 1 + 50 * 2);
  assert.equal(await cost('{ orders { total edges { node { id } } } }'), 1 + 1 + 1 + 10 * 2);
  assert.equal(
    await cost(
      '{ ...F } fragment F on Query { orders(first: 3) { ...C } } fragment C on OrderConnection { edges { cursor } nodes { id } }',
    ),
    1 + 2 + 3 * 2,
  );
  const search = { costs: { 'Query.search': 50, 'Node.id': 7 } };
  assert.equal(await cost('{ search(text: "x") { __typename } }', search), 50 + 10);
  assert.equal(await cost('{ order(id: 1) { id } }', search), 1 + 7);
  const paged = { sizeArguments: ['page.size'] };
  assert.equal(await cost('{ orders(page: {size: 4}) { nodes { id } } }', paged), 2 + 4);
  const query = 'query ($p: PageInput) { orders(page: $p) { nodes { id } } }';
  assert.equal(await cost(query, paged, { p: { size: 6 } }), 2 + 6);
  assert.equal(await cost(query, paged, { p: {} }), 2 + 10);
});

test('the operation that is not selected counts too', async () => {
  const query = 'query A { viewer { name } } query B { __schema { types { name } } }';
  assert.equal(await outcome({ query, operationName: 'A' }), 'introspection-refused introspection');
  const dear = 'query A { viewer { name } } query B { books(limit: 9999) { title } }';
  assert.equal(await outcome({ query: dear, operationName: 'A' }), 'graphql-limit maxCost');
  assert.equal(await outcome({ query: 'query A { a } query B { b }', operationName: 'B' }), 'passes');
  assert.equal(
    await outcome({ query: 'query A { a }', operationName: 'C' }),
    'graphql-invalid operationName',
  );
});

const requests: readonly [body: unknown, sent: Sent, expected: string][] = [
  [ask('{ a }'), { line: 'POST /shop/graphql?query={b}' }, 'graphql-invalid unknown'],
  [ask('{ a }'), { line: 'POST /shop/graphql?v=1', config: { queryParameters: ['v'] } }, 'passes'],
  [undefined, {}, 'media-type-unsupported'],
  ['', {}, 'graphql-invalid required'],
  ['{ a }', {}, 'graphql-invalid syntax'],
  ['{"query":"{ a }","query":"{ b }"}', {}, 'graphql-invalid syntax'],
  [{ ...ask('{ a }'), Query: '{ b }' }, {}, 'graphql-invalid unknown'],
  [{ ...ask('{ a }'), variables: '{}' }, {}, 'graphql-invalid type'],
  [{ ...ask('{ a }'), variables: null, operationName: null, extensions: null }, {}, 'passes'],
  [{ ...ask('{ a }'), operationName: '' }, {}, 'graphql-invalid operationName'],
  [{ ...ask('{ a }'), extensions: { clientLibrary: { name: 'x' } } }, {}, 'passes'],
  [{ ...ask('{ a }'), extensions: { tracing: 1 } }, {}, 'graphql-invalid unknown'],
  [{ query: { a: 1 } }, {}, 'graphql-invalid type'],
  [{}, {}, 'graphql-invalid required'],
  [null, {}, 'graphql-invalid type'],
  [[ask('{ a }')], {}, 'graphql-invalid type'],
  [[ask('{ a }'), ask('{ b }')], { config: { maxOperations: 2 } }, 'passes'],
  [[], { config: { maxOperations: 2 } }, 'graphql-invalid required'],
  [
    [ask('{ a }'), ask('{ b }'), ask('{ c }')],
    { config: { maxOperations: 2 } },
    'graphql-limit maxOperations',
  ],
  [
    [ask('{ a(first: 60) { b } }'), ask('{ a(first: 60) { b } }')],
    { config: { maxOperations: 2, maxCost: 100 } },
    'graphql-limit maxCost',
  ],
  [
    times(3, () => '')
      .split(' ')
      .map(() => ask('{ a b c d }')),
    { config: { maxOperations: 3, maxTokens: 17 } },
    'graphql-limit maxTokens',
  ],
  [ask('{ a }'), { fields: { 'content-type': 'text/plain' } }, 'media-type-unsupported'],
  [ask('{ a }'), { fields: { 'content-type': 'application/graphql' } }, 'media-type-unsupported'],
  [ask('{ a }'), { fields: { 'content-type': 'multipart/form-data; boundary=x' } }, 'media-type-unsupported'],
  [
    ask('{ a }'),
    { fields: { 'content-type': 'application/json; charset=utf-16' } },
    'media-type-unsupported',
  ],
  [
    ask('{ a }'),
    { fields: { 'content-type': ['application/json', 'text/plain'] } },
    'media-type-unsupported',
  ],
  [
    ask('{ a }'),
    { fields: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
    'content-coding-unsupported',
  ],
  [{ query: '{ a }', variables: { text: 'x'.repeat(200_000) } }, {}, 'graphql-limit maxBody'],
  [ask('{ a }'), { line: 'PUT /shop/graphql' }, 'method-unknown'],
  [undefined, { line: 'GET /shop/graphql?query={a}' }, 'method-unknown'],
];

test('requests are read in one way', async () => {
  for (const [body, sent, expected] of requests)
    assert.equal(await outcome(body, sent), expected, JSON.stringify([body, sent]).slice(0, 160));
});

const gets: readonly [query: string, expected: string][] = [
  ['query={a}', 'passes'],
  ['query={a}&query={b}', 'graphql-invalid duplicate'],
  ['query={a}&Query={b}', 'graphql-invalid unknown'],
  ['query={a}&v=1', 'graphql-invalid unknown'],
  ['', 'graphql-invalid required'],
  ['query=query($a:Int){a(x:$a)}&variables={"a":1}', 'passes'],
  ['query={a}&variables={"a":1}', 'graphql-invalid unknown'],
  ['query={a}&variables={"a":1,"a":2}', 'graphql-invalid syntax'],
  ['query={a}&variables=[]', 'graphql-invalid type'],
  ['query=mutation{a}', 'method-unknown method'],
  ['query=query+A{a}+mutation+B{b}&operationName=A', 'method-unknown method'],
  ['query=subscription{a}', 'method-unknown method'],
  ['query=%zz', 'graphql-invalid syntax'],
];

test('a GET is a query', async () => {
  const encode = (text: string) => text.replaceAll(/[{}"[\]$]/g, (each) => encodeURIComponent(each));
  for (const method of ['GET', 'HEAD']) {
    for (const [query, expected] of gets) {
      const sent = { config: { methods: ['GET', 'POST'] }, line: `${method} /shop/graphql?${encode(query)}` };
      assert.equal(await outcome(undefined, sent), expected, query);
    }
  }
  const body = { config: { methods: ['GET'] }, line: 'GET /shop/graphql?query=%7Ba%7D' };
  assert.equal(await outcome('{"query":"{ b }"}', body), 'graphql-invalid unexpected');
  const { verdict } = await judge(undefined, {
    config: { methods: ['GET', 'POST'] },
    line: 'GET /shop/graphql?query=mutation%7Ba%7D',
  });
  assert.deepEqual((verdict as Refuse).fields, ['allow', 'POST']);
});

test('an endpoint has one name', async () => {
  const bomb = ask(`{ ${times(50, (i) => `a${i}: b`)} }`);
  for (const path of [
    '/shop/graphql/',
    '/shop/GraphQL',
    '/shop/graphql/x',
    '/shop/graphql.',
    '/shop/graphql%20',
    '/SHOP/graphql',
  ])
    assert.equal(await outcome(bomb, { line: `POST ${path}` }), 'path-unknown', path);
  assert.equal(await outcome(bomb, { line: 'POST /shop/graphql-docs' }), 'passes');
  assert.equal(await outcome(bomb, { line: 'POST /shop/other' }), 'passes');
  const two = { path: ['/graphql', '/admin/graphql'] };
  assert.equal(
    await outcome(bomb, { line: 'POST /shop/admin/graphql', config: two }),
    'graphql-limit maxAliases',
  );
  const { needsBody } = await prepare(two);
  assert.deepEqual(
    ['/shop/graphql', '/shop/admin/graphql', '/shop/files'].map((path) => needsBody!(undefined, path)),
    [true, true, false],
  );
  assert.equal(
    await outcome(bomb, { line: 'POST /shop', config: { path: '/' } }),
    'graphql-limit maxAliases',
  );
  assert.equal(await outcome(bomb, { line: 'POST /shop/graphql', config: { path: '/' } }), 'path-unknown');
});

test('a WebSocket is opened where that is said', async () => {
  const sent: Sent = { line: 'GET /shop/graphql', upgrade: 'websocket' };
  const config = { methods: ['GET', 'POST'] };
  assert.equal(await outcome(undefined, { ...sent, config }), 'method-unknown');
  assert.equal(await outcome(undefined, { ...sent, config: { subscriptions: 'allow' } }), 'passes');
  assert.equal(await outcome(ask('subscription { a }'), { config: { subscriptions: 'allow' } }), 'passes');
});

test('introspection is for whom it is said', async () => {
  const query = `{ __schema { queryType { name } types { name fields { name type { ...T } } } } } fragment T on __Type { kind name ofType { kind ofType { kind ofType { kind ofType { kind ofType { name } } } } } }`;
  const config = { schema: 'shop.graphql', introspection: { roles: ['support'] } };
  const by = (...names: string[]) => outcome(ask(query), { config, principal: principal({ roles: names }) });
  assert.equal(await by('support'), 'passes');
  assert.equal(await by('admin'), 'passes');
  assert.equal(await by('customer'), 'introspection-refused introspection');
  assert.equal(await outcome(ask(query), { config }), 'introspection-refused introspection');
  assert.equal(await outcome(ask(query), { config: { introspection: 'allow' } }), 'passes');
  const bomb = `{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`;
  assert.equal(
    await outcome(ask(bomb), { config: { introspection: 'allow' } }),
    'graphql-limit introspection',
  );
});

test('fields are for the roles that they are said to be for, whatever the way to them', async () => {
  const fields = {
    'Mutation.*': { roles: ['customer'] },
    'Mutation.deleteOrder': { roles: ['admin'] },
    'Customer.email': { roles: ['support'] },
    'Book.price': { roles: ['support'] },
  };
  const config = { schema: 'shop.graphql', fields };
  const by = (query: string, ...names: string[]) =>
    outcome(ask(query), { config, principal: principal({ roles: names }) });
  const refused = 'role-insufficient field';
  const asked: readonly [query: string, roles: string[], expected: string][] = [
    ['{ viewer { name } }', [], 'passes'],
    ['{ viewer { email } }', ['customer'], refused],
    ['{ viewer { email } }', ['support'], 'passes'],
    ['{ viewer { email } }', ['admin'], 'passes'],
    ['{ viewer { name: email } }', ['customer'], refused],
    ['{ node(id: 1) { ... on Customer { email } } }', ['customer'], refused],
    [
      '{ search(text: "") { ...C } } fragment C on Customer { ...D } fragment D on Customer { email }',
      ['customer'],
      refused,
    ],
    ['{ viewer { orders { edges { node { customer { email } } } } } }', ['customer'], refused],
    ['query A { viewer { email @include(if: false) } }', ['customer'], refused],
    // An interface has the field of the object.
    ['{ books { ... on Priced { price } } }', ['customer'], refused],
    ['{ order(id: 1) { items { price } } }', ['customer'], 'passes'],
    ['mutation { deleteOrder(id: 1) }', ['customer'], refused],
    ['mutation { deleteOrder(id: 1) }', ['admin'], refused],
    ['mutation { deleteOrder(id: 1) }', ['admin', 'customer'], 'passes'],
    ['mutation { __typename }', [], 'passes'],
  ];
  for (const [query, names, expected] of asked)
    assert.equal(await by(query, ...names), expected, `${query} ${names.join()}`);
  assert.equal(await outcome(ask('{ viewer { email } }'), { config }), refused);
});

test('persisted operations are named by id and by hash', async () => {
  const text = 'query Viewer($a: Int = 1) { viewer { name } }';
  file('operations.json', JSON.stringify({ viewer: text, other: '{ b }' }));
  const manifest = {
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: [{ id: sha256(text), name: 'Viewer', type: 'query', body: text }],
  };
  file('manifest.json', JSON.stringify(manifest));
  mkdirSync(join(folder, 'operations'));
  file('operations/viewer.graphql', text);
  file('operations/README.md', 'no operation');
  const hash = sha256(text);
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
  for (const persisted of ['operations.json', 'manifest.json', 'operations']) {
    const config = { persisted: { file: persisted } };
    const sent = { config };
    assert.equal(await outcome(ask(text), sent), 'passes', persisted);
    assert.equal(await outcome(ask(`${text} `), sent), 'graphql-operation-unknown persisted');
    assert.equal(await outcome({ extensions }, sent), 'rewritten');
    assert.equal(await outcome({ ...ask(text), extensions }, sent), 'passes');
    assert.equal(await outcome({ ...ask('{ b }'), extensions }, sent), 'graphql-invalid id');
    assert.equal(await outcome({ documentId: `sha256:${hash}` }, sent), 'rewritten');
    assert.equal(await outcome({ id: hash, documentId: 'viewer' }, sent), 'graphql-invalid id');
    assert.equal(await outcome({ id: sha256('{ c }') }, sent), 'graphql-operation-unknown persisted');
    assert.equal(await outcome({ id: '__proto__' }, sent), 'graphql-operation-unknown persisted');
    assert.equal(await outcome({ id: hash, variables: { b: 1 } }, sent), 'graphql-invalid unknown');
  }
  const byId = { config: { persisted: { file: 'operations.json', only: false } } };
  assert.equal(await outcome({ id: 'viewer' }, byId), 'rewritten');
  assert.equal(await outcome(ask('{ c }'), byId), 'passes');
  assert.equal(await outcome({ ...ask('{ c }'), id: 'viewer' }, byId), 'graphql-invalid id');
  assert.equal(await outcome({ ...ask('{ c }'), id: 'new' }, byId), 'graphql-invalid id');
  assert.equal(await outcome({ ...ask('{ c }'), id: sha256('{ c }') }, byId), 'passes');
  assert.equal(await outcome({ ...ask('{ c }'), id: hash }, byId), 'graphql-invalid id');
  // What goes on is the text, and what else was sent.
  const { verdict } = await judge({ id: 'viewer', variables: { a: 2 }, operationName: 'Viewer' }, byId);
  assert.equal(verdict?.kind, 'rewritten');
  assert.deepEqual(JSON.parse((verdict as Rewritten).body.toString()), {
    query: text,
    variables: { a: 2 },
    operationName: 'Viewer',
  });
  // By GET an id only goes to a service that knows it.
  const get = (expand: boolean) => ({
    line: 'GET /shop/graphql?id=viewer',
    config: { methods: ['GET'], persisted: { file: 'operations.json', expand } },
  });
  assert.equal(await outcome(undefined, get(true)), 'method-unknown persisted');
  assert.equal(await outcome(undefined, get(false)), 'passes');
});

test('without persisted operations an id is known to nobody', async () => {
  assert.equal(await outcome({ id: 'viewer' }), 'graphql-operation-unknown persisted');
  assert.equal(
    await outcome({ extensions: { persistedQuery: { sha256Hash: 'x' } } }),
    'graphql-invalid type',
  );
});

test('the record has name, depth and cost', async () => {
  const { request } = await judge(ask(typical, { n: 2 }), withSchema);
  assert.deepEqual(request.notes, {
    graphql: ['query Orders'],
    graphqlDepth: 7,
    graphqlCost: 1 + 1 + 1 + 1 + 2 * (1 + 2 + 1 + 10 * 3),
  });
  const { request: anonymous } = await judge(ask('{ a }'));
  assert.deepEqual(anonymous.notes?.graphql, ['query']);
});

test('no value of the request comes back', async () => {
  const secret = 's3cret';
  const bodies = [
    ask(`{ viewer { ${secret} } }`),
    ask(`{ order(id: "${secret}" x: 1) { id } }`),
    ask(`{ "${secret}" }`),
    ask(`query ($a: Int) { books(limit: $a) { title } }`, { a: secret }),
    { query: '{ viewer { name } }', operationName: secret },
    { id: secret },
    { query: '{ viewer { name } }', [secret]: 1 },
    `{"query": "${secret}`,
  ];
  for (const body of bodies) {
    const { verdict } = await judge(body, withSchema);
    assert.equal(verdict?.kind, 'refuse', JSON.stringify(body));
    assert.doesNotMatch(JSON.stringify(verdict), /s3cret/);
  }
});

test('an error has its place', async () => {
  const { verdict } = await judge(ask('{\n  viewer {\n    password\n  }\n}'), withSchema);
  assert.deepEqual((verdict as Refuse).members?.errors, [
    {
      in: 'body',
      pointer: '/query',
      keyword: 'schema',
      message: 'does not fit the schema',
      line: 3,
      column: 5,
    },
  ]);
  const { verdict: second } = await judge([ask('{ a }'), ask('{ a')], { config: { maxOperations: 2 } });
  assert.match(JSON.stringify((second as Refuse).members), /"pointer":"\/1\/query"/);
  const placeOf = async (...parameters: Parameters<typeof judge>) => {
    const refusal = (await judge(...parameters)).verdict as Refuse;
    const [error] = (refusal.members?.errors ?? []) as object[];
    return Object.entries(error!).slice(0, 2);
  };
  const body = ask('{ a }');
  assert.deepEqual(await placeOf(body, { line: 'POST /shop/graphql?a/b=1' }), [
    ['in', 'query'],
    ['name', 'a/b'],
  ]);
  assert.deepEqual(await placeOf(body, { line: 'POST /shop/graphql?%zz' }), [
    ['in', 'query'],
    ['name', ''],
  ]);
  assert.deepEqual(
    await placeOf(body, { config: { methods: ['GET'] }, line: 'GET /shop/graphql?query=%7Ba%7D' }),
    [
      ['in', 'body'],
      ['pointer', ''],
    ],
  );
});

async function faultsOf(config: object): Promise<string[]> {
  try {
    await prepare(config);
    return [];
  } catch (error) {
    assert.ok(error instanceof AggregateError, String(error));
    return error.errors.map((each: OptionFault) => {
      assert.ok(each instanceof OptionFault);
      return `${each.option.join('.')}: ${each.message}`;
    });
  }
}

test('what is wrong with the files is told with its place', async () => {
  file('syntax.graphql', 'type Query {\n  a: Int!!\n}\n');
  file('unknown.graphql', 'type Query {\n  a: Intt\n  b: Textt\n}\n');
  file('invalid.graphql', 'type Query {\n  a(x: Query): Int\n}\n');
  file(
    'bad.json',
    JSON.stringify({ fine: '{ a }', broken: '{ a', deep: `{${'a{'.repeat(20)}b${'}'.repeat(21)}` }),
  );
  assert.deepEqual(await faultsOf({ schema: 'syntax.graphql' }), [
    'schema: syntax.graphql:2:10: Syntax Error: Expected Name, found "!".',
  ]);
  const unknown = await faultsOf({ schema: 'unknown.graphql' });
  assert.equal(unknown.length, 2);
  assert.match(unknown[0]!, /^schema: unknown\.graphql:2:6: Unknown type "Intt"/);
  assert.match(unknown[1]!, /^schema: unknown\.graphql:3:6: Unknown type "Textt"/);
  assert.match((await faultsOf({ schema: 'invalid.graphql' }))[0]!, /^schema: invalid\.graphql:2:/);
  assert.match((await faultsOf({ schema: 'missing.graphql' }))[0]!, /^schema: ENOENT/);
  assert.deepEqual(await faultsOf({ persisted: { file: 'bad.json' } }), [
    'persisted.file: bad.json: broken:1:4: syntax: is no GraphQL',
    'persisted.file: bad.json: deep: maxDepth: has 21; 10 is the most',
  ]);
  assert.deepEqual(await faultsOf({ fields: { 'Query.a': { roles: ['admin'] } } }), [
    'fields: needs schema: without it nobody knows which fields an operation asks for',
  ]);
  assert.deepEqual(
    await faultsOf({
      schema: 'shop.graphql',
      fields: { 'Mutation.deleteOrdr': { roles: ['admn'] } },
      costs: { 'Quary.a': 1, 'Status.OPEN': 2 },
    }),
    [
      'costs.Quary.a: the schema has no type "Quary"; did you mean "Query"?',
      'costs.Status.OPEN: Status is a type without fields to ask for',
      'fields.Mutation.deleteOrdr.roles: there is no role "admn"; did you mean "admin"?',
      'fields.Mutation.deleteOrdr: the schema has no field "deleteOrdr"; did you mean "deleteOrder"?',
    ],
  );
  assert.match(
    (await faultsOf({ costs: { 'Order.items': 3 } }))[0]!,
    /^costs\.Order\.items: without a schema/,
  );
});

test('files are named for the watcher', () => {
  mkdirSync(join(folder, 'watched'));
  file('watched/a.graphql', '{ a }');
  assert.deepEqual(graphql.files!({ schema: 'shop.graphql', persisted: { file: 'watched' } }, folder), [
    'shop.graphql',
    join(folder, 'watched'),
    join(folder, 'watched/a.graphql'),
  ]);
  assert.deepEqual(graphql.files!({ persisted: { file: 'missing' } }, folder), [join(folder, 'missing')]);
  for (const problem of graphql.problems) assert.ok(Object.hasOwn(catalogue, problem));
});
