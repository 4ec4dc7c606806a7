import { randomHex } from './random.ts';

const acceptable = /^[A-Za-z0-9._~:+/=@-]{1,128}$/;

/** A new request identifier: 128 random bits as 32 lower-case hexadecimal digits. */
export function newRequestId(): string {
  return randomHex(32);
}

/** Whether an identifier that somebody else chose may stand in logs, fields and problem documents as it is. */
export function isAcceptableRequestId(value: string): boolean {
  return acceptable.test(value);
}
