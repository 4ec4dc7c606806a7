import { readFileSync } from 'node:fs';

/** Lines of a text file that are none of comment, with what stands above them as `# name` of a group. */
export interface Line {
  readonly group: string;
  readonly text: string;
}

/** @param path of a file in UTF-8; groups begin with `## ` */
export function readLines(path: string): Line[] {
  const lines: Line[] = [];
  let group = '';
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    if (text.startsWith('## ')) group = text.slice(3).trim();
    else if (text.trim() !== '' && !text.startsWith('# ')) lines.push({ group, text });
  }
  return lines;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

/** A value as bytes: UTF-8, in which `\n`, `\r`, `\t`, `\\` and `\xHH` are what they are in JavaScript; other backslashes stay. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replace(/\\(?:([nrt\\])|x([0-9a-f]{2}))/gi, (whole, letter, pair) =>
      pair === undefined ? (escapes[letter] ?? whole) : String.fromCharCode(Number.parseInt(pair, 16)),
    );
}
