import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * A cookie that says that a user has signed in with this browser before, for that user only. It lets nobody in; it only
 * gives the browser a count of its own for wrong passwords (OWASP: device cookies).
 */
export function makeDevice(key: KeyObject, accountId: string): string {
  const id = randomBytes(16).toString('base64url');
  return `${id}.${proof(key, accountId, id)}`;
}

/** @returns the id of the device, when the cookie is this user's */
export function readDevice(
  key: KeyObject,
  accountId: string,
  cookie: string | undefined,
): string | undefined {
  const [id, given, ...more] = (cookie ?? '').split('.');
  if (id === undefined || given === undefined || more.length > 0) return undefined;
  const expected = Buffer.from(proof(key, accountId, id));
  const actual = Buffer.from(given);
  return actual.length === expected.length && timingSafeEqual(actual, expected) ? id : undefined;
}

function proof(key: KeyObject, accountId: string, id: string): string {
  return createHmac('sha256', key).update(`device\n${accountId}\n${id}`).digest('base64url');
}
