import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Values of a file, one a line; `%` and two digits stand for a byte. */
export function readValues(folder: string, file: string): string[] {
  return readFileSync(join(folder, file), 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line.replace(/%([0-9a-f]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16))),
    );
}
