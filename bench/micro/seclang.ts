import { PhraseSet } from '../../packages/seclang/src/operators/phrase-set.ts';
import { isSqlInjection } from '../../packages/seclang/src/operators/sqli/detect.ts';
import { isScript } from '../../packages/seclang/src/operators/xss/detect.ts';
import { transformations } from '../../packages/seclang/src/transformations/registry.ts';

/**
 * What a transformation, a list of a thousand words and the judges of SQL and markup cost on a value of 30 characters and on
 * one of 1,000: processor time in nanoseconds, the best of five rounds. `plain` are values in which nothing changes.
 */

const sentence = 'Alice was beginning to get very tired, ';
const cut = (text: string, length: number): string =>
  Buffer.from(text.repeat(Math.ceil(length / text.length)).slice(0, length)).toString('latin1');
const values: readonly (readonly [name: string, value: string])[] = [
  ['plain 30', cut('alice.beginning-to_get', 30)],
  ['plain 1000', cut('alice.beginning-to_get', 1_000)],
  ['prose 30', cut(sentence, 30)],
  ['prose 1000', cut(sentence, 1_000)],
  ['coded 30', cut('a%20b+c&lt;\\u003cD/*e*/../"f" ', 30)],
  ['coded 1000', cut('a%20b+c&lt;\\u003cD/*e*/../"f" ', 1_000)],
];

let sink = 0;

function measure(run: (value: string) => unknown, value: string): number {
  const repeats = value.length > 100 ? 20_000 : 200_000;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < repeats; repeat++) if (run(value) === value) sink++;
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1_000) / repeats);
  }
  return best;
}

function print(name: string, cells: readonly string[]): void {
  process.stdout.write(`${name.padEnd(22)}${cells.map((cell) => cell.padStart(12)).join('')}\n`);
}

const words = Array.from(
  { length: 1_000 },
  (_, index) =>
    `${['select', '/etc/', 'xp_', 'system.'][index % 4]}${index.toString(36)}${(index * 7_919).toString(36)}`,
);
const phrases = new PhraseSet(words);

print(
  'ns',
  values.map(([name]) => name),
);
for (const [name, run] of [
  ...Object.entries(transformations).filter(([each]) => !each.startsWith('normalis')),
  ['pm of 1,000 words', (value: string) => phrases.find(value)] as const,
  ['detectSQLi', isSqlInjection] as const,
  ['detectXSS', isScript] as const,
])
  print(
    name,
    values.map(([, value]) => measure(run, value).toFixed(0)),
  );
if (sink < 0) throw new Error('never');
