import { Document } from 'yaml';
import type { Evidence, Finding, Use } from './evidence.ts';

/** What evidence has to come to. */
export interface Thresholds {
  /** Different callers: those who signed in where an operation asks for that, else networks. */
  readonly callers: number;
  readonly days: number;
  /** Of the requests that matched, how many may have failed for another reason. */
  readonly failed: number;
}

/** Of people that nobody knows, so many times as many are needed: addresses are had cheaper than accounts. */
export const strangersCount = 4;

export interface Judged {
  readonly finding: Finding;
  readonly use: Use;
  /** Why it is not proposed; empty where it is. */
  readonly against: readonly string[];
  /** Whether it rests on callers that signed in. */
  readonly isKnown: boolean;
}

/** The most requests first. */
export function judge(evidence: Evidence, thresholds: Thresholds): Judged[] {
  const judged = evidence.findings.map((finding) => {
    const use = evidence.useOf(finding);
    // A caller without an account is no evidence where callers usually have one.
    const isKnown = use.signedIn * 2 >= use.requests && use.signedIn > 0;
    return { finding, use, isKnown, against: againstIt(finding, isKnown, thresholds) };
  });
  return judged.sort((one, other) => other.finding.requests - one.finding.requests);
}

/** As `exclude` of the policy takes a target; names that were cut in the record are not the whole name. */
const expressible = /^[A-Z_]{2,40}(?::[A-Za-z0-9_.$*[\]-]{1,100})?$/;
const longestNoted = 80;

function againstIt(finding: Finding, isKnown: boolean, { callers, days, failed }: Thresholds): string[] {
  const { target, requests, subjects, networks, suspects } = finding;
  const against: string[] = [];
  const seen = isKnown ? subjects.size : networks.size + subjects.size;
  const wanted = isKnown ? callers : callers * strangersCount;
  const who = isKnown ? 'who signed in' : 'in different networks';
  if (!expressible.test(target) || target.length >= longestNoted)
    against.push('its name cannot be written as a target');
  if (suspects.size > seen)
    against.push(`${counted(suspects.size, 'caller')} matched in many places, as somebody who tries does`);
  if (seen < wanted) against.push(`${counted(seen, 'caller')} ${who}, ${wanted} are asked for`);
  if (finding.days.size < days) against.push(`${counted(finding.days.size, 'day')}, ${days} are asked for`);
  if (requests > 0 && finding.failed / requests > failed)
    against.push(`${percent(finding.failed, requests)} failed for another reason`);
  return against;
}

export function evidenceText({ finding, use, isKnown }: Judged): string {
  const { requests, failed, subjects, networks, days, suspects } = finding;
  const callers = isKnown
    ? `${counted(subjects.size, 'caller')} who signed in`
    : `callers of ${counted(networks.size + subjects.size, 'network')}`;
  const tried = suspects.size === 0 ? '' : `, ${suspects.size} suspects left out`;
  return `Matched ${requests} of ${use.requests} requests (${percent(requests, use.requests)}), of ${callers}, on ${counted(days.size, 'day')}; ${percent(failed, requests)} failed otherwise${tried}`;
}

/**
 * Entries of `exclude`, to be pasted. One that rests on callers nobody knows is a comment: whoever has many addresses could have
 * made it up, so that somebody has to look first.
 */
export function asYaml(proposed: readonly Judged[]): string {
  return proposed.map((each) => (each.isKnown ? entry(each) : commented(entry(each)))).join('');
}

function entry(judged: Judged): string {
  const { rule, target, operation } = judged.finding;
  const document = new Document([{ rule, target, operation, reason: evidenceText(judged) }]);
  return document.toString({ lineWidth: 0 }).replaceAll(/^(?=.)/gm, '  ');
}

const commented = (text: string): string => text.replaceAll(/^(?=.)/gm, '# ');

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function percent(part: number, all: number): string {
  return all === 0 ? '0%' : `${Math.round((100 * part) / all)}%`;
}
