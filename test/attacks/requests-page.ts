import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../harness/program.ts';

export interface Row {
  /** As it stands on the page. */
  readonly written: string;
  /** The bytes, as latin1. */
  readonly arrives: string;
  /** `refused`, `refused with 431`, `forwarded as ...`, `read as ...`. */
  readonly happens: string;
  readonly note: string;
}

/** The rows of the table under a heading of docs/requests.md, with its escapes undone. */
export function rowsOf(heading: string): readonly Row[] {
  const page = readFileSync(join(repository, 'docs', 'requests.md'), 'utf8');
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = /^\| `(.+?)` \| (.+?) \|(.*)\|$/.exec(line);
      assert.ok(cells, `a row that this test cannot read: ${line}`);
      const [, written = '', happens = '', note = ''] = cells;
      return {
        written,
        arrives: undoEscapes(written),
        happens: happens.replaceAll('`', ''),
        note: note.trim(),
      };
    });
  assert.ok(rows.length > 0, `nothing under ${heading}`);
  return rows;
}

function undoEscapes(text: string): string {
  return text
    .replaceAll('\\|', '|')
    .replaceAll('\\r', '\r')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replace(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
