import type { DefinitionFault } from './definition.ts';
import { DefinitionError, type DefinitionFiles } from './files.ts';
import { emptyObject, escapePointer, isJsonObject, type JsonObject, unescapePointer } from './json-value.ts';
import { type Place, SchemaResources } from './schema-resources.ts';
import { type Kind, sanitizeMark, structures } from './structure.ts';

const maximumDepth = 400;
const maximumReferences = 64;
const maximumNodes = 2_000_000;

/**
 * Copies what a definition says about requests and replies into one document of the same version, in which every `$ref` is
 * one to a named schema of the document itself. Other references (path items, parameters, bodies) are replaced by
 * what they name, because those cannot contain themselves. Only what an operation can reach is looked at.
 * @param report told of references that lead nowhere and matter to replies only: what they stand for is not judged, and
 *   requests are served all the same
 * @throws DefinitionError for a reference that leads nowhere or out of the folder
 */
export function bundle(files: DefinitionFiles, report: (fault: DefinitionFault) => void): JsonObject {
  return new Bundler(files, report).bundle();
}

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
  readonly #resources = new SchemaResources();
  readonly #report: (fault: DefinitionFault) => void;
  /** Responses, which are gone through when all that requests need is there. */
  readonly #responses: (() => void)[] = [];
  #lenient = false;
  #nodes = 0;

  constructor(files: DefinitionFiles, report: (fault: DefinitionFault) => void) {
    this.#files = files;
    this.#report = report;
    const document = files.read(files.root);
    if (!isJsonObject(document))
      throw this.#error({ file: files.root, pointer: '' }, 'This is no OpenAPI document.');
    this.#document = document;
    this.#swagger = 'swagger' in document;
    this.#siblings = !this.#swagger && !String(document.openapi).startsWith('3.0');
    this.#schemasPointer = this.#swagger ? '/definitions' : '/components/schemas';
    this.#resources.add(files.root, document);
  }

  bundle(): JsonObject {
    const source = this.#document;
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
    if (this.#swagger) return { ...result, definitions: schemas, securityDefinitions: schemes };
    return { ...result, components: { schemas, securitySchemes: schemes } };
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
      } else copy[name] = this.#walk(kind, item, below(place, name), depth + 1);
    }
    return copy;
  }

  #walk(kind: Kind, value: unknown, place: Place, depth: number): unknown {
    if (depth > maximumDepth)
      throw this.#error(place, 'The definition is nested too deeply, or contains itself.');
    if (++this.#nodes > maximumNodes)
      throw this.#error(place, 'The definition is too large once references are followed.');
    if (Array.isArray(value)) {
      return value.map((item, index) => this.#walk(kind, item, below(place, String(index)), depth + 1));
    }
    if (!isJsonObject(value)) return value;
    const reference = value.$ref ?? value.$dynamicRef;
    if (typeof reference === 'string') {
      if (value.$ref === undefined) this.#reportDynamic(reference, place);
      if (!this.#lenient) return this.#follow(kind, value, reference, place, depth);
      try {
        return this.#follow(kind, value, reference, place, depth);
      } catch (error) {
        if (!(error instanceof DefinitionError)) throw error;
        this.#report({ place: `${this.#files.shown(place.file)} ${place.pointer}`, message: error.message });
        return {};
      }
    }
    return this.#copy(kind, value, place, depth);
  }

  /** JSON Schema 2020-12 section 8.2.3.2: it may mean the anchor of whichever schema led here. */
  #reportDynamic(reference: string, place: Place): void {
    this.#report({
      place: `${this.#files.shown(place.file)} at ${place.pointer}`,
      message: `The $dynamicRef "${reference}" is followed as if it were a $ref.`,
    });
  }

  #follow(kind: Kind, value: JsonObject, reference: string, place: Place, depth: number): unknown {
    const target = this.#target(reference, below(place, '$ref'), 0);
    const { $ref: _reference, $dynamicRef: _dynamic, ...siblings } = value;
    if (kind === 'schema') {
      const $ref = `#${this.#schemasPointer}/${this.#nameOf(target)}`;
      if (this.#siblings) return { ...this.#copy(kind, siblings, place, depth), $ref };
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
    const copy = this.#walk(kind, this.#value(target), target, depth + 1);
    if (kind !== 'pathItem' || !isJsonObject(copy)) return copy;
    return { ...copy, ...this.#copy(kind, siblings, place, depth) };
  }

  #copy(kind: Kind, value: JsonObject, place: Place, depth: number): JsonObject {
    const { children, kept, dropped } = structures[kind];
    const copy = emptyObject();
    for (const key of Object.keys(children)) {
      const item = value[key];
      if (item === undefined || !Object.hasOwn(value, key)) continue;
      const [how, child] = children[key]!;
      const at = below(place, key);
      copy[key] =
        how === 'map' ? this.#map(child, item, at, depth + 1) : this.#walk(child, item, at, depth + 1);
    }
    for (const [key, item] of Object.entries(value)) {
      if (Object.hasOwn(children, key) || dropped?.has(key) || (kept !== undefined && !kept.has(key)))
        continue;
      if (key.startsWith('x-') && key !== 'x-nullable' && key !== sanitizeMark) continue;
      copy[key] = item;
    }
    return copy;
  }

  /** A name for the schema, a legible one where that is free; safe in a JSON Pointer and in a URI. */
  #nameOf(target: Place): string {
    const key = `${target.file}#${target.pointer}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const inComponents =
      target.file === this.#files.root && target.pointer.startsWith(`${this.#schemasPointer}/`);
    const path = inComponents
      ? target.pointer.slice(this.#schemasPointer.length + 1)
      : this.#files.shown(target.file) + target.pointer;
    const base = path.replace(/[^A-Za-z0-9]+/g, '_').slice(-100) || 'schema';
    let name = base;
    for (let count = 2; this.#taken.has(name); count++) name = `${base}_${count}`;
    this.#taken.add(name);
    this.#names.set(key, name);
    this.#waiting.push({ name, value: this.#value(target), place: target });
    return name;
  }

  #target(reference: string, from: Place, hops: number): Place {
    if (hops > maximumReferences) throw this.#error(from, `$ref "${reference}" leads in a circle.`);
    const identified = this.#resources.find(reference, from);
    if (identified !== undefined) return this.#settle(identified, reference, from, hops);
    const hash = reference.indexOf('#');
    const name = hash < 0 ? reference : reference.slice(0, hash);
    const url = this.#resources.urlOf(name, from);
    const location = url !== undefined && this.#files.allows(url) ? url : name;
    const file = name === '' ? from.file : this.#files.locate(location, from.file, from.pointer);
    if (name !== '') {
      this.#resources.add(file, this.#files.read(file));
      // It may name an anchor there.
      const inside = this.#resources.find(`#${reference.slice(hash + 1)}`, { file, pointer: '' });
      if (hash >= 0 && inside !== undefined) return this.#settle(inside, reference, from, hops);
    }
    const pointer = hash < 0 ? '' : decoded(reference.slice(hash + 1));
    if (pointer === undefined || (pointer !== '' && !pointer.startsWith('/')))
      throw this.#error(from, `$ref "${reference}" does not lead to anything.`);
    return this.#settle({ file, pointer }, reference, from, hops);
  }

  /** Follows a pointer token by token; where it runs into a `$ref` halfway, on from what that names. */
  #settle(place: Place, reference: string, from: Place, hops: number): Place {
    let value = this.#files.read(place.file);
    let at = '';
    const tokens = place.pointer.split('/').slice(1);
    for (const [index, token] of tokens.entries()) {
      const name = unescapePointer(token);
      if ((isJsonObject(value) || Array.isArray(value)) && Object.hasOwn(value, name)) {
        value = (value as JsonObject)[name];
        at += `/${token}`;
      } else if (isJsonObject(value) && typeof value.$ref === 'string') {
        const next = this.#target(value.$ref, { file: place.file, pointer: at }, hops + 1);
        const rest = tokens
          .slice(index)
          .map((each) => `/${each}`)
          .join('');
        return this.#settle({ file: next.file, pointer: next.pointer + rest }, reference, from, hops + 1);
      } else {
        throw this.#error(from, `$ref "${reference}" does not lead to anything.`);
      }
    }
    return { file: place.file, pointer: at };
  }

  #value(place: Place): unknown {
    let value = this.#files.read(place.file);
    for (const token of place.pointer.split('/').slice(1))
      value = (value as JsonObject)[unescapePointer(token)];
    return value;
  }
}

function below(place: Place, key: string): Place {
  return { file: place.file, pointer: `${place.pointer}/${escapePointer(key)}` };
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
