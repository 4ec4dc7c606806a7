import { escapePointer } from '../http/json-pointer.ts';
import { parseMediaType } from '../http/media-type.ts';
import { isMediaTypeRead, knownEncodings } from './content-keywords.ts';
import type { Effect } from './definition-faults.ts';
import { readDiscriminator } from './discriminator.ts';
import { likeliest } from './fixed-fields.ts';
import { knownFormats } from './formats.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';
import { isPattern, wantedInstead } from './keywords.ts';
import { compilePattern } from './pattern/pattern.ts';

/** Tells of a mistake. @param below where it stands, as a JSON Pointer from the object that is looked at */
export type ReportBelow = (below: string, effect: Effect, message: string) => void;

/** What is wrong with a schema as it is written, in any version, without the schemas in it. */
export function schemaMistakes(schema: JsonObject, report: ReportBelow): void {
  unusableValues(schema, report);
  contraryBounds(schema, report);
  boundsOfOthers(schema, report);
  impossibleValues(schema, report);
  forbiddenRequired(schema, report);
  annotations(schema, report);
}

function unusableValues(schema: JsonObject, report: ReportBelow): void {
  for (const [keyword, value] of Object.entries(schema)) {
    // Swagger 2.0 has the name of the property alone.
    if (keyword === 'discriminator') continue;
    const wanted = wantedInstead(keyword, value);
    if (wanted === undefined) continue;
    report(`/${escapePointer(keyword)}`, 'keyword-ignored', `"${keyword}" is not ${wanted}.`);
  }
  if (isJsonObject(schema.patternProperties)) {
    for (const name of Object.keys(schema.patternProperties)) {
      if (!isPattern(name))
        report(`/patternProperties/${escapePointer(name)}`, 'ignored', 'Its name is no regular expression.');
    }
  }
  if (schema.discriminator !== undefined && readDiscriminator(schema.discriminator) === undefined)
    report('/discriminator', 'keyword-ignored', 'A discriminator needs a "propertyName".');
}

const bounds = [
  ['minLength', 'maxLength'],
  ['minItems', 'maxItems'],
  ['minProperties', 'maxProperties'],
  ['minContains', 'maxContains'],
] as const;

function contraryBounds(schema: JsonObject, report: ReportBelow): void {
  for (const [least, most] of bounds) {
    const [from, to] = [schema[least], schema[most]];
    if (typeof from === 'number' && typeof to === 'number' && from > to)
      report(`/${least}`, 'as-written', `"${least}" ${from} is above "${most}" ${to}: nothing meets both.`);
  }
  const low = limit(schema, 'minimum', 'exclusiveMinimum', Math.max);
  const high = limit(schema, 'maximum', 'exclusiveMaximum', Math.min);
  if (low === undefined || high === undefined) return;
  if (low.value < high.value || (low.value === high.value && !low.excluded && !high.excluded)) return;
  const above = low.value > high.value ? 'is above' : 'meets';
  report(
    `/${low.keyword}`,
    'as-written',
    `"${low.keyword}" ${low.value} ${above} "${high.keyword}" ${high.value}: no number is between them.`,
  );
}

interface Limit {
  readonly keyword: string;
  readonly value: number;
  readonly excluded: boolean;
}

/** The one of two keywords that takes less. */
function limit(
  schema: JsonObject,
  including: string,
  excluding: string,
  stricter: (a: number, b: number) => number,
): Limit | undefined {
  const [plain, exclusive] = [schema[including], schema[excluding]];
  const excluded = typeof exclusive === 'number' ? exclusive : undefined;
  if (typeof plain !== 'number')
    return excluded === undefined ? undefined : { keyword: excluding, value: excluded, excluded: true };
  if (excluded !== undefined && stricter(plain, excluded) === excluded)
    return { keyword: excluding, value: excluded, excluded: true };
  return { keyword: including, value: plain, excluded: exclusive === true };
}

/** What values a keyword says something about; it says nothing of others (JSON Schema 2020-12 section 7.6.1). */
const typesOfKeywords: Readonly<Record<string, readonly string[]>> = {
  ...of(['string'], 'minLength', 'maxLength', 'pattern'),
  ...of(['number', 'integer'], 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'),
  ...of(['array'], 'items', 'minItems', 'maxItems', 'uniqueItems'),
  ...of(['object'], 'properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'),
};

function of(types: readonly string[], ...keywords: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(keywords.map((keyword) => [keyword, types]));
}

function boundsOfOthers(schema: JsonObject, report: ReportBelow): void {
  const types = typesOf(schema);
  if (types === undefined) return;
  for (const [keyword, value] of Object.entries(schema)) {
    // Generators write `uniqueItems: false` everywhere.
    if (value === false && keyword === 'uniqueItems') continue;
    const own = Object.hasOwn(typesOfKeywords, keyword) ? typesOfKeywords[keyword] : undefined;
    if (own === undefined || own.some((type) => types.includes(type))) continue;
    const message = `"${keyword}" is for the type ${own[0]}, and this is of the type ${types.join(' or ')}.`;
    report(`/${keyword}`, 'not-checked', message);
  }
}

/** Undefined where it says nothing, or nothing that means anything. */
function typesOf({ type, nullable, 'x-nullable': alsoNullable }: JsonObject): readonly string[] | undefined {
  if (type === undefined || wantedInstead('type', type) !== undefined) return undefined;
  const types = [type].flat(2) as string[];
  return nullable === true || alsoNullable === true ? [...types, 'null'] : types;
}

function impossibleValues(schema: JsonObject, report: ReportBelow): void {
  const { enum: listed } = schema;
  if (Array.isArray(listed) && listed.length === 0)
    report('/enum', 'no-value', 'The enum is empty, so that nothing is among it.');
  const types = typesOf(schema);
  if (types === undefined) return;
  const named = types.join(' or ');
  const others = Array.isArray(listed) ? listed.filter((value) => !isOfOne(value, types)) : [];
  if (others.length > 0) {
    const what = others.length === 1 ? 'A value' : `${others.length} values`;
    const message = `${what} of the enum can never be sent, not being of the type ${named}: ${shown(others[0])}.`;
    report('/enum', 'as-written', message);
  }
  if (schema.const !== undefined && !isOfOne(schema.const, types))
    report('/const', 'as-written', `${shown(schema.const)} is not of the type ${named}: nothing meets both.`);
}

function isOfOne(value: unknown, types: readonly string[]): boolean {
  return types.some((type) => {
    if (type === 'integer') return Number.isInteger(value);
    if (type === 'null') return value === null;
    if (type === 'array') return Array.isArray(value);
    if (type === 'object') return isJsonObject(value);
    return typeof value === type;
  });
}

const longestShown = 40;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > longestShown ? `${text.slice(0, longestShown).toWellFormed()}…` : text;
}

function forbiddenRequired(schema: JsonObject, report: ReportBelow): void {
  const { required, properties, patternProperties, additionalProperties } = schema;
  if (additionalProperties !== false || wantedInstead('required', required) !== undefined) return;
  if (!Array.isArray(required)) return;
  const patterns = isJsonObject(patternProperties) ? Object.keys(patternProperties).filter(isPattern) : [];
  const compiled = patterns.map(compilePattern);
  for (const [index, name] of (required as string[]).entries()) {
    if (isJsonObject(properties) && Object.hasOwn(properties, name)) continue;
    if (compiled.some((pattern) => pattern.takesName(name, true))) continue;
    const message = `"${name}" is required, but not among the properties, and "additionalProperties" forbids others: nothing meets both.`;
    report(`/required/${index}`, 'as-written', message);
  }
}

function annotations(schema: JsonObject, report: ReportBelow): void {
  const { format, contentEncoding, contentMediaType } = schema;
  if (typeof format === 'string' && !knownFormats().has(format))
    report(
      '/format',
      'not-checked',
      `"${format}" is no format that is known${hint(format, knownFormats())}.`,
    );
  if (typeof contentEncoding === 'string' && !knownEncodings.has(contentEncoding.toLowerCase())) {
    const meant = hint(contentEncoding, knownEncodings);
    report('/contentEncoding', 'not-checked', `"${contentEncoding}" is no encoding that is known${meant}.`);
  }
  if (typeof contentMediaType === 'string') {
    const encoding = typeof contentEncoding === 'string' ? contentEncoding : undefined;
    if (parseMediaType(contentMediaType) === undefined)
      report('/contentMediaType', 'not-checked', `"${contentMediaType}" is not a media type.`);
    // Without an encoding it is what a file is, which is looked at as a whole.
    else if (encoding !== undefined && !isMediaTypeRead(contentMediaType, encoding))
      report(
        '/contentMediaType',
        'not-checked',
        `Of ${contentMediaType} in ${encoding} nothing is known that could be looked at.`,
      );
  }
  if (schema.contentSchema !== undefined)
    report('/contentSchema', 'not-checked', 'What a text contains is not judged by a schema of its own.');
}

function hint(written: string, known: Iterable<string>): string {
  const meant = likeliest(written, known);
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`;
}
