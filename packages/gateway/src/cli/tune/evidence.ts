import { parseAddress } from '../../http/address.ts';
import type { Matched } from './record-lines.ts';

/** A rule that matched, where it did, and all that speaks for and against it being wrong there. */
export interface Finding {
  readonly api: string;
  readonly operation: string;
  readonly rule: number;
  readonly target: string;
  requests: number;
  /** Of these, those that the API or the gateway refused for another reason than the rules. */
  failed: number;
  /** Callers that signed in. */
  readonly subjects: Set<string>;
  /** Networks of callers that did not. */
  readonly networks: Set<string>;
  readonly days: Set<string>;
  /** Callers that were left out, as what else they sent looks like attacks. */
  readonly suspects: Set<string>;
}

/** What is known of an operation, matches or not. */
export interface Use {
  requests: number;
  signedIn: number;
}

/** Nothing that a client makes up takes more memory than this. */
const bounds = {
  findings: 10_000,
  callers: 100_000,
  perFinding: 1_000,
  operations: 10_000,
  places: 64,
} as const;

/** Places at which one caller may match before it counts as somebody who tries them out. */
const mostPlaces = 5;

/** Rules about tools that look for faults: of CRS 913, and of those that are built in. */
const isScannerRule = (rule: number): boolean =>
  (rule >= 913_000 && rule <= 913_999) || (rule >= 9_924_000 && rule <= 9_924_999);

/** Places of sums, which follow from other matches. */
const isSum = (target: string): boolean => target.startsWith('TX:') || target === '';

/**
 * The callers that are out for faults, from a first look through the log: they match in many places, or name themselves. What
 * they send says nothing of whether a rule is wrong.
 */
export class Suspects {
  readonly #places = new Map<string, Set<string>>();
  /** Whether there were more callers than can be told apart: then none that came later is trusted. */
  isFull = false;

  take(record: Matched): void {
    if (record.matches.length === 0) return;
    const caller = callerOf(record);
    let places = this.#places.get(caller);
    if (places === undefined) {
      if (this.#places.size >= bounds.callers) {
        this.isFull = true;
        return;
      }
      places = new Set();
      this.#places.set(caller, places);
    }
    for (const { rule, target } of matchesOf(record)) {
      if (places.size >= bounds.places) return;
      if (isScannerRule(rule)) for (let at = 0; at <= mostPlaces; at++) places.add(`scanner ${at}`);
      else if (!isSum(target)) places.add(`${record.api} ${record.operation} ${target}`);
    }
  }

  has(caller: string): boolean {
    const places = this.#places.get(caller);
    return places === undefined ? this.isFull : places.size > mostPlaces;
  }
}

/** What the second look through the log collects. */
export class Evidence {
  readonly #findings = new Map<string, Finding>();
  readonly #uses = new Map<string, Use>();
  readonly #suspects: Suspects;
  /** Whether there was more than is kept. */
  isFull = false;

  constructor(suspects: Suspects) {
    this.#suspects = suspects;
  }

  get findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  useOf({ api, operation }: Pick<Finding, 'api' | 'operation'>): Use {
    return this.#uses.get(`${api} ${operation}`) ?? { requests: 0, signedIn: 0 };
  }

  take(record: Matched): void {
    const caller = callerOf(record);
    const isSuspect = this.#suspects.has(caller);
    if (!isSuspect) this.#count(record);
    for (const { rule, target } of matchesOf(record)) {
      if (isSum(target)) continue;
      const finding = this.#finding(record, rule, target);
      if (finding === undefined) return;
      if (isSuspect) add(finding.suspects, caller);
      else note(finding, record, caller);
    }
  }

  #count(record: Matched): void {
    const key = `${record.api} ${record.operation}`;
    let use = this.#uses.get(key);
    if (use === undefined) {
      if (this.#uses.size >= bounds.operations) {
        this.isFull = true;
        return;
      }
      use = { requests: 0, signedIn: 0 };
      this.#uses.set(key, use);
    }
    use.requests++;
    if (record.subject !== undefined) use.signedIn++;
  }

  #finding({ api, operation }: Matched, rule: number, target: string): Finding | undefined {
    const key = `${rule} ${target} ${api} ${operation}`;
    const known = this.#findings.get(key);
    if (known !== undefined) return known;
    if (this.#findings.size >= bounds.findings) {
      this.isFull = true;
      return undefined;
    }
    const finding = {
      ...{ api, operation, rule, target, requests: 0, failed: 0 },
      ...{ subjects: new Set<string>(), networks: new Set<string>() },
      ...{ days: new Set<string>(), suspects: new Set<string>() },
    };
    this.#findings.set(key, finding);
    return finding;
  }
}

function note(finding: Finding, { time, status, subject }: Matched, caller: string): void {
  finding.requests++;
  // The rules themselves say 403: that is no evidence against them being wrong.
  if (status >= 400 && status !== 403) finding.failed++;
  add(subject === undefined ? finding.networks : finding.subjects, caller);
  add(finding.days, time.slice(0, 10));
}

function add(set: Set<string>, value: string): void {
  if (set.size < bounds.perFinding) set.add(value);
}

function matchesOf({ matches }: Matched): { readonly rule: number; readonly target: string }[] {
  return matches.flatMap((match) => {
    const parts = /^([0-9]{1,10})(?: (.*))?$/s.exec(match);
    return parts === null ? [] : [{ rule: Number(parts[1]), target: parts[2] ?? '' }];
  });
}

/** Who signed in, or else the network: addresses of one network are had by one person. */
function callerOf({ subject, client }: Matched): string {
  return subject ?? networkOf(client);
}

/** The first 24 bits of IPv4, 48 of IPv6. */
function networkOf(client: string): string {
  const address = parseAddress(client);
  if (address === undefined) return client;
  const [first = 0, second = 0] = address.words;
  return address.family === 4 ? `4 ${first >>> 8}` : `6 ${first} ${second >>> 16}`;
}
