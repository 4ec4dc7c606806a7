import { escapePointer } from '../http/json-pointer.ts';
import { contentMistakes } from './content-mistakes.ts';
import { likeliest, misplaced } from './fixed-fields.ts';
import { isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { enforcedKeywords } from './keywords.ts';
import { type ReportBelow, schemaMistakes } from './schema-mistakes.ts';
import { type Kind, sanitizeMark, schemaKeywords, structures } from './structure.ts';

/** What is wrong with an object as it is written, in any version, without what is in it. */
export function objectMistakes(kind: Kind, value: JsonObject, isSwagger: boolean, report: ReportBelow): void {
  misspelt(kind, value, isSwagger, report);
  misshapen(kind, value, report);
  contentMistakes(kind, value, report);
  if (kind !== 'schema') unsureFlags(value, report);
  if (kind === 'schema') schemaMistakes(withoutFile(value, isSwagger), report);
  // In Swagger 2.0 these are schemas themselves.
  else if ((kind === 'parameter' || kind === 'header') && isSwagger && value.in !== 'body')
    schemaMistakes(withoutFile(asSchema(value), isSwagger), report);
}

function misspelt(kind: Kind, value: JsonObject, isSwagger: boolean, report: ReportBelow): void {
  for (const key of Object.keys(value)) {
    const wrong = misplaced(kind, key, isSwagger);
    if (wrong === undefined) continue;
    if (wrong.kind === 'slip') {
      reportSlip(key, wrong.meant, report);
      continue;
    }
    const message = `"${key}" means nothing here; it belongs into "schema".`;
    report(`/${escapePointer(key)}`, 'keyword-ignored', message);
  }
}

/** The same for objects that are only looked into for some of their fields. */
export function misspeltAmong(known: readonly string[], value: JsonObject, report: ReportBelow): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key) || key.startsWith('x-')) continue;
    const meant = likeliest(key, known);
    if (meant !== undefined) reportSlip(key, meant, report);
  }
}

function reportSlip(key: string, meant: string, report: ReportBelow): void {
  const message = `"${key}" is no keyword here; did you mean "${meant}"?`;
  report(`/${escapePointer(key)}`, 'keyword-ignored', message);
}

const flags = ['required', 'explode', 'allowEmptyValue', 'allowReserved', 'deprecated'];

/** YAML reads `yes` as a text. */
function unsureFlags(value: JsonObject, report: ReportBelow): void {
  for (const key of flags) {
    if (value[key] !== undefined && typeof value[key] !== 'boolean')
      report(`/${key}`, 'keyword-ignored', `"${key}" is neither true nor false.`);
  }
}

/** Those of schemas are looked at with their other keywords. */
function misshapen(kind: Kind, value: JsonObject, report: ReportBelow): void {
  if (kind === 'schema') return;
  for (const [key, [, child]] of Object.entries(structures[kind].children)) {
    const item = Object.hasOwn(value, key) ? value[key] : undefined;
    if (item === undefined || hasShape(kind, key, item)) continue;
    const effect = child === 'schema' ? 'any-value' : 'ignored';
    report(`/${key}`, effect, `"${key}" is not ${isList(key) ? 'a list' : 'an object'}.`);
  }
}

const isList = (key: string): boolean => key === 'parameters';

/** Whether a key holds a list, or a map, or something else than a list, as it should; what is in it is another matter. */
export function hasShape(kind: Kind, key: string, item: unknown): boolean {
  if (kind === 'schema') return true;
  return structures[kind].children[key]![0] === 'map'
    ? isJsonObject(item)
    : isList(key) === Array.isArray(item);
}

const ofParameters: ReadonlySet<string> = new Set(['required', 'description', 'example', 'examples']);

function asSchema(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !ofParameters.has(key)));
}

/** The type of uploads and downloads in Swagger 2.0. */
function withoutFile(value: JsonObject, isSwagger: boolean): JsonObject {
  if (!isSwagger || value.type !== 'file') return value;
  const { type: _type, ...others } = value;
  return others;
}

/** The parameters that one list has twice, references followed. */
export function twiceIn(list: unknown, report: ReportBelow): void {
  const seen = new Set<string>();
  for (const [index, each] of (Array.isArray(list) ? list : []).entries()) {
    const { in: location, name } = objectOrEmpty(each);
    if (typeof name !== 'string' || typeof location !== 'string') continue;
    const key = `${location} ${location === 'header' ? name.toLowerCase() : name}`;
    if (seen.has(key))
      report(`/${index}`, 'last-counts', `The ${location} parameter "${name}" is in the list already.`);
    seen.add(key);
  }
}

/** The keywords that OpenAPI 3.0 and Swagger 2.0 do not see beside a reference, and that would have said something. */
export function besideReference(siblings: JsonObject, report: ReportBelow): void {
  for (const key of Object.keys(siblings)) {
    // The type is said by what it refers to, as a rule, and the others say nothing of what is allowed.
    if (quiet.has(key) || !enforced.has(key)) continue;
    report(`/${escapePointer(key)}`, 'keyword-ignored', 'Before OpenAPI 3.1 nothing counts beside "$ref".');
  }
}

const quiet: ReadonlySet<string> = new Set(['type', 'xml', 'discriminator', sanitizeMark]);
const enforced: ReadonlySet<string> = new Set([...enforcedKeywords, ...Object.keys(schemaKeywords)]);
