import { escapePointer } from '../http/json-pointer.ts';
import { parseXml, type XmlElement, type XmlName, type XmlSpan } from '../http/xml.ts';
import { xmlReasons } from '../http/xml-reasons.ts';
import { coerce } from './coercion.ts';
import type { Schema, SharedDefinition } from './definition.ts';
import { emptyObject, isJsonObject, type JsonObject } from './json-value.ts';
import type { Beside, Reading } from './reading.ts';
import { constituents, type Shape, shapeOfSchema } from './schema-shape.ts';
import { typeFault } from './serialization.ts';
import type { FieldPath } from './unknown-fields.ts';
import { shortened, type ValidationError } from './validation-error.ts';
import { xmlWithout } from './xml-cuts.ts';

/** How a property stands in XML (OpenAPI 3.1 section 4.8.26, XML Object). */
interface XmlRule {
  readonly property: string;
  readonly isAttribute: boolean;
  /** Undefined where any will do. */
  readonly namespace: string | undefined;
  /** An array of which each item is an element of this name, or of the wrapper's. */
  readonly items:
    | { readonly name: string; readonly namespace: string | undefined; readonly isWrapped: boolean }
    | undefined;
  readonly value: XmlShape;
}

/** A schema as XML: text, or elements and attributes by name. */
interface XmlShape {
  readonly shape: Shape;
  readonly isObject: boolean;
  /** Of elements, by local name. */
  readonly elements: ReadonlyMap<string, XmlRule>;
  readonly attributes: ReadonlyMap<string, XmlRule>;
  /** Names of properties that stand under another name: an element with such a name is not they. */
  readonly hidden: ReadonlySet<string>;
  readonly items: XmlShape | undefined;
  /** Of elements and attributes that it does not name; undefined where it says nothing of them. */
  readonly additional: XmlShape | undefined;
}

interface XmlObject {
  readonly name?: string;
  readonly namespace?: string;
  readonly attribute?: boolean;
  readonly wrapped?: boolean;
}

const instanceNamespace = 'http://www.w3.org/2001/XMLSchema-instance';
const maximumDepth = 12;

/** Bodies in XML, read into the value that their schema judges. */
export class XmlReader {
  readonly #shape: XmlShape;
  readonly #root: XmlObject;
  readonly #strips: boolean;

  /** @param strips whether `without` will be asked for */
  constructor(schema: Schema, shared: SharedDefinition, strips: boolean) {
    this.#strips = strips;
    this.#root = xmlOf(schema, shared);
    this.#shape = xmlShape(schema, shared, new Map(), 0);
  }

  read(bytes: Buffer, maxErrors: number): Reading {
    const root = parseXml(bytes);
    if ('kind' in root)
      return { errors: [{ in: 'body', pointer: '', keyword: 'syntax', message: xmlReasons[root.reason] }] };
    const errors: ValidationError[] = [];
    const reader = new ElementReader(errors, maxErrors, this.#strips);
    const { name, namespace } = this.#root;
    if (name !== undefined && root.name.local !== name) reader.fault('', 'xml', `must be an element ${name}`);
    else if (namespace !== undefined && root.name.namespace !== namespace)
      reader.fault('', 'xml', `must be in the namespace ${namespace}`);
    const value = reader.value(root, this.#shape, '', 0);
    if (errors.length > 0) return { errors };
    const { beside, places } = reader;
    if (places === undefined) return beside.length === 0 ? { value } : { value, beside };
    return {
      value,
      beside,
      without(fields) {
        const found = spansOf(value, fields, places);
        return found && xmlWithout(bytes, [...beside.map(({ span }) => span), ...found]);
      },
    };
  }
}

/** An element or attribute that the schema has no place for. */
interface Extra extends Beside {
  readonly span: XmlSpan;
}

type Written = XmlSpan & { readonly name: XmlName };
type Places = ReadonlyMap<JsonObject, ReadonlyMap<string, readonly XmlSpan[]>>;

class ElementReader {
  readonly beside: Extra[] = [];
  /** Where each member of an object was written; undefined where nobody asks. */
  readonly places: Map<JsonObject, Map<string, XmlSpan[]>> | undefined;
  readonly #errors: ValidationError[];
  readonly #most: number;

  constructor(errors: ValidationError[], most: number, keepsPlaces: boolean) {
    this.#errors = errors;
    this.#most = most;
    this.places = keepsPlaces ? new Map() : undefined;
  }

  fault(pointer: string, keyword: string, message: string): void {
    if (this.#errors.length < this.#most)
      this.#errors.push({ in: 'body', pointer: shortened(pointer), keyword, message });
  }

  value(element: XmlElement, xml: XmlShape, pointer: string, depth: number): unknown {
    if (isNil(element)) return null;
    if (xml.isObject) return this.#object(element, xml, pointer, depth);
    if (xml.shape.items !== undefined && xml.items !== undefined) {
      // An array that is the body itself, or an item of another: its elements, whatever they are called.
      return element.children.map((child, index) =>
        this.value(child, xml.items!, `${pointer}/${index}`, depth + 1),
      );
    }
    for (const attribute of element.attributes) this.#unknown(pointer, attribute, false);
    if (element.children.length > 0) {
      this.fault(pointer, 'type', 'must have text only');
      return undefined;
    }
    return this.#text(element.text, xml.shape, pointer);
  }

  #object(element: XmlElement, xml: XmlShape, pointer: string, depth: number): JsonObject {
    const object = emptyObject();
    if (/[^ \t\r\n]/.test(element.text)) this.fault(pointer, 'type', 'must have elements only');
    for (const attribute of element.attributes) {
      const { name, value } = attribute;
      if (name.namespace === instanceNamespace) continue;
      const rule = xml.attributes.get(name.local);
      if (rule === undefined || name.namespace !== (rule.namespace ?? '')) {
        const additional = xml.additional?.shape;
        const read =
          additional === undefined
            ? value
            : this.#text(value, additional, `${pointer}/${escapePointer(name.local)}`);
        this.#addUnknown(object, xml, attribute, read, pointer);
        continue;
      }
      const own = `${pointer}/${escapePointer(rule.property)}`;
      object[rule.property] = this.#text(value, rule.value.shape, own);
      this.#note(object, rule.property, attribute);
    }
    for (const child of element.children) {
      const rule = xml.elements.get(child.name.local);
      if (rule === undefined || !isIn(child.name, rule, element.name)) {
        const own = `${pointer}/${escapePointer(child.name.local)}`;
        const value =
          xml.additional === undefined ? plain(child) : this.value(child, xml.additional, own, depth + 1);
        this.#addUnknown(object, xml, child, value, pointer);
        continue;
      }
      this.#addProperty(object, rule, child, `${pointer}/${escapePointer(rule.property)}`, depth);
      this.#note(object, rule.property, child);
    }
    // An array without items is written as nothing at all.
    return object;
  }

  #addProperty(object: JsonObject, rule: XmlRule, child: XmlElement, pointer: string, depth: number): void {
    const known = object[rule.property];
    if (rule.items === undefined) {
      if (known !== undefined || Object.hasOwn(object, rule.property))
        return this.fault(pointer, 'duplicate', 'must occur once only');
      object[rule.property] = this.value(child, rule.value, pointer, depth + 1);
      return;
    }
    if (!rule.items.isWrapped) {
      const items = Array.isArray(known) ? (known as unknown[]) : [];
      if (items !== known) object[rule.property] = items;
      items.push(this.value(child, rule.value, `${pointer}/${items.length}`, depth + 1));
      return;
    }
    if (known !== undefined) return this.fault(pointer, 'duplicate', 'must occur once only');
    const { name, namespace } = rule.items;
    for (const each of child.attributes) this.#unknown(pointer, each, false);
    if (/[^ \t\r\n]/.test(child.text)) this.fault(pointer, 'type', 'must have elements only');
    object[rule.property] = child.children.map((item, index) => {
      if (item.name.local !== name || !isIn(item.name, { namespace }, child.name))
        this.fault(`${pointer}/${index}`, 'xml', `must be an element ${name}`);
      return this.value(item, rule.value, `${pointer}/${index}`, depth + 1);
    });
  }

  /** As a member of its own name, for the schema and the rule about unknown fields; unless that is another's. */
  #addUnknown(object: JsonObject, xml: XmlShape, written: Written, value: unknown, pointer: string): void {
    const { local } = written.name;
    const isOther = xml.hidden.has(local) || xml.elements.has(local) || xml.attributes.has(local);
    if (isOther || Object.hasOwn(object, local)) return this.#unknown(pointer, written, isOther);
    object[local] = value;
    this.#note(object, local, written);
  }

  #note(object: JsonObject, property: string, span: XmlSpan): void {
    if (this.places === undefined) return;
    const members = this.places.get(object) ?? new Map<string, XmlSpan[]>();
    this.places.set(object, members);
    const spans = members.get(property);
    if (spans === undefined) members.set(property, [span]);
    else spans.push(span);
  }

  /** @param isMistakable whether it has the name of something that is defined, for whoever does not look at namespaces */
  #unknown(pointer: string, written: Written, isMistakable: boolean): void {
    const { name } = written;
    if (name.namespace !== instanceNamespace)
      this.beside.push({ pointer: `${pointer}/${escapePointer(name.local)}`, isMistakable, span: written });
  }

  #text(text: string, shape: Shape, pointer: string): unknown {
    for (const type of shape.primitives) {
      // null is written with xsi:nil.
      const value = type === 'null' ? undefined : coerce(text, type, shape.format);
      if (value !== undefined) return value;
    }
    const { keyword, message } = typeFault(shape);
    this.fault(pointer, keyword, message);
    return undefined;
  }
}

/** Where fields were written; undefined where one has no place of its own. */
function spansOf(value: unknown, fields: readonly FieldPath[], places: Places): XmlSpan[] | undefined {
  const spans: XmlSpan[] = [];
  for (const path of fields) {
    let around = value as Readonly<Record<string, unknown>>;
    for (const step of path.slice(0, -1)) around = around[step] as typeof around;
    const own = places.get(around as JsonObject)?.get(String(path.at(-1)));
    if (own === undefined) return undefined;
    spans.push(...own);
  }
  return spans;
}

/** An element that no schema describes: its text, or its attributes and elements by name. */
function plain({ attributes, children, text }: XmlElement): unknown {
  if (attributes.length + children.length === 0) return text;
  const object = emptyObject();
  const add = (name: string, value: unknown): void => {
    const known = object[name];
    if (known === undefined) object[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else object[name] = [known, value];
  };
  for (const { name, value } of attributes) add(name.local, value);
  for (const child of children) add(child.name.local, plain(child));
  return object;
}

function isNil({ attributes, children, text }: XmlElement): boolean {
  const nil = attributes.some(
    ({ name, value }) => name.local === 'nil' && name.namespace === instanceNamespace && value === 'true',
  );
  return nil && attributes.length === 1 && children.length === 0 && text === '';
}

/** In the namespace that is stated; where none is, in none or in that of the element around it. */
function isIn(name: XmlName, { namespace }: Pick<XmlRule, 'namespace'>, around: XmlName): boolean {
  if (namespace !== undefined) return name.namespace === namespace;
  return name.namespace === '' || name.namespace === around.namespace;
}

/** @param seen recursive schemas are recursive shapes */
function xmlShape(
  schema: Schema,
  shared: SharedDefinition,
  seen: Map<Schema, XmlShape>,
  depth: number,
): XmlShape {
  const known = seen.get(schema);
  if (known !== undefined) return known;
  const shape = shapeOfSchema(schema, shared);
  const elements = new Map<string, XmlRule>();
  const attributes = new Map<string, XmlRule>();
  const hidden = new Set<string>();
  const xml: { -readonly [K in keyof XmlShape]: XmlShape[K] } = {
    shape,
    isObject: shape.properties !== undefined && shape.items === undefined,
    elements,
    attributes,
    hidden,
    items: undefined,
    additional: undefined,
  };
  if (isJsonObject(schema)) seen.set(schema, xml);
  const parts = isJsonObject(schema) ? [...constituents(schema, shared, 0)] : [];
  if (shape.items !== undefined && depth < maximumDepth) {
    const items = parts.find((part) => part.items !== undefined)?.items as Schema | undefined;
    if (items !== undefined) xml.items = xmlShape(items, shared, seen, depth + 1);
  }
  if (shape.additional !== undefined && depth < maximumDepth) {
    const others = parts.find((part) => part.additionalProperties !== undefined)?.additionalProperties;
    if (isJsonObject(others)) xml.additional = xmlShape(others, shared, seen, depth + 1);
  }
  for (const part of parts) {
    if (!isJsonObject(part.properties)) continue;
    for (const [property, value] of Object.entries(part.properties as Record<string, Schema>)) {
      const rule = ruleOf(property, value, shared, seen, depth);
      const { name, isAttribute } = rule;
      (isAttribute ? attributes : elements).set(name, rule);
      if (name !== property) hidden.add(property);
    }
  }
  return xml;
}

function ruleOf(
  property: string,
  schema: Schema,
  shared: SharedDefinition,
  seen: Map<Schema, XmlShape>,
  depth: number,
): XmlRule & { readonly name: string } {
  const own = xmlOf(schema, shared);
  const list = isJsonObject(schema)
    ? [...constituents(schema, shared, 0)].find((part) => part.items !== undefined)
    : undefined;
  if (list === undefined) {
    return {
      name: own.name ?? property,
      property,
      isAttribute: own.attribute === true,
      namespace: own.namespace,
      items: undefined,
      value: xmlShape(schema, shared, seen, depth + 1),
    };
  }
  const items = list.items as Schema;
  const item = xmlOf(items, shared);
  const isWrapped = own.wrapped === true;
  const outer = own.name ?? property;
  const inner = item.name ?? (isWrapped ? outer : property);
  return {
    // Without a wrapper the name of the array itself is not used.
    name: isWrapped ? outer : inner,
    property,
    isAttribute: false,
    namespace: isWrapped ? own.namespace : item.namespace,
    items: { name: inner, namespace: item.namespace, isWrapped },
    value: xmlShape(items, shared, seen, depth + 1),
  };
}

/** What a schema, or one that it is made of, says about XML; OpenAPI 3.2 has `nodeType` for the two flags. */
function xmlOf(schema: Schema, shared: SharedDefinition): XmlObject {
  if (!isJsonObject(schema)) return {};
  for (const { xml } of constituents(schema, shared, 0)) {
    if (!isJsonObject(xml)) continue;
    return {
      ...(typeof xml.name === 'string' && { name: xml.name }),
      ...(typeof xml.namespace === 'string' && { namespace: xml.namespace }),
      ...((xml.attribute === true || xml.nodeType === 'attribute') && { attribute: true }),
      ...((xml.wrapped === true || xml.nodeType === 'element') && { wrapped: true }),
    };
  }
  return {};
}
