import fc from 'fast-check';
import type { Texts } from './parameters.ts';
import { isMeant } from './readings.ts';
import { arrays, type Dialect, everything, type JsonSchema, type Model, scalars } from './schemas.ts';
import { independent } from './verdicts.ts';

/** A property of an object, and how it stands in XML (OpenAPI 3.1 section 4.8.26, XML Object). */
export interface Member {
  readonly property: string;
  /** Of the element or attribute, of the wrapper, or of each item without one. */
  readonly name: string;
  readonly place: 'element' | 'attribute' | 'list' | 'wrapped';
  /** Of the items in a wrapper. */
  readonly itemName: string;
  readonly required: boolean;
  readonly written: JsonSchema;
  readonly texts: Texts;
  readonly isGood: (texts: Texts) => boolean;
}

export interface XmlDocument {
  readonly root: string;
  readonly namespace: string | undefined;
  readonly members: readonly Member[];
}

export function documents(dialect: Dialect): fc.Arbitrary<XmlDocument> {
  return fc.record({
    root: fc.constantFrom('order', 'Bestellung-\u00e9'),
    namespace: fc.constantFrom(undefined, 'urn:shop'),
    members: fc.tuple(...['id', 'name', 'tags', 'x-y'].map((property) => member(dialect, property))),
  });
}

function member(dialect: Dialect, property: string): fc.Arbitrary<Member> {
  const scalar = scalars(dialect, everything);
  const single = fc.constantFrom('element' as const, 'attribute' as const);
  const many = fc.constantFrom('list' as const, 'wrapped' as const);
  return fc
    .oneof(fc.record({ place: single, model: scalar }), fc.record({ place: many, model: arrays(scalar, 1) }))
    .chain(({ place, model }) =>
      fc
        .record({
          value: model.value,
          name: fc.constantFrom(property, `${property}-of-xml`),
          required: fc.boolean(),
        })

        .map(({ value, name, required }) =>
          memberOf(property, name, place, required, model, value, dialect === '3.2.0' && required),
        ),
    );
}

function memberOf(
  property: string,
  name: string,
  place: Member['place'],
  required: boolean,
  model: Model,
  value: unknown,
  isTyped: boolean,
): Member {
  const isGood = independent(model.meant);
  // OpenAPI 3.2 has one word for what the flags say.
  const isAttribute = isTyped ? { nodeType: 'attribute' } : { attribute: true };
  const isWrapper = isTyped ? { nodeType: 'element' } : { wrapped: true };
  const isList = place === 'list' || place === 'wrapped';
  const written = model.written as { items?: object };
  const renamed = name !== property && { name };
  const itemName = place === 'wrapped' ? `${property}-item` : name;
  return {
    property,
    name,
    place,
    itemName,
    required,
    written:
      place === 'list'
        ? // Without a wrapper the name is that of the items.
          { ...written, items: { ...written.items, ...(renamed && { xml: renamed }) } }
        : place === 'wrapped'
          ? {
              ...written,
              items: { ...written.items, xml: { name: itemName } },
              xml: { ...isWrapper, ...renamed },
            }
          : { ...written, xml: { ...renamed, ...(place === 'attribute' && isAttribute) } },
    texts: isList
      ? { kind: 'array', items: (value as unknown[]).map(String) }
      : { kind: 'scalar', text: String(value) },
    isGood: (texts) => isMeant({ model, allowEmptyValue: false }, texts, isGood),
  };
}

export function schemaOf({ root, namespace, members }: XmlDocument): JsonSchema {
  const required = members.filter((each) => each.required).map(({ property }) => property);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(({ property, written }) => [property, written])),
    ...(required.length > 0 && { required }),
    xml: { name: root, ...(namespace !== undefined && { namespace }) },
  };
}

/** What is written otherwise than it should be. */
export interface Frame {
  readonly before?: string;
  readonly root?: string;
  readonly namespace?: string | undefined;
  readonly attributes?: string;
  readonly inner?: string;
  readonly behind?: string;
}

export function written({ root, namespace, members }: XmlDocument, frame: Frame = {}): string {
  const name = frame.root ?? root;
  const space = 'namespace' in frame ? frame.namespace : namespace;
  const attributes = members.flatMap(({ place, name: own, texts }) =>
    place === 'attribute' && texts.kind === 'scalar' ? [` ${own}="${escaped(texts.text)}"`] : [],
  );
  const elements = members.filter(({ place }) => place !== 'attribute').map(elementOf);
  const head = `${name}${space === undefined ? '' : ` xmlns="${space}"`}${attributes.join('')}${frame.attributes ?? ''}`;
  return `${frame.before ?? ''}<${head}>${elements.join('\n')}${frame.inner ?? ''}</${name}>${frame.behind ?? ''}`;
}

function elementOf({ place, name, itemName, texts }: Member): string {
  if (texts.kind === 'scalar') return element(name, texts.text);
  const items = texts.kind === 'array' ? texts.items.map((text) => element(itemName, text)) : [];
  return place === 'wrapped' ? `<${name}>${items.join('')}</${name}>` : items.join('');
}

export function element(name: string, text: string): string {
  return `<${name}>${escaped(text)}</${name}>`;
}

/** Line ends as references, as those of attributes are blanks to a parser (XML 1.0 section 3.3.3). */
function escaped(text: string): string {
  return text.replace(/[&<>"\n]/g, (character) => `&#${character.codePointAt(0)};`);
}
