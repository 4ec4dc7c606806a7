import { coerce, type Primitive } from './coercion.ts';
import type { ParameterDefinition } from './definition.ts';
import { emptyObject } from './json-value.ts';
import type { Shape } from './schema-shape.ts';

/** What a parameter's text is not: which keyword of the schema says so, in words for the caller. */
export interface TextFault {
  readonly keyword: string;
  readonly message: string;
}

/** The readings of a parameter in the order in which they are judged, or why there is none. */
export type Readings = { readonly values: readonly unknown[] } | TextFault;

/** Whether the parameter's properties come as parameters of their own: `?x=1&y=2` or `?p[x]=1`. */
export function isSpread(parameter: ParameterDefinition, shape: Shape): boolean {
  if (shape.properties === undefined || parameter.mediaType !== undefined) return false;
  return parameter.style === 'deepObject' || (parameter.style === 'form' && parameter.explode);
}

/** Whether an object with these properties has one of this name, or may have any. */
export function hasProperty({ properties, additional }: Shape, name: string): boolean {
  return additional !== undefined || properties?.has(name) === true;
}

/** Whether the parameter may occur more than once. */
export function isRepeated(parameter: ParameterDefinition, shape: Shape): boolean {
  if (shape.items === undefined || parameter.mediaType !== undefined) return false;
  return parameter.explode && parameter.in === 'query' && parameter.style !== 'deepObject';
}

/**
 * Reads the values of a parameter that is not spread (OpenAPI 3.1 section 4.8.12.3, Style Values). A single text
 * can be several things under one schema (`["integer", "string"]`), so each is offered, strings last.
 * @param texts one, or all occurrences of a repeated parameter
 */
export function readTexts(parameter: ParameterDefinition, shape: Shape, given: readonly string[]): Readings {
  const values: unknown[] = [];
  const texts = unwrapped(parameter, shape, given);
  if (texts === undefined) return styleFault(parameter);
  const text = texts.length === 1 ? texts[0]! : undefined;
  if (text !== undefined) {
    for (const type of shape.primitives) {
      const value = coerce(text, type, shape.format);
      if (value !== undefined) values.push(value);
    }
  }
  let fault: TextFault | undefined;
  if (shape.items !== undefined) {
    const isSplit = isRepeated(parameter, shape) || (parameter.style === 'matrix' && parameter.explode);
    const read = readItems(isSplit ? texts : split(texts[0]!, delimiterOf(parameter)), shape.items);
    if (read.fault === undefined) values.push(read.items);
    else fault = read.fault;
  }
  if (shape.properties !== undefined && text !== undefined) {
    const read = readProperties(pairs(text, parameter), shape);
    if ('values' in read) values.push(...read.values);
    else fault = read;
  }
  return values.length > 0 ? { values } : (fault ?? typeFault(shape));
}

/** Reads the properties of a spread parameter, given as name and value by turns. */
export function readProperties(flat: readonly string[], shape: Shape): Readings {
  const object = emptyObject();
  for (let at = 0; at < flat.length; at += 2) {
    const name = flat[at]!;
    const property = shape.properties?.get(name) ?? shape.additional;
    const text = flat[at + 1];
    if (property === undefined)
      return { keyword: 'additionalProperties', message: 'must NOT have other properties' };
    if (text === undefined) return { keyword: 'type', message: 'must be pairs of a name and a value' };
    if (property.items !== undefined) {
      const item = readPrimitive(text, property.items);
      if (item === undefined) return typeFault(property.items);
      const known = object[name];
      if (Array.isArray(known)) known.push(item);
      else object[name] = [item];
      continue;
    }
    if (Object.hasOwn(object, name))
      return { keyword: 'duplicate', message: 'must NOT have a property twice' };
    const value = readPrimitive(text, property);
    if (value === undefined) return typeFault(property);
    object[name] = value;
  }
  return { values: [object] };
}

export function typeFault(shape: Shape): TextFault {
  const types: string[] = [...shape.primitives];
  if (shape.items !== undefined) types.push('array');
  if (shape.properties !== undefined) types.push('object');
  return { keyword: 'type', message: `must be ${types.join(' or ') || 'absent'}` };
}

function readPrimitive(text: string, shape: Shape): Primitive | undefined {
  for (const type of shape.primitives) {
    const value = coerce(text, type, shape.format);
    if (value !== undefined) return value;
  }
  return undefined;
}

function readItems(
  texts: readonly string[],
  shape: Shape,
): { readonly items: readonly Primitive[]; readonly fault: TextFault | undefined } {
  const items: Primitive[] = [];
  for (const text of texts) {
    const item = readPrimitive(text, shape);
    if (item === undefined) {
      const { keyword, message } = typeFault(shape);
      return { items, fault: { keyword, message: `each item ${message}` } };
    }
    items.push(item);
  }
  return { items, fault: undefined };
}

function delimiterOf({ style, explode }: ParameterDefinition): string {
  switch (style) {
    case 'spaceDelimited':
      return ' ';
    case 'pipeDelimited':
      return '|';
    case 'label':
      return explode ? '.' : ',';
    case 'matrix':
      return explode ? ';' : ',';
    default:
      return ',';
  }
}

/** Without what says the style in a path, which has one text for a parameter; undefined where that is not there. */
function unwrapped(
  parameter: ParameterDefinition,
  shape: Shape,
  given: readonly string[],
): readonly string[] | undefined {
  const text = given[0]!;
  switch (parameter.style) {
    // RFC 6570 section 3.2.5.
    case 'label':
      return text.startsWith('.') ? [text.slice(1)] : undefined;
    case 'matrix':
      return text.startsWith(';') ? unwrappedMatrix(parameter, shape, text.slice(1)) : undefined;
    default:
      return given;
  }
}

/** RFC 6570 section 3.2.7: `;name=1,2`, and with explode `;name=1;name=2` for an array and `;a=1;b=2` for an object. */
function unwrappedMatrix(
  { name, explode }: ParameterDefinition,
  shape: Shape,
  text: string,
): readonly string[] | undefined {
  const pieces = explode ? text.split(';') : [text];
  const values = pieces.map((piece) => {
    if (piece === name) return '';
    return piece.startsWith(`${name}=`) ? piece.slice(name.length + 1) : undefined;
  });
  if (values.every((value) => value !== undefined)) return values;
  return explode && shape.properties !== undefined ? [text] : undefined;
}

function styleFault({ style, name }: ParameterDefinition): TextFault {
  const message = style === 'label' ? 'must begin with a dot' : `must be written as ;${name}=`;
  return { keyword: 'style', message };
}

/** An empty text is an array without items: there is no other way to write one. */
function split(text: string, delimiter: string): string[] {
  return text === '' ? [] : text.split(delimiter);
}

/** `a,1,b,2`, or with explode `a=1,b=2`, as one flat list. */
function pairs(text: string, parameter: ParameterDefinition): string[] {
  const pieces = split(text, delimiterOf(parameter));
  if (!parameter.explode) return pieces;
  return pieces.flatMap((piece) => {
    const equals = piece.indexOf('=');
    return equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)];
  });
}
