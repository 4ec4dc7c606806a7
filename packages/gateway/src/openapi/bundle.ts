import { escapePointer, unescapePointer } from '../http/json-pointer.ts';
import { consumedTypes, serverMistakes } from './content-mistakes.ts';
import type { DefinitionFaults, Effect } from './definition-faults.ts';
import {
  type Discriminator,
  readDiscriminator,
  statedValues,
  type WrittenDiscriminator,
} from './discriminator.ts';
import { DanglingReference, DefinitionError, type DefinitionFiles } from './files.ts';
import { componentFields, documentFields } from './fixed-fields.ts';
import { emptyObject, isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { besideReference, hasShape, misspeltAmong, objectMistakes, twiceIn } from './object-mistakes.ts';
import { below, markPlace } from './places.ts';
import { References } from './references.ts';
import type { ReportBelow } from './schema-mistakes.ts';
import type { Place } from './schema-resources.ts';
import { type Kind, sanitizeMark, structures } from './structure.ts';

const maximumDepth = 400;
const maximumNodes = 2_000_000;

/**
 * Copies what a definition says about requests and replies into one document of the same version, in which every `$ref` is
 * one to a named schema of the document itself. Other references (path items, parameters, bodies) are replaced by
 * what they name, because those cannot contain themselves. Only what an operation can reach is looked at.
 * @param faults gets what is wrong with it and does not keep the rest from being served
 * @throws DefinitionError for a file that cannot be read, and for more than there may be
 */
export function bundle(files: DefinitionFiles, faults: DefinitionFaults): JsonObject {
  return new Bundler(files, faults).bundle();
}

/** What is looked at once more as a whole. No more, as the upgrade of older versions takes its time for each. */
const marked: ReadonlySet<Kind> = new Set(['operation', 'parameter', 'securityScheme']);

class Bundler {
  readonly #files: DefinitionFiles;
  readonly #document: JsonObject;
  readonly #swagger: boolean;
  /** `$ref` siblings count since 3.1 only (OpenAPI 3.0.3, Reference Object). */
  readonly #siblings: boolean;
  readonly #schemasPointer: string;
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #waiting: { readonly name: string; readonly value: unknown; readonly place: Place }[] = [];
  readonly #references: References;
  /** Of the document itself, by name. */
  readonly #components: JsonObject;
  #extensions: ReadonlyMap<string, readonly Place[]> | undefined = undefined;
  readonly #choices = emptyObject();
  readonly #faults: DefinitionFaults;
  /** Responses, which are gone through when all that requests need is there. */
  readonly #responses: (() => void)[] = [];
  #lenient = false;
  #nodes = 0;

  constructor(files: DefinitionFiles, faults: DefinitionFaults) {
    this.#files = files;
    this.#faults = faults;
    const document = files.read(files.root);
    if (!isJsonObject(document))
      throw this.#error({ file: files.root, pointer: '' }, 'This is no OpenAPI document.');
    this.#document = document;
    this.#swagger = 'swagger' in document;
    this.#siblings = !this.#swagger && !String(document.openapi).startsWith('3.0');
    this.#schemasPointer = this.#swagger ? '/definitions' : '/components/schemas';
    this.#references = new References(files);
    const holder = this.#swagger ? document : objectOrEmpty(document.components);
    this.#components = objectOrEmpty(this.#swagger ? holder.definitions : holder.schemas);
  }

  bundle(): JsonObject {
    const source = this.#document;
    this.#lookAtRoot();
    const result: JsonObject = {};
    for (const key of [
      'swagger',
      'openapi',
      'security',
      'servers',
      'host',
      'basePath',
      'schemes',
      'consumes',
      'produces',
    ]) {
      if (source[key] !== undefined) result[key] = source[key];
    }
    const info = isJsonObject(source.info) ? source.info : {};
    result.info = { title: info.title, version: info.version };
    if (source.paths !== undefined && !isJsonObject(source.paths))
      this.#faults.add(this.#rootPlace('/paths'), 'ignored', '"paths" is not an object.');
    result.paths = this.#map('pathItem', source.paths, this.#rootPlace('/paths'), 0);
    const components = isJsonObject(source.components) ? source.components : {};
    const schemes = this.#map(
      'securityScheme',
      this.#swagger ? source.securityDefinitions : components.securitySchemes,
      this.#rootPlace(this.#swagger ? '/securityDefinitions' : '/components/securitySchemes'),
      0,
    );
    const schemas = emptyObject();
    this.#walkSchemas(schemas);
    this.#lenient = true;
    for (const walk of this.#responses) walk();
    this.#walkSchemas(schemas);
    Object.assign(schemas, this.#choices);
    if (this.#swagger) return { ...result, definitions: schemas, securityDefinitions: schemes };
    return { ...result, components: { schemas, securitySchemes: schemes } };
  }

  #lookAtRoot(): void {
    misspeltAmong(documentFields, this.#document, this.#reporter(this.#rootPlace('')));
    consumedTypes(this.#document, this.#reporter(this.#rootPlace('')));
    serverMistakes(this.#document.servers, this.#reporter(this.#rootPlace('/servers')));
    if (!isJsonObject(this.#document.components)) return;
    misspeltAmong(componentFields, this.#document.components, this.#reporter(this.#rootPlace('/components')));
  }

  #walkSchemas(schemas: JsonObject): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      schemas[next.name] = this.#walk('schema', next.value, next.place, 0);
    }
  }

  #rootPlace(pointer: string): Place {
    return { file: this.#files.root, pointer };
  }

  #error(place: Place, message: string): DefinitionError {
    return new DefinitionError(this.#files.shown(place.file), place.pointer, message);
  }

  /** Tells of a reference that leads nowhere. */
  #reportDangling(error: DanglingReference, effect: Effect): void {
    this.#faults.addShown(error.file, error.place, effect, error.reason);
  }

  /** For what is wrong with an object, and with the keys in it. */
  #reporter({ file, pointer }: Place): ReportBelow {
    return (below, effect, message) => this.#faults.add({ file, pointer: pointer + below }, effect, message);
  }

  #map(kind: Kind, value: unknown, place: Place, depth: number): unknown {
    if (!isJsonObject(value)) return {};
    const copy = emptyObject();
    for (const [name, item] of Object.entries(value)) {
      // Extensions stand between the paths; a property or media type may well be called x-something.
      if ((kind === 'pathItem' || kind === 'response') && name.startsWith('x-')) continue;
      if (kind === 'response' && !this.#lenient) {
        copy[name] = {};
        this.#responses.push(() => {
          copy[name] = this.#walk(kind, item, below(place, name), depth + 1);
        });
        continue;
      }
      const made = (): unknown => this.#walk(kind, item, below(place, name), depth + 1);
      const kept = kind === 'pathItem' || kind === 'operation' ? this.#servable(kind, made) : made();
      if (kept !== undefined) copy[name] = kept;
    }
    return copy;
  }

  #walk(kind: Kind, value: unknown, place: Place, depth: number): unknown {
    if (depth > maximumDepth)
      throw this.#error(place, 'The definition is nested too deeply, or contains itself.');
    if (++this.#nodes > maximumNodes)
      throw this.#error(place, 'The definition is too large once references are followed.');
    if (Array.isArray(value)) {
      return value
        .map((item, index) => this.#walk(kind, item, below(place, String(index)), depth + 1))
        .filter((item) => item !== undefined);
    }
    if (!isJsonObject(value)) {
      this.#reportNoObject(kind, value, place);
      return kind === 'schema' ? value : undefined;
    }
    const reference = value.$ref ?? value.$dynamicRef;
    if (typeof reference === 'string') {
      if (value.$ref === undefined) this.#reportDynamic(reference, place);
      try {
        return this.#follow(kind, value, reference, place, depth);
      } catch (error) {
        if (!this.#lenient) return this.#withoutTarget(kind, error);
        if (!(error instanceof DefinitionError)) throw error;
        if (error instanceof DanglingReference) this.#reportDangling(error, 'reply-not-judged');
        else this.#faults.add(place, 'reply-not-judged', error.message);
        return {};
      }
    }
    return this.#copy(kind, value, place, depth);
  }

  #reportNoObject(kind: Kind, value: unknown, place: Place): void {
    if (kind !== 'schema') {
      const effect = kind === 'operation' ? 'operation-not-served' : 'ignored';
      this.#faults.add(place, effect, `${value === null ? 'Nothing' : 'No object'} stands there.`);
    } else if (typeof value !== 'boolean')
      this.#faults.add(place, 'any-value', 'A schema is either an object or true or false.');
  }

  /** Where a schema is meant that there is not, nothing is good; what else is meant is missed further up. */
  #withoutTarget(kind: Kind, error: unknown): JsonObject {
    if (!(error instanceof DanglingReference) || kind !== 'schema') throw error;
    this.#reportDangling(error, 'no-value');
    return { not: {} };
  }

  /** An operation, or path, that cannot be had whole is not served: without a parameter it would let too much pass. */
  #servable(kind: Kind, make: () => unknown): unknown {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof DanglingReference) || this.#lenient) throw error;
      this.#reportDangling(error, kind === 'operation' ? 'operation-not-served' : 'path-not-served');
      return undefined;
    }
  }

  /** JSON Schema 2020-12 section 8.2.3.2: it may mean the anchor of whichever schema led here. */
  #reportDynamic(reference: string, place: Place): void {
    const message = `The $dynamicRef "${reference}" may mean another schema, depending on what led to it.`;
    this.#faults.add(below(place, '$dynamicRef'), 'as-reference', message);
  }

  #follow(kind: Kind, value: JsonObject, reference: string, place: Place, depth: number): unknown {
    const target = this.#references.target(reference, below(place, '$ref'));
    const { $ref: _reference, $dynamicRef: _dynamic, ...siblings } = value;
    if (kind === 'schema') {
      const $ref = `#${this.#schemasPointer}/${this.#nameFor(target, place)}`;
      if (this.#siblings) return { ...this.#copy(kind, siblings, place, depth), $ref };
      besideReference(siblings, this.#reporter(place));
      // Ignored by the letter of 3.0, but this one is what people had to write for "or null".
      const nullable = value.nullable ?? value['x-nullable'];
      const mark = value[sanitizeMark];
      // Whoever wrote the mark there meant it; ignoring it would let through what was to be cleaned.
      return {
        ...(nullable !== undefined && { nullable }),
        ...(mark !== undefined && { [sanitizeMark]: mark }),
        $ref,
      };
    }
    const copy = this.#walk(kind, this.#references.value(target), target, depth + 1);
    if (kind !== 'pathItem' || !isJsonObject(copy)) return copy;
    return { ...copy, ...this.#copy(kind, siblings, place, depth) };
  }

  #copy(kind: Kind, value: JsonObject, place: Place, depth: number): JsonObject {
    objectMistakes(kind, value, this.#swagger, this.#reporter(place));
    const { children, kept, dropped } = structures[kind];
    const copy = emptyObject();
    for (const key of Object.keys(children)) {
      const item = value[key];
      if (item === undefined || !Object.hasOwn(value, key) || !hasShape(kind, key, item)) continue;
      const [how, child] = children[key]!;
      const at = below(place, key);
      const made = (): unknown =>
        how === 'map' ? this.#map(child, item, at, depth + 1) : this.#walk(child, item, at, depth + 1);
      const kept = how === 'direct' && child === 'operation' ? this.#servable(child, made) : made();
      if (kept !== undefined) copy[key] = kept;
    }
    for (const [key, item] of Object.entries(value)) {
      if (Object.hasOwn(children, key) || dropped?.has(key) || (kept !== undefined && !kept.has(key)))
        continue;
      if (key.startsWith('x-') && key !== 'x-nullable' && key !== sanitizeMark) continue;
      copy[key] = item;
    }
    twiceIn(copy.parameters, this.#reporter(below(place, 'parameters')));
    if (kind === 'schema') {
      if (value.discriminator !== undefined) this.#readDiscriminator(value, copy, place);
    } else if (marked.has(kind)) markPlace(copy, place);
    return copy;
  }

  /** Puts in what it amounts to, with the schemas by their names here; nothing where it does not name all. */
  #readDiscriminator(value: JsonObject, copy: JsonObject, place: Place): void {
    delete copy.discriminator;
    const written = readDiscriminator(value.discriminator);
    const list = value.oneOf ?? value.anyOf;
    if (written === undefined) return;
    if (!Array.isArray(list)) {
      // Of a base type without subtypes nobody knows who extends it.
      if (this.#subtypes(place).length === 0) copy.discriminator = { propertyName: written.propertyName };
      return;
    }
    if (!list.every((each) => isJsonObject(each) && typeof each.$ref === 'string')) {
      const message = 'Not all that it chooses among are references, whose names the values would be.';
      this.#faults.add(below(place, 'discriminator'), 'keyword-ignored', message);
      return;
    }
    const targets = (list as { $ref: string }[]).flatMap(
      ({ $ref }) => this.#found(() => this.#references.target($ref, place)) ?? [],
    );
    copy.discriminator = this.#discriminator(written, targets, place);
  }

  /** Undefined for a reference that leads nowhere. */
  #found(target: () => Place): Place | undefined {
    try {
      return target();
    } catch (error) {
      if (!(error instanceof DanglingReference)) throw error;
      return undefined;
    }
  }

  #discriminator(
    { propertyName, mapping: written, otherwise }: WrittenDiscriminator,
    targets: readonly Place[],
    place: Place,
  ): Discriminator {
    const mapping = emptyObject() as Record<string, string>;
    const named = new Set<string>();
    for (const [value, reference] of Object.entries(written)) {
      const at = ['discriminator', 'mapping', value].reduce(below, place);
      const target = this.#found(() => this.#mapped(reference, at));
      if (target === undefined) {
        const message = `"${value}" is mapped to "${String(reference)}", which does not lead to anything.`;
        this.#faults.add(at, 'value-refused', message);
        continue;
      }
      mapping[value] = this.#nameOf(target);
      named.add(keyOf(target));
    }
    for (const target of targets) {
      if (named.has(keyOf(target))) continue;
      const stated = statedValues(this.#references.value(target), propertyName);
      const isBase =
        isJsonObject(this.#references.value(target)) &&
        (this.#references.value(target) as JsonObject).discriminator !== undefined;
      const own = target.pointer.slice(target.pointer.lastIndexOf('/') + 1);
      for (const value of stated.length === 0 || isBase ? [unescapePointer(own)] : stated)
        mapping[value] ??= this.#nameOf(target);
    }
    const fallback = otherwise === undefined ? undefined : this.#found(() => this.#mapped(otherwise, place));
    if (otherwise !== undefined && fallback === undefined) {
      const message = `"${otherwise}" is the default mapping, and does not lead to anything.`;
      this.#faults.add(['discriminator', 'defaultMapping'].reduce(below, place), 'value-refused', message);
    }
    return { propertyName, mapping, ...(fallback && { otherwise: this.#nameOf(fallback) }) };
  }

  /** A name of a schema, or a reference. */
  #mapped(reference: unknown, place: Place): Place {
    const text = String(reference);
    const pointer = `${this.#schemasPointer}/${escapePointer(text)}`;
    const isName = /^[A-Za-z0-9._-]+$/.test(text) && this.#components[text] !== undefined;
    return this.#references.target(
      isName ? `#${encodeURI(pointer)}` : text,
      isName ? this.#rootPlace('') : place,
    );
  }

  /**
   * Whoever refers to a base type means the subtype that its discriminator says; a subtype, which refers to it in
   * `allOf`, means the base alone.
   */
  #nameFor(target: Place, from: Place): string {
    const subtypes = /\/allOf\/\d+$/.test(from.pointer) ? [] : this.#subtypes(target);
    if (subtypes.length === 0) return this.#nameOf(target);
    const key = `${keyOf(target)} choice`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#freeName(`${this.#nameOf(target)}_choice`);
    this.#names.set(key, name);
    const written = readDiscriminator((this.#references.value(target) as JsonObject).discriminator)!;
    const discriminator = this.#discriminator(written, [target, ...subtypes], target);
    const { mapping, otherwise = [] } = discriminator;
    const oneOf = [...new Set([...Object.values(mapping), otherwise].flat())].map((each) => ({
      $ref: `#${this.#schemasPointer}/${each}`,
    }));
    this.#choices[name] = { oneOf, discriminator };
    return name;
  }

  /** The schemas of the document that extend a base type with a discriminator, at any distance. */
  #subtypes(base: Place): readonly Place[] {
    const value = this.#references.value(base);
    if (!isJsonObject(value) || value.oneOf !== undefined || value.anyOf !== undefined) return [];
    if (readDiscriminator(value.discriminator) === undefined) return [];
    this.#extensions ??= this.#findExtensions();
    const found = new Map<string, Place>();
    const waiting = [base];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const each of this.#extensions.get(keyOf(next)) ?? []) {
        if (found.has(keyOf(each))) continue;
        found.set(keyOf(each), each);
        waiting.push(each);
      }
    }
    found.delete(keyOf(base));
    return [...found.values()];
  }

  /** Which schemas name each schema in their `allOf`. */
  #findExtensions(): ReadonlyMap<string, readonly Place[]> {
    const extensions = new Map<string, Place[]>();
    for (const [name, schema] of Object.entries(this.#components)) {
      const place = this.#rootPlace(`${this.#schemasPointer}/${escapePointer(name)}`);
      const parts = isJsonObject(schema) && Array.isArray(schema.allOf) ? (schema.allOf as unknown[]) : [];
      for (const part of parts) {
        if (!isJsonObject(part) || typeof part.$ref !== 'string' || !part.$ref.startsWith('#')) continue;
        const base = keyOf(this.#references.target(part.$ref, place));
        const list = extensions.get(base);
        if (list === undefined) extensions.set(base, [place]);
        else list.push(place);
      }
    }
    return extensions;
  }

  /** A name for the schema, a legible one where that is free; safe in a JSON Pointer and in a URI. */
  #nameOf(target: Place): string {
    const key = keyOf(target);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const inComponents =
      target.file === this.#files.root && target.pointer.startsWith(`${this.#schemasPointer}/`);
    const path = inComponents
      ? target.pointer.slice(this.#schemasPointer.length + 1)
      : this.#files.shown(target.file) + target.pointer;
    const base = path.replace(/[^A-Za-z0-9]+/g, '_').slice(-100) || 'schema';
    const name = this.#freeName(base);
    this.#names.set(key, name);
    this.#waiting.push({ name, value: this.#references.value(target), place: target });
    return name;
  }

  #freeName(base: string): string {
    let name = base;
    for (let count = 2; this.#taken.has(name); count++) name = `${base}_${count}`;
    this.#taken.add(name);
    return name;
  }
}

function keyOf({ file, pointer }: Place): string {
  return `${file}#${pointer}`;
}
