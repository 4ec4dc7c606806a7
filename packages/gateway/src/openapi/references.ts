import { unescapePointer } from '../http/json-pointer.ts';
import { DanglingReference, type DefinitionFiles } from './files.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';
import { type Place, SchemaResources } from './schema-resources.ts';

const maximumReferences = 64;

/** Finds what the references of a definition lead to, in whichever of its files. */
export class References {
  readonly #files: DefinitionFiles;
  readonly #resources = new SchemaResources();

  constructor(files: DefinitionFiles) {
    this.#files = files;
    this.#resources.add(files.root, files.read(files.root));
  }

  /**
   * @param from where the reference stands
   * @throws DanglingReference, or DefinitionError for a file that cannot be read
   */
  target(reference: string, from: Place): Place {
    return this.#find(reference, from, 0);
  }

  /** What stands at a place that `target` gave. */
  value(place: Place): unknown {
    let value = this.#files.read(place.file);
    for (const token of place.pointer.split('/').slice(1))
      value = (value as JsonObject)[unescapePointer(token)];
    return value;
  }

  #find(reference: string, from: Place, hops: number): Place {
    if (hops > maximumReferences) throw this.#dangling(from, `$ref "${reference}" leads in a circle.`);
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
      throw this.#dangling(from, `$ref "${reference}" does not lead to anything.`);
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
        const next = this.#find(value.$ref, { file: place.file, pointer: at }, hops + 1);
        const rest = tokens
          .slice(index)
          .map((each) => `/${each}`)
          .join('');
        return this.#settle({ file: next.file, pointer: next.pointer + rest }, reference, from, hops + 1);
      } else {
        throw this.#dangling(from, `$ref "${reference}" does not lead to anything.`);
      }
    }
    return { file: place.file, pointer: at };
  }

  #dangling(place: Place, message: string): DanglingReference {
    return new DanglingReference(this.#files.shown(place.file), place.pointer, message);
  }
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
