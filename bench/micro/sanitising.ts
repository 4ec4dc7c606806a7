import { dangerIn, newBudget } from '../../packages/gateway/src/policies/sanitising/danger.ts';
import { htmlCleaner } from '../../packages/gateway/src/policies/sanitising/html.ts';
import { Cleaner, type Kind } from '../../packages/gateway/src/policies/sanitising/kinds.ts';
import { lookAtBody, lookAtTarget } from '../../packages/gateway/src/policies/sanitising/look.ts';

/** What cleaning costs, and what the most hostile text that is taken costs: nothing may take 20 ms. */

const cleaner = new Cleaner(await htmlCleaner({}));

/** Processor time, as others share the machine. */
function measure(name: string, count: number, run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round++) {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < count; repeat++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  process.stdout.write(`${name.padEnd(60)} ${best.toFixed(1).padStart(9)} µs\n`);
  return best;
}

const comment =
  '<p>The book came <b>in time</b>, thank you &amp; see <a href="https://shop.example/b/7">here</a>.</p>'.repeat(
    4,
  );
for (const kind of ['html', 'text', 'strip-control', 'trim'] as const)
  measure(`${kind}, a comment of ${comment.length} bytes`, 500, () => cleaner.clean(comment, [kind]));
measure('url', 2_000, () => cleaner.clean('https://shop.example/books/7?page=2', ['url']));
measure('filename', 2_000, () => cleaner.clean('../photo of us.png', ['filename']));

const order = JSON.stringify({
  id: 7,
  lines: Array.from({ length: 5 }, (_, sku) => ({ sku, title: 'A fine thing, made of wood', price: 10.5 })),
});
const bytes = Buffer.from(order);
measure(`look through JSON without markup, ${bytes.length} bytes`, 5_000, () =>
  lookAtBody('json', bytes, []),
);
const large = Buffer.from(`[${Array(3_300).fill(order).join()}]`);
measure(`look through JSON without markup, ${large.length} bytes`, 20, () => lookAtBody('json', large, []));
measure('look through a query of two parameters', 5_000, () => lookAtTarget('q=widget&page=2', [], []));

/** The texts in which sanitize-html was found slowest, as large as they are taken. */
const marks = 2_000;
const longest = 32_768;
const repeated = (...pieces: readonly string[]): string =>
  pieces.map((piece) => piece.repeat(marks / pieces.length / (piece.split('<').length - 1 || 1))).join('');
const hostile: Readonly<Record<string, string>> = {
  '<b>': repeated('<b>'),
  '<li>': repeated('<li>'),
  '<li><template>': repeated('<li><template>'),
  '<i>… </b>…': repeated('<i>', '</b>'),
  '<div>… </span>…': repeated('<div>', '</span>'),
  '<svg><math>': repeated('<svg><math>'),
  '<': '<'.repeat(marks),
  '&': '&'.repeat(marks),
  '&amp;': '&amp;'.repeat(marks),
  '>': '>'.repeat(4_000),
  '<a a0 a1 a2 …':
    `<a ${Array.from({ length: 8_000 }, (_, index) => `a${index.toString(36)}`).join(' ')}`.slice(
      0,
      longest - 2,
    ),
};
let worst = 0;
for (const [name, text] of Object.entries(hostile)) {
  const padded = `${text}${name.startsWith('<a ') ? '>x' : ' '.padEnd(longest - text.length, 'x')}`.slice(
    0,
    longest,
  );
  worst = Math.max(
    worst,
    measure(`html, ${name}`, 5, () => cleaner.clean(padded, ['html'])),
  );
}

const MiB = 1_048_576;
const most = 262_144;
const others: readonly (readonly [Kind, string])[] = [
  ['text', '<'.repeat(most)],
  ['text', '<b>'.repeat(most / 3)],
  ['text', `${'<b'.repeat(most / 4)}${'>'.repeat(most / 2)}`],
  ['strip-control', '\u200b'.repeat(most / 3)],
  ['strip-control', '\u{1f3f4}\u{e0067}'.repeat(most / 8)],
  ['strip-control', 'a\u0001'.repeat(most / 2)],
  ['trim', ' '.repeat(most)],
  ['url', `https://a/${'\t'.repeat(most)}`],
  ['url', `https://${'a.'.repeat(most / 2)}`],
  ['url', `https://a/${'%'.repeat(most)}`],
  ['filename', '/'.repeat(most)],
];
for (const [kind, long] of others) {
  const text = long.slice(0, most);
  worst = Math.max(
    worst,
    measure(`${kind}, 256 KiB of ${JSON.stringify(text.slice(0, 12))}…`, 2, () =>
      cleaner.clean(text, [kind]),
    ),
  );
}
for (const piece of [
  '<',
  '<a',
  '<a ',
  '<a b=c ',
  '<a href=a',
  '<a href="',
  '<a href=&#',
  'x=',
  '&#1;',
  ' ',
  '0',
])
  worst = Math.max(
    worst,
    measure(`look for danger, 1 MiB of ${piece}`, 2, () =>
      dangerIn(piece.repeat(MiB / piece.length), newBudget()),
    ),
  );
process.stdout.write(`worst: ${(worst / 1000).toFixed(1)} ms\n`);
