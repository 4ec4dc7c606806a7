/** Looked at so often. Milliseconds. */
const interval = 15;

/**
 * Waits until a condition holds: anything but undefined, null and false.
 * @param what completes the sentence "waited N ms for ..."
 * @returns what the condition gave
 * @throws Error at the deadline, with the last fault of the condition if it threw
 */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeout = 30_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeout;
  let fault: unknown;
  while (performance.now() < deadline) {
    try {
      fault = undefined;
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) return value;
    } catch (error) {
      fault = error;
    }
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
  throw new Error(`waited ${timeout} ms for ${what}`, { cause: fault });
}

/** Fails a promise that takes too long, so that a test says what it waited for. */
export async function within<T>(what: string, promise: Promise<T>, timeout = 30_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeout} ms for ${what}`)), timeout);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
