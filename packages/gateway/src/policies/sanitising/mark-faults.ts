import { escapePointer } from '../../http/json-pointer.ts';
import { bodyRule, examples } from '../../openapi/bodies.ts';
import type {
  EncodingDefinition,
  OperationDefinition,
  Schema,
  SharedDefinition,
} from '../../openapi/definition.ts';
import { isJsonObject, type JsonObject } from '../../openapi/json-value.ts';
import { constituents } from '../../openapi/schema-shape.ts';
import { sanitizeMark, schemaKeywords } from '../../openapi/structure.ts';
import type { Operation } from '../../routing/apis.ts';
import { kinds } from './kinds.ts';
import { kindsOf, type MarkSpot, type Marks } from './marks.ts';

/** More say nothing new. */
const mostTold = 20;

/**
 * Marks of a definition that cannot be kept, each with its place. A mark that is overlooked is a text that goes through as
 * it came, so that these are faults and no warnings.
 */
export function markFaults(operations: readonly Operation[], marks: Marks): readonly string[] {
  const { shared } = marks;
  const search = new MarkSearch(marks);
  const { faults } = search;
  for (const [name, schema] of Object.entries(shared.schemas))
    search.lookInto(schema, `schema ${name} at `, '', true);
  for (const { definition } of operations) ofOperation(definition, marks, search);
  const all = [...faults];
  const more = all.length - mostTold;
  return more > 0
    ? [...all.slice(0, mostTold), `${more} further marks of the definition cannot be kept`]
    : all;
}

/** Every schema within one; what it refers to has a name of its own. */
class MarkSearch {
  readonly faults = new Set<string>();
  readonly #marks: Marks;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  lookInto(schema: unknown, place: string, pointer: string, isReached: boolean): void {
    // Most schemas have no mark anywhere, and there may be very many.
    if (!isJsonObject(schema) || !this.#marks.leads(schema)) return;
    const mark = schema[sanitizeMark];
    if (mark !== undefined)
      for (const fault of faultsOf(schema, mark, isReached))
        this.faults.add(`${place}${pointer || '/'}: ${sanitizeMark} ${fault}`);
    for (const [keyword, [how]] of Object.entries(schemaKeywords)) {
      const held = schema[keyword];
      if (typeof held !== 'object' || held === null) continue;
      const goesOn = isReached && keyword !== 'not' && keyword !== 'propertyNames';
      if (how === 'direct' && !Array.isArray(held))
        this.lookInto(held, place, `${pointer}/${keyword}`, goesOn);
      else
        for (const [name, each] of Object.entries(held))
          this.lookInto(each, place, `${pointer}/${keyword}/${escapePointer(name)}`, goesOn);
    }
  }
}

function faultsOf(schema: JsonObject, mark: unknown, isReached: boolean): readonly string[] {
  const faults: string[] = [];
  if (kindsOf(mark) === undefined)
    faults.push(`is ${shown(mark)}; expected one of ${kinds.join(', ')}, or a list of them`);
  if (schema.type !== undefined && ![schema.type].flat().includes('string'))
    faults.push('stands at a value that is no string, and only strings are cleaned');
  if (!isReached) faults.push('stands in a schema that describes no value of the body');
  return faults;
}

function shown(mark: unknown): string {
  const text = JSON.stringify(mark) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function ofOperation(definition: OperationDefinition, marks: Marks, search: MarkSearch): void {
  const { method, path } = definition;
  const { faults } = search;
  for (const { name, in: location, schema } of definition.parameters) {
    if (!marks.leads(schema)) continue;
    faults.add(
      `${method} ${path}: the ${location} parameter "${name}" has ${sanitizeMark}, which is for bodies: a parameter goes on as it was judged, or not at all`,
    );
  }
  for (const [key, schema] of Object.entries(definition.requestBody?.content ?? {})) {
    const place = `${method} ${path} ${key}`;
    search.lookInto(schema, `${place} at `, '', true);
    const root = marks.rootOf(schema);
    if (root !== undefined) ofBody(definition, key, root, place, faults);
  }
}

function ofBody(
  definition: OperationDefinition,
  key: string,
  root: MarkSpot,
  place: string,
  faults: Set<string>,
): void {
  const found = new Set(examples(key).map((type) => bodyRule(definition, type).kind));
  if (found.has('json')) return;
  if (found.has('text')) {
    if (root.own === undefined) faults.add(`${place}: ${sanitizeMark} stands below a body that is one text`);
    return;
  }
  if (!found.has('form') && !found.has('multipart')) {
    faults.add(
      `${place}: ${sanitizeMark} is for JSON, forms, multipart and text; in this body nothing can be cleaned`,
    );
    return;
  }
  const { shared, requestBody } = definition;
  for (const name of namesIn(requestBody!.content[key]!, shared)) {
    const fault = fieldFault(root, name, requestBody?.details?.[key]?.encoding[name], found.has('multipart'));
    if (fault !== undefined) faults.add(`${place} at /properties/${escapePointer(name)}: ${fault}`);
  }
}

function namesIn(schema: Schema, shared: SharedDefinition): ReadonlySet<string> {
  return new Set(
    [...constituents(schema, shared, 0)].flatMap(({ properties }) =>
      isJsonObject(properties) ? Object.keys(properties) : [],
    ),
  );
}

/** A field of a form is one text, or one of several under its name; what is written into a text has no place there. */
function fieldFault(
  root: MarkSpot,
  name: string,
  encoding: EncodingDefinition | undefined,
  isMultipart: boolean,
): string | undefined {
  const written = Buffer.from(JSON.stringify(name));
  const { next } = root.member(written, 1, written.length - 1);
  if (next === undefined) return undefined;
  const spot = next as MarkSpot;
  const isJson = encoding?.contentTypes.some((type) => /[/+]json$/.test(type)) === true;
  const isDelimited = encoding?.explode === false || /Delimited$/.test(encoding?.style ?? '');
  const inItems = spot.item(0).next as MarkSpot | undefined;
  const isDeep =
    (spot.isDeep && (isMultipart || encoding?.style !== 'deepObject')) || inItems?.isDeep === true;
  return isJson || isDeep || (inItems !== undefined && isDelimited)
    ? `${sanitizeMark} stands below a field that is written as one text, in which nothing can be cleaned`
    : undefined;
}
