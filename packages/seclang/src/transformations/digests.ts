import { hash } from 'node:crypto';

/** The twenty bytes themselves; rules follow with hexEncode where they want digits. */
export function sha1(value: string): string {
  return digest('sha1', value);
}

export function md5(value: string): string {
  return digest('md5', value);
}

function digest(algorithm: string, value: string): string {
  return hash(algorithm, Buffer.from(value, 'latin1'), 'buffer').toString('latin1');
}
