import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../harness/folder.ts';
import type { Owner } from '../../harness/owner.ts';
import { runProgram } from '../../harness/program.ts';

/** Where Debian's package has it. */
const program = '/usr/bin/sqlmap';

export const noSqlmap = existsSync(program) ? false : 'the Debian package sqlmap is not installed';

export interface Findings {
  /** The ways in that it confirmed: `q (GET): UNION query`. */
  readonly injections: readonly string[];
  /** What it read from tables, as it stored it. */
  readonly dumped: string;
  /** All that it said. */
  readonly report: string;
}

/**
 * Attacks an address with sqlmap, which asks nobody and keeps all that it writes in a folder that goes with its owner.
 * By the name under which it sends its requests any rule about scanners would know it, so it takes that of a browser.
 * @param options those of its command line, in addition
 */
export async function runSqlmap(
  owner: Owner,
  url: string,
  options: Readonly<Record<string, string>>,
): Promise<Findings> {
  const home = temporaryFolder(owner);
  const output = join(home, 'output');
  const all = {
    '--url': url,
    '--output-dir': output,
    '--user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    '--threads': '1',
    '--timeout': '10',
    '--retries': '0',
    ...options,
  };
  const { out, err } = await runProgram(
    program,
    ['--batch', '--dump', '--disable-coloring', ...Object.entries(all).flat()],
    { cwd: home, env: { HOME: home, XDG_DATA_HOME: home }, timeout: 60_000 },
  );
  return {
    injections: injectionsIn(out),
    dumped: filesBelow(join(output, '127.0.0.1', 'dump')),
    report: out + err,
  };
}

/** The block between lines of hyphens: a line for each parameter, and below it one for each technique. */
function injectionsIn(report: string): string[] {
  let parameter = '';
  const found: string[] = [];
  for (const [, label, value] of report.matchAll(/^ *(Parameter|Type): (.+)$/gm)) {
    if (label === 'Parameter') parameter = value!;
    else found.push(`${parameter}: ${value}`);
  }
  return found;
}

function filesBelow(folder: string): string {
  if (!existsSync(folder)) return '';
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}
