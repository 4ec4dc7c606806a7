import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatAuthority, parseAuthority } from './authority.ts';
import { parseRequestTarget, targetReasons } from './request-target.ts';

const page = readFileSync(new URL('../../../../docs/requests.md', import.meta.url), 'utf8');

interface Row {
  readonly arrives: string;
  /** Undefined for a refusal. */
  readonly becomes: string | undefined;
  readonly note: string;
}

/** The rows of the table under a heading of docs/requests.md, with its escapes undone. */
function rows(heading: string): Row[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = /^\| `(.+?)` \| (?:refused|(?:forwarded|read) as `(.+?)`) \|(.*)\|$/.exec(line);
      assert.ok(cells, `a row that this test cannot read: ${line}`);
      const arrives = cells[1]!
        .replaceAll('\\|', '|')
        .replace(/\\x([0-9a-f]{2})/g, (_, digits: string) =>
          String.fromCharCode(Number.parseInt(digits, 16)),
        );
      return { arrives, becomes: cells[2], note: cells[3]!.trim() };
    });
}

test('docs/requests.md says what happens to request targets', () => {
  const seen = new Set<string>();
  for (const { arrives, becomes, note } of rows('Request target')) {
    const target = parseRequestTarget(arrives);
    if (target.kind === 'fault') {
      assert.equal(becomes, undefined, arrives);
      assert.equal(note, target.reason, arrives);
      seen.add(target.reason);
    } else {
      assert.equal(target.query === '' ? target.path : `${target.path}?${target.query}`, becomes, arrives);
      assert.equal(target.authority, /^authority `(.*)`$/.exec(note)?.[1], arrives);
    }
  }
  // Those that a table cannot show, and the one that depends on the operation.
  assert.deepEqual(
    seen.add('empty').add('too-long').add('path-parameter'),
    new Set(Object.keys(targetReasons)),
  );
});

test('docs/requests.md says what happens to authorities', () => {
  const authorities = rows('Authority');
  assert.ok(authorities.length > 20);
  for (const { arrives, becomes } of authorities) {
    const authority = parseAuthority(arrives);
    assert.equal(authority && formatAuthority(authority), becomes, arrives);
  }
});
