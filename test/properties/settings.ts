const seed = process.env['PORTCULLIS_PROPERTY_SEED'];
const factor = Number(process.env['PORTCULLIS_PROPERTY_FACTOR'] ?? '1');

/**
 * How often a property is tried. `PORTCULLIS_PROPERTY_FACTOR=50` tries each so many times as often, and
 * `PORTCULLIS_PROPERTY_SEED` repeats a run: a failure tells the seed.
 */
export function runs(count: number): { numRuns: number; endOnFailure: boolean; seed?: number } {
  return {
    numRuns: Math.ceil(count * factor),
    // What is found is small already; shrinking would take longer than all the rest.
    endOnFailure: true,
    ...(seed !== undefined && { seed: Number(seed) }),
  };
}
