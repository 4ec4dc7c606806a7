/** In millionths, which add up exactly. */
const whole = 1_000_000;

/**
 * Takes one after so many: what is asked of the replies of a service is a share, not chance, as what a service does wrong
 * it does again and again.
 * @param share of 1
 */
export function samplerOf(share: number): () => boolean {
  const step = Math.round(share * whole);
  if (step >= whole) return () => true;
  // The first one is taken.
  let passed = whole - step;
  return () => {
    passed += step;
    if (passed < whole) return false;
    passed -= whole;
    return true;
  };
}
