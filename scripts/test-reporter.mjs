import { spec } from 'node:test/reporters';

const total = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

/**
 * node:test's own report, with its totals as the last lines: spec prints the failures after them, expected ones too, and
 * whoever reads the end of a log, person or machine, would miss the figures.
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 */
// biome-ignore lint/style/noDefaultExport: it is where node:test looks for a reporter
export default async function* report(events) {
  const totals = [];
  const printer = new spec();
  printer.setEncoding('utf8');
  const fed = feed(events, printer, totals);
  yield* printer;
  await fed;
  yield `\n${totals.map((line) => `ℹ ${line}`).join('\n')}\n`;
}

async function feed(events, printer, totals) {
  for await (const event of events) {
    const { message, nesting } = event.data ?? {};
    if (event.type === 'test:diagnostic' && nesting === 0 && total.test(message)) totals.push(message);
    else if (!printer.write(event)) await new Promise((resolve) => printer.once('drain', resolve));
  }
  printer.end();
}
