import type { Parameters, RunDetails } from 'fast-check';

const seed = process.env['PORTCULLIS_PROPERTY_SEED'];
const factor = Number(process.env['PORTCULLIS_PROPERTY_FACTOR'] ?? '1');

/**
 * How often a property is tried. `PORTCULLIS_PROPERTY_FACTOR=50` tries each so many times as often, and
 * `PORTCULLIS_PROPERTY_SEED` repeats a run: a failure tells the seed.
 */
export function runs<T>(count: number): Parameters<T> {
  return {
    numRuns: Math.ceil(count * factor),
    // What is found is small already; to make it smaller would take longer than all the rest.
    endOnFailure: true,
    ...(seed !== undefined && { seed: Number(seed) }),
    reporter: tell,
  };
}

/** Without the arbitraries that the case was made of, which are pages. */
function tell<T>({ failed, seed: used, numRuns, errorInstance }: RunDetails<T>): void {
  if (!failed) return;
  const message = errorInstance instanceof Error ? errorInstance.message : 'too many cases were left out';
  throw new Error(`PORTCULLIS_PROPERTY_SEED=${used}, case ${numRuns}: ${message}`, { cause: errorInstance });
}
