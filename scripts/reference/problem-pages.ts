import { policies } from '../../packages/gateway/src/policies/index.ts';
import {
  catalogue,
  type ProblemEntry,
  type ProblemName,
  problemType,
} from '../../packages/gateway/src/problems/catalogue.ts';
import { generatedNote, page, table } from './markdown.ts';

/** docs/problems/: a page for each way to be refused. */
export function problemPages(): Map<string, string> {
  const entries = Object.entries(catalogue) as [ProblemName, ProblemEntry][];
  const pages = new Map([['docs/problems/README.md', index(entries)]]);
  for (const [name, entry] of entries) pages.set(`docs/problems/${name}.md`, problemPage(name, entry));
  return pages;
}

function index(entries: readonly (readonly [ProblemName, ProblemEntry])[]): string {
  const byStatus = entries.toSorted(([, a], [, b]) => a.status - b.status);
  return page(
    generatedNote,
    '# Problems',
    'Every refusal of the gateway is a problem document (RFC 9457) with one of these types, a sentence about what the caller can do, and the id of the request, under which the record says the rest.',
    table(
      ['type', 'status', 'title', 'given by'],
      byStatus.map(([name, entry]) => [
        `[${name}](${name}.md)`,
        String(entry.status),
        entry.title,
        givenBy(name, ''),
      ]),
    ),
  );
}

function problemPage(name: ProblemName, entry: ProblemEntry): string {
  const { status, title, detail, remedy, operator, close } = entry;
  const example = { type: problemType(name), title, status, detail, remedy, requestId: exampleId };
  return page(
    generatedNote,
    `# ${name}`,
    table(
      ['', ''],
      [
        ['status', String(status)],
        ['title', title],
        ['type', `\`${problemType(name)}\``],
        ['given by', givenBy(name, '../policies/')],
        ['the connection', close === true ? 'is closed' : 'stays open'],
      ],
    ),
    '## What the caller reads',
    `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``,
    '`detail` can be more specific, and some problems have further members.',
    '## What the caller can do',
    remedy,
    '## What the operator can do',
    operator,
  );
}

const exampleId = '01900000000070008000000000000000';

/** @param folder of the pages about policies, from where this is written; none for the index */
function givenBy(name: ProblemName, folder: string): string {
  const by = policies.filter(({ problems }) => problems.includes(name));
  if (by.length === 0) return name === 'custom' ? 'policies of your own' : 'the gateway itself';
  return by
    .map((policy) => (folder === '' ? policy.name : `[${policy.name}](${folder}${policy.name}.md)`))
    .join(', ');
}
