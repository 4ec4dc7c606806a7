import { escapePointer } from '../http/json-pointer.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';

/** Where a value stands. */
export interface Place {
  readonly file: string;
  /** JSON Pointer, not percent-encoded. */
  readonly pointer: string;
}

const maximumDepth = 400;

/** What stands under these is data, and no schema, whatever it looks like. */
const data: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'example', 'examples']);

/** A part of a file with an identifier of its own: what is in it resolves against that. */
interface Resource {
  readonly pointer: string;
  /** Without a fragment. */
  readonly uri: string;
}

/**
 * The schemas of a definition that have an `$id`, and the places with an `$anchor` (JSON Schema 2020-12 section 8.2).
 * An `$id` is often a URL that nobody is meant to fetch: what it names is known from the files that were read.
 */
export class SchemaResources {
  readonly #files = new Map<string, readonly Resource[]>();
  readonly #byUri = new Map<string, Place>();
  readonly #anchors = new Map<string, Place>();

  /** Takes a file in; once is enough. */
  add(file: string, document: unknown): void {
    if (this.#files.has(file)) return;
    const resources: Resource[] = [];
    this.#files.set(file, resources);
    this.#search(file, document, '', fileUri(file), resources, 0);
  }

  /**
   * The place that a reference means by an identifier; undefined where none is, and it means a file.
   * @param from where it stands, in a file that was added
   */
  find(reference: string, from: Place): Place | undefined {
    const base = this.#baseOf(from);
    const uri = resolved(reference, base);
    if (uri === undefined) return undefined;
    const hash = uri.indexOf('#');
    const fragment = hash < 0 ? '' : decoded(uri.slice(hash + 1));
    if (fragment === undefined) return undefined;
    if (fragment !== '' && !fragment.startsWith('/'))
      return this.#anchors.get(`${withoutFragment(uri)}#${fragment}`);
    const root = this.#byUri.get(withoutFragment(uri));
    return root === undefined ? undefined : { file: root.file, pointer: root.pointer + fragment };
  }

  /** The URL of a document that a reference means, where an `$id` around it says what it is relative to. */
  urlOf(reference: string, from: Place): string | undefined {
    const base = this.#baseOf(from);
    const uri = base.startsWith(ofFiles) ? undefined : resolved(reference, base);
    return uri === undefined ? undefined : withoutFragment(uri);
  }

  #baseOf({ file, pointer }: Place): string {
    let best: Resource | undefined;
    for (const each of this.#files.get(file) ?? []) {
      const isAround = pointer === each.pointer || pointer.startsWith(`${each.pointer}/`);
      if (isAround && (best === undefined || each.pointer.length > best.pointer.length)) best = each;
    }
    return best?.uri ?? fileUri(file);
  }

  #search(
    file: string,
    value: unknown,
    pointer: string,
    base: string,
    resources: Resource[],
    depth: number,
  ): void {
    if (typeof value !== 'object' || value === null || depth > maximumDepth) return;
    let inner = base;
    if (isJsonObject(value)) {
      inner = this.#identified(file, value, pointer, base, resources);
      for (const anchor of [value.$anchor, value.$dynamicAnchor])
        if (typeof anchor === 'string') addFirst(this.#anchors, `${inner}#${anchor}`, { file, pointer });
    }
    for (const [key, item] of Object.entries(value)) {
      if (data.has(key) && !isNamed(pointer)) continue;
      this.#search(file, item, `${pointer}/${escapePointer(key)}`, inner, resources, depth + 1);
    }
  }

  /** @returns the base of what is in it */
  #identified(
    file: string,
    { $id, $self }: JsonObject,
    pointer: string,
    base: string,
    resources: Resource[],
  ): string {
    // A whole document may have one too (OpenAPI 3.2).
    const named = pointer === '' ? ($id ?? $self) : $id;
    if (typeof named !== 'string') return base;
    const uri = resolved(named, base);
    if (uri === undefined) return base;
    const own = withoutFragment(uri);
    resources.push({ pointer, uri: own });
    addFirst(this.#byUri, own, { file, pointer });
    return own;
  }
}

/** Of two with one name, which nobody could tell apart, the first counts. */
function addFirst(map: Map<string, Place>, key: string, place: Place): void {
  if (!map.has(key)) map.set(key, place);
}

/** A property may well be called `example`. */
function isNamed(pointer: string): boolean {
  return /\/(?:properties|patternProperties|\$defs|definitions|schemas|dependentSchemas)$/.test(pointer);
}

/** An identifier that no `$id` has by chance. */
function fileUri(file: string): string {
  return /^https?:/.test(file) ? file : `${ofFiles}${encodeURI(file.replaceAll('\\', '/'))}`;
}

const ofFiles = 'definition:';

function resolved(reference: string, base: string): string | undefined {
  return URL.parse(reference, base)?.href;
}

function withoutFragment(uri: string): string {
  const hash = uri.indexOf('#');
  return hash < 0 ? uri : uri.slice(0, hash);
}

function decoded(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
