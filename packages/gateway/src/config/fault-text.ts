import type { z } from 'zod';
import type { DocumentNode } from './document-node.ts';
import type { Issue } from './suggest.ts';
import { asNumberOrBoolean, nearest } from './suggest.ts';

/** One thing that is wrong with a configuration file. */
export interface ConfigFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** Like `apis.orders.upstream.targets[0]`; empty for the document as a whole. */
  readonly path: string;
  /** What was expected and what was found, without a full stop. */
  readonly message: string;
  /** What to write instead. */
  readonly suggestion?: string;
}

export type Path = readonly (string | number)[];
export type Report = (offset: number, path: Path, message: string, suggestion?: string) => void;

/** One line for each fault: `portcullis.yaml:12:5  apis.orders.upstrem  unknown key; did you mean "upstream"?` */
export function formatFaults(faults: readonly ConfigFault[]): string {
  return faults
    .map(({ file, line, column, path, message, suggestion }) =>
      [`${file}:${line}:${column}`, path, suggestion === undefined ? message : `${message}; ${suggestion}`]
        .filter((part) => part !== '')
        .map(printable)
        .join('  '),
    )
    .join('\n');
}

/** Keys are copied from the file: they must not move the cursor of a terminal or turn the text around. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  map: 'a mapping',
  null: 'nothing',
  undefined: 'nothing',
  void: 'nothing',
  never: 'nothing here',
  nonoptional: 'a value',
  date: 'a date',
};

const formats: Readonly<Record<string, string>> = {
  email: 'an e-mail address such as ann@example.com',
  url: 'a URL such as https://example.com',
  uuid: 'a UUID',
  guid: 'a UUID',
  hostname: 'a host name such as api.example.com',
  ipv4: 'an IPv4 address such as 192.0.2.1',
  ipv6: 'an IPv6 address such as 2001:db8::1',
  cidrv4: 'an IPv4 range such as 192.0.2.0/24',
  cidrv6: 'an IPv6 range such as 2001:db8::/32',
  mac: 'a MAC address such as 00:00:5e:00:53:01',
  datetime: 'a date and time such as 2026-01-31T12:00:00Z',
  date: 'a date such as 2026-01-31',
  time: 'a time such as 12:00:00',
  duration: 'an ISO 8601 duration such as PT10S',
  base64: 'base64 text',
  base64url: 'base64url text',
  json_string: 'JSON text',
  jwt: 'a JWT',
  e164: 'a telephone number such as +15550100',
};

const units: Readonly<Record<string, string>> = {
  string: 'character',
  array: 'item',
  tuple: 'item',
  set: 'item',
  map: 'entry',
  record: 'entry',
  object: 'entry',
  file: 'byte',
};

/** What a value would have to be, to follow "expected"; undefined when the issue does not say. */
export function expectation(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? shown(issue.values[0]) : `one of ${quoted(issue.values)}`;
    case 'invalid_union':
      if (issue.inclusive === false) return 'a value that only one of the alternatives takes';
      return issue.options === undefined ? undefined : `one of ${quoted(issue.options)}`;
    case 'invalid_format':
      return formatText(issue);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'too_small':
      return bound(
        issue.origin,
        issue.exact ? 'exactly' : issue.inclusive === false ? 'more than' : 'at least',
        issue.minimum,
      );
    case 'too_big':
      return bound(
        issue.origin,
        issue.exact ? 'exactly' : issue.inclusive === false ? 'less than' : 'at most',
        issue.maximum,
      );
    default:
      return undefined;
  }
}

function bound(origin: string, word: string, limit: number | bigint): string {
  const unit = units[origin];
  if (origin === 'date')
    return `a date ${word === 'at least' || word === 'more than' ? 'from' : 'until'} ${new Date(Number(limit)).toISOString()}`;
  if (unit === undefined) return `${word} ${limit}`;
  return `${word} ${limit} ${Number(limit) === 1 ? unit : unit === 'entry' ? 'entries' : `${unit}s`}`;
}

function formatText(issue: z.core.$ZodIssueInvalidStringFormat): string {
  const { format, pattern, prefix, suffix, includes } = issue as typeof issue & Record<string, unknown>;
  if (format === 'starts_with') return `text that starts with ${shown(prefix)}`;
  if (format === 'ends_with') return `text that ends with ${shown(suffix)}`;
  if (format === 'includes') return `text that contains ${shown(includes)}`;
  if (formats[format] !== undefined) return formats[format];
  return pattern === undefined ? `text in the format "${format}"` : `text that matches ${pattern}`;
}

/** What stands at a node, to follow "found". */
export function found(node: DocumentNode, causes: readonly Issue[]): string {
  if (node.references.length > 0) return `the value of ${shown(node.raw)}`;
  if (node.kind !== 'scalar') {
    const count = node.entries.size;
    const sized = causes.every((issue) => issue.code === 'too_small' || issue.code === 'too_big');
    return sized ? (count === 0 ? 'none' : String(count)) : `a ${node.kind}`;
  }
  const { value } = node;
  if (value === null || value === undefined) return 'nothing';
  if (value === '') return 'an empty text';
  if (typeof value === 'string') return `the text ${shown(value)}`;
  return typeof value === 'number' ? `the number ${value}` : String(value);
}

export function remedy(node: DocumentNode, causes: readonly Issue[]): string | undefined {
  if (node.references.length > 0 || node.kind !== 'scalar') return undefined;
  const wants = (...types: string[]): boolean =>
    causes.some((issue) => issue.code === 'invalid_type' && types.includes(issue.expected));
  const { value } = node;
  if (typeof value === 'string') {
    const meaning = asNumberOrBoolean(value);
    if (typeof meaning === 'number' && wants('number', 'int')) return 'remove the quotes';
    if (typeof meaning === 'boolean' && wants('boolean')) return 'remove the quotes';
    if (wants('boolean') && /^(?:yes|on|y)$/i.test(value)) return 'write true';
    if (wants('boolean') && /^(?:no|off|n)$/i.test(value)) return 'write false';
    const names = causes.flatMap((issue) => {
      if (issue.code === 'invalid_value') return issue.values;
      return issue.code === 'invalid_union' && issue.inclusive !== false ? (issue.options ?? []) : [];
    });
    const near = nearest(
      value,
      names.filter((name) => typeof name === 'string'),
    );
    return near === undefined ? undefined : `did you mean "${near}"?`;
  }
  return (typeof value === 'number' || typeof value === 'boolean') && wants('string')
    ? 'put it in quotes'
    : undefined;
}

export function quoted(values: readonly unknown[]): string {
  const all = values.slice(0, 20).map(shown).join(', ');
  return values.length > 20 ? `${all} and ${values.length - 20} more` : all;
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

const syntax: Readonly<Record<string, readonly [message: string, suggestion?: string]>> = {
  BAD_COLLECTION_TYPE: ['a tag and the value behind it do not fit'],
  BAD_DIRECTIVE: ['a line that starts with "%" is no directive of YAML'],
  BAD_DQ_ESCAPE: [
    'unknown escape in a text in double quotes',
    'write \\\\ for a backslash, or use single quotes',
  ],
  BAD_INDENT: ['the indentation does not fit the lines above, or a bracket is not closed'],
  BAD_SCALAR_START: ['a text cannot start with this character', 'put it in quotes'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a second "key:" on one line',
    'put it on a line of its own, or put the text in quotes',
  ],
  BLOCK_IN_FLOW: ['a block of lines cannot stand inside [ ] or { }'],
  KEY_OVER_1024_CHARS: ['a key is longer than 1024 characters'],
  MISSING_CHAR: ['a closing quote, bracket, comma or space is missing'],
  MULTILINE_IMPLICIT_KEY: ['a key must stand on one line', 'check for a missing ":" on the line above'],
  MULTIPLE_DOCS: ['expected one document, found another one after "---"', 'remove what follows'],
  NON_STRING_KEY: ['a key must be plain text'],
  RESOURCE_EXHAUSTION: ['the values are nested too deeply'],
  TAB_AS_INDENT: ['a tab cannot indent in YAML', 'use spaces'],
  TAG_RESOLVE_FAILED: ['a tag ("!name") is not allowed here', 'remove it'],
  UNEXPECTED_TOKEN: [
    'this cannot follow what stands before it',
    'check the quotes, brackets and indentation here',
  ],
};

/** Words for an error of the YAML parser. */
export function syntaxText(code: string, message: string): { message: string; suggestion?: string } {
  const [text, suggestion] = syntax[code] ?? [message.charAt(0).toLowerCase() + message.slice(1)];
  const whole = `not valid YAML: ${text}`;
  return suggestion === undefined ? { message: whole } : { message: whole, suggestion };
}
