import { print, UsageFault } from '../command.ts';
import { Evidence, Suspects } from './evidence.ts';
import { asYaml, evidenceText, type Judged, judge, type Thresholds } from './proposals.ts';
import { type Lines, readRecords } from './record-lines.ts';

export interface TuneOptions {
  readonly from?: string | undefined;
  readonly callers?: string | undefined;
  readonly days?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * Proposes exclusions for rules that are wrong about an API, from what its access log says. Nothing is changed: who reads it
 * decides.
 * @throws UsageFault
 */
export async function tune({ from, callers = '5', days = '2', json = false }: TuneOptions): Promise<number> {
  if (from === undefined) throw new UsageFault('say which access log: portcullis waf tune --from access.log');
  const thresholds = { callers: count('callers', callers), days: count('days', days), failed: 0.5 };
  const lines: Lines = { records: 0, unreadable: 0 };
  const evidence = await evidenceIn(from, lines);
  if (lines.records === 0)
    throw new UsageFault(`${from} has no records of an access log (${lines.unreadable} lines that are none)`);
  const judged = judge(evidence, thresholds);
  print(
    json ? JSON.stringify(asObject(judged, lines), null, 2) : asText(judged, evidence, lines, thresholds),
  );
  return 0;
}

async function evidenceIn(file: string, lines: Lines): Promise<Evidence> {
  try {
    const suspects = new Suspects();
    for await (const record of readRecords(file, { records: 0, unreadable: 0 })) suspects.take(record);
    const evidence = new Evidence(suspects);
    for await (const record of readRecords(file, lines)) evidence.take(record);
    return evidence;
  } catch (error) {
    throw new UsageFault(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function count(option: string, text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text))
    throw new UsageFault(`--${option} takes a number from 1 on, not ${text}`);
  return Number(text);
}

const isProposed = ({ against }: Judged): boolean => against.length === 0;

/** What was left out and why, at most so many. */
const mostTold = 20;

function asText(
  judged: readonly Judged[],
  { isFull }: Evidence,
  { records, unreadable }: Lines,
  { callers, days }: Thresholds,
): string {
  const proposed = judged.filter(isProposed);
  const others = judged.filter((each) => !isProposed(each));
  const lines = [
    `# ${records} records, ${unreadable} lines that are none; ${judged.length} rules with their places matched.`,
    `# Asked for: ${callers} callers and ${days} days.`,
  ];
  if (isFull) lines.push('# More matched than is kept count of; look at a shorter log.');
  if (proposed.length === 0) lines.push('# Nothing is proposed.');
  for (const [api, those] of Map.groupBy(proposed, ({ finding }) => finding.api)) {
    lines.push('', `# apis.${api}.policies.waf`, 'exclude:', asYaml(those).trimEnd());
    if (those.some(({ isKnown }) => !isKnown))
      lines.push('# What is a comment rests on callers that nobody knows: look at their requests first.');
  }
  if (others.length > 0) lines.push('', '# Not proposed:');
  for (const { finding, against } of others.slice(0, mostTold))
    lines.push(
      `# ${finding.rule} ${plain(finding.target)} of ${finding.operation}: ${finding.requests} requests; ${against.join('; ')}`,
    );
  if (others.length > mostTold) lines.push(`# and ${others.length - mostTold} more`);
  return lines.join('\n');
}

/** Nothing in a name ends the comment. */
const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?');

function asObject(judged: readonly Judged[], lines: Lines): unknown {
  const told = judged.map((each) => {
    const { api, operation, rule, target, requests } = each.finding;
    return {
      ...{ api, rule, target, operation, requests, reason: evidenceText(each) },
      ...{ restsOnKnownCallers: each.isKnown, against: each.against },
    };
  });
  return {
    ...lines,
    proposed: told.filter(({ against }) => against.length === 0),
    notProposed: told.filter(({ against }) => against.length > 0),
  };
}
