import { compilePattern } from '../../packages/gateway/src/openapi/pattern/pattern.ts';
import { Steps, TooManySteps } from '../../packages/gateway/src/openapi/steps.ts';

/** What a `pattern` of a definition costs on an ordinary value and on the worst: processor time, the best of ten rounds. */
function measure(source: string, text: string, count: number): void {
  const pattern = compilePattern(source);
  const steps = new Steps();
  const run = (): void => {
    steps.refill();
    try {
      pattern.test(text, steps);
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
    }
  };
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < count; repeat++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  const name = `${source.slice(0, 40)} on ${text.length} characters`;
  process.stdout.write(`${name.padEnd(64)} ${best.toFixed(2).padStart(9)} µs\n`);
}

const ordinary: readonly (readonly [pattern: string, text: string])[] = [
  ['^[A-Z]{2}-\\d{3}$', 'AB-123'],
  ['^[a-z0-9]+(?:-[a-z0-9]+)*$', 'a-slug-of-some-length'],
  ['^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$', '123e4567-e89b-12d3-a456-426614174000'],
  ['^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d]{8,}$', 'Passw0rdPassw0rd'],
  ["^\\p{L}[\\p{L} '-]{0,99}$", "Jürgen O'Brien"],
  ['^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$', 'jane.doe@example.com'],
  ['\\S+@\\S+\\.\\S+', 'jane.doe@example.com'],
];
for (const [pattern, text] of ordinary) measure(pattern, text, 20_000);

const hostile: readonly (readonly [pattern: string, text: string])[] = [
  ['^[a-z]+$', `${'a'.repeat(65_000)}1`],
  ['^[a-z]+[a-z]+$', `${'a'.repeat(65_000)}1`],
  ['^(a+)+$', `${'a'.repeat(65_000)}!`],
  ['\\S+@\\S+\\.\\S+', `${'a@'.repeat(32_000)}\u{1f600}`],
  ['(?<!b)(\\p{L}+)*\\d', 'a'.repeat(65_000)],
];
for (const [pattern, text] of hostile) measure(pattern, text, 2);
