import { jsonFault } from '../../http/json.ts';
import { type JsonPlace, placesIn } from '../../http/json-places.ts';
import { escapePointer } from '../../http/json-pointer.ts';
import { isExcepted, type LeakRules, type Rule } from './compile.ts';
import { type PlainText, plainAsItIs, plainJson } from './plain-text.ts';
import type { Found } from './scan.ts';

/** What was found in a text, less what is excepted. */
export interface Inspection {
  readonly refuses: boolean;
  /** For the record: which rules, where, how often; nothing of what was found. */
  readonly reason: string;
  /** The text without what is masked; undefined where nothing is. */
  readonly masked: Buffer | undefined;
}

/** Something found, and where. */
interface Leak {
  readonly rule: string;
  readonly action: Rule['action'];
  /** In the bytes that were sent. */
  readonly from: number;
  readonly to: number;
  readonly place: JsonPlace | undefined;
}

const mask = Buffer.from('***');
/** In the place of a number, which cannot hold a mask. */
const noNumber = Buffer.from('null');

/**
 * Looks through content.
 * @param isJson by its Content-Type; content that is no JSON for all that is taken for text
 * @returns undefined when there is nothing to say
 * @throws TooMuch
 */
export function inspectContent(rules: LeakRules, bytes: Buffer, isJson: boolean): Inspection | undefined {
  const plain = isJson ? plainJson(bytes) : plainAsItIs(bytes);
  const found = rules.scanner.scan(plain.bytes.toString('latin1'));
  if (found === undefined) return undefined;
  const leaks =
    isJson && jsonFault(bytes) === undefined
      ? inJson(rules, bytes, plain, found)
      : inText(rules, bytes, plain, found);
  if (leaks.length === 0) return undefined;
  return {
    refuses: leaks.some(({ action }) => action === 'refuse'),
    reason: reasonOf(leaks, bytes),
    masked: withoutMasked(bytes, leaks),
  };
}

/** A field of the reply; it is excepted as a whole or not at all. */
export function inspectField(rules: LeakRules, name: string, value: string): Inspection | undefined {
  const found = rules.scanner.scan(value);
  if (found === undefined) return undefined;
  const bytes = Buffer.from(value, 'latin1');
  const leaks = found.map(
    ({ rule, from, to }): Leak => ({ rule, action: actionOf(rules, rule), from, to, place: undefined }),
  );
  const names = [...new Set(leaks.map(({ rule }) => rule))];
  return {
    refuses: leaks.some(({ action }) => action === 'refuse'),
    reason: names.map((rule) => `${rule} in field ${name}`).join('; '),
    masked: withoutMasked(bytes, leaks),
  };
}

function actionOf({ byName }: LeakRules, rule: string): Rule['action'] {
  return byName.get(rule)!.action;
}

function inJson(rules: LeakRules, bytes: Buffer, plain: PlainText, found: readonly Found[]): Leak[] {
  const places = placesIn(
    bytes,
    found.map(({ from }) => plain.sentAt(from)),
  );
  const leaks: Leak[] = [];
  for (const [index, { rule, from, to }] of found.entries()) {
    const place = places[index]!;
    const { except, masksAround, action } = rules.byName.get(rule)!;
    if (isExcepted(except, place.steps)) continue;
    const whole = masksAround || place.kind === 'number' || place.kind === 'other';
    leaks.push({
      rule,
      action,
      from: whole ? place.from : Math.max(plain.sentAt(from), place.from),
      to: whole ? place.to : Math.min(plain.sentAt(to), place.to),
      place,
    });
  }
  return leaks;
}

function inText(rules: LeakRules, bytes: Buffer, plain: PlainText, found: readonly Found[]): Leak[] {
  return found.map(({ rule, from, to }) => {
    const { masksAround, action } = rules.byName.get(rule)!;
    const start = plain.sentAt(from);
    const end = plain.sentAt(to);
    if (!masksAround) return { rule, action, from: start, to: end, place: undefined };
    const lineEnd = bytes.indexOf(0x0a, end);
    return {
      rule,
      action,
      from: start === 0 ? 0 : bytes.lastIndexOf(0x0a, start - 1) + 1,
      to: lineEnd < 0 ? bytes.length : lineEnd,
      place: undefined,
    };
  });
}

/** Joins what is left; findings of several rules may overlap. */
function withoutMasked(bytes: Buffer, leaks: readonly Leak[]): Buffer | undefined {
  const masked = leaks.filter(({ action }) => action === 'mask').sort((a, b) => a.from - b.from);
  if (masked.length === 0) return undefined;
  const kept: Buffer[] = [];
  let at = 0;
  for (const { from, to, place } of masked) {
    if (to <= at) continue;
    if (from >= at) kept.push(bytes.subarray(at, from), place?.kind === 'number' ? noNumber : mask);
    at = to;
  }
  kept.push(bytes.subarray(at));
  return Buffer.concat(kept);
}

/** Places that are named for one rule. */
const mostNamed = 5;

function reasonOf(leaks: readonly Leak[], bytes: Buffer): string {
  const byRule = new Map<string, string[]>();
  const isHidden = (at: number): boolean =>
    leaks.some(({ place }) => place?.kind === 'name' && place.from === at);
  for (const leak of leaks) {
    const named = byRule.get(leak.rule) ?? [];
    byRule.set(leak.rule, named);
    named.push(named.length < mostNamed ? whereIs(leak, bytes, isHidden) : '');
  }
  return [...byRule]
    .map(([rule, named]) => {
      const shown = [...new Set(named.slice(0, mostNamed))].join(', ');
      const more = named.length > mostNamed ? `, ${named.length} in all` : '';
      return `${rule} ${shown}${more}`;
    })
    .join('; ');
}

const longestStep = 40;
const mostSteps = 12;

/** A JSON Pointer without what was found: a name that is itself a secret is a star. Else the line. */
function whereIs({ place, from }: Leak, bytes: Buffer, isHidden: (at: number) => boolean): string {
  if (place === undefined) {
    let line = 1;
    for (let at = bytes.indexOf(0x0a); at >= 0 && at < from; at = bytes.indexOf(0x0a, at + 1)) line++;
    return `at line ${line}`;
  }
  const steps = place.steps.slice(0, mostSteps).map((step, index) => {
    if (place.stepsAt[index]! >= 0 && isHidden(place.stepsAt[index]!)) return '*';
    return escapePointer(step.length > longestStep ? '*' : step);
  });
  const pointer = steps.map((step) => `/${step}`).join('');
  if (place.kind === 'name') return `in a name at ${pointer === '' ? 'the top' : pointer}`;
  return `at ${pointer === '' ? 'the top' : pointer}`;
}
