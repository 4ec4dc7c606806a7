/**
 * What the rules that come with the library cost a request, and those of the OWASP Core Rule Set, as Debian's package
 * modsecurity-crs installs them, both at paranoia level 1: all five phases, in microseconds of processor time, the best of the rounds. Run: node bench/micro/seclang-engine.ts
 * The JSON is read by a stand-in for a reader, whose cost is shown by itself.
 */
import { setFlagsFromString } from 'node:v8';
import { coreRuleSet as builtInRules } from '../../packages/seclang/rules/core/testing/core-rules.ts';
import { emptyContent } from '../../packages/seclang/src/body/content.ts';
import { bodyParsers } from '../../packages/seclang/src/body/processors.ts';
import { compileRules } from '../../packages/seclang/src/engine/engine.ts';
import { coreRuleSet, coreRuleSetMissing } from '../../packages/seclang/src/engine/testing/core-rule-set.ts';
import { bestOf } from './stand-in.ts';

// As the gateway starts.
setFlagsFromString('--enable-experimental-regexp-engine');
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

const options = { isBacktrackingBounded: true, budget: 60_000 };
let engine = compileRules(builtInRules(), options);

const browser = [
  ...['Host', 'shop.example'],
  ...['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ...['Accept', 'application/json, text/plain, */*'],
  ...['Accept-Language', 'en-US,en;q=0.5'],
  ...['Accept-Encoding', 'gzip, deflate, br'],
  ...['Connection', 'keep-alive'],
];
const response = { status: 200, protocol: 'HTTP/1.1', fields: ['content-type', 'application/json'] };

function run(method: string, target: string, fields: readonly string[], body: string): void {
  const transaction = engine.transaction({
    ...{ method, target, fields, protocol: 'HTTP/1.1', peerAddress: '192.0.2.7', id: 'b' },
  });
  transaction.requestHead();
  transaction.requestBody(body);
  transaction.responseHead(response);
  transaction.responseBody();
  transaction.logging();
  if (transaction.outcome.kind !== 'pass')
    throw new Error(`${target}: ${JSON.stringify(transaction.outcome)}`);
}

const order = (index: number): object => ({
  id: 4_711 + index,
  title: 'The Go Programming Language',
  authors: ['Alan A. A. Donovan', 'Brian W. Kernighan'],
  price: 34.99,
  currency: 'EUR',
  tags: ['programming', 'go', 'computer science'],
  description: 'An introduction for people who already know another language, and the standard library.',
  address: { street: '12 High Street', city: 'Dublin', zip: 'D02 XE80' },
  email: `alice${index}@example.org`,
});

function post(index: number, orders = 1): void {
  const body =
    orders === 1
      ? JSON.stringify(order(index))
      : JSON.stringify(Array.from({ length: orders }, (_, at) => order(index + at)));
  const fields = [...browser, 'Content-Type', 'application/json', 'Content-Length', String(body.length)];
  run('POST', '/orders', fields, body);
}

const context = {
  contentType: '',
  argumentsLimit: 1_000,
  argumentSeparator: '&',
  jsonDepthLimit: 100,
  uploadFileLimit: 1,
};
const read = (text: string): boolean => bodyParsers.JSON(text, context) === emptyContent;

const bodies: readonly (readonly [name: string, calls: number, call: (index: number) => void])[] = [
  ['GET without arguments', 3_000, () => run('GET', '/', browser, '')],
  [
    'GET with two arguments',
    3_000,
    (index) => run('GET', `/books/${index}?page=${index % 90}&sort=title`, browser, ''),
  ],
  ['POST of 400 bytes of JSON', 2_000, (index) => post(index)],
  ['  of which reading the JSON', 2_000, (index) => void read(JSON.stringify(order(index)))],
  ['POST of 32 KiB of JSON', 40, (index) => post(index, 80)],
];

function measure(title: string): void {
  process.stdout.write(`${title}\n`);
  for (const [name, calls, call] of bodies) {
    const microseconds = bestOf(12, calls, call);
    process.stdout.write(`${name.padEnd(30)} ${microseconds.toFixed(1).padStart(9)} µs\n`);
  }
}

measure('rules of the library');
if (coreRuleSetMissing === undefined) {
  engine = compileRules(coreRuleSet('SecArgumentsLimit 10000'), options);
  measure('OWASP Core Rule Set');
} else process.stdout.write(`${coreRuleSetMissing}\n`);
