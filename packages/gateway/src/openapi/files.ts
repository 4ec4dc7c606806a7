import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { parseDocument } from 'yaml';

const maximumBytes = 64 * 1024 * 1024;
const maximumFiles = 1000;

/** A definition that cannot be used. The message names file and place, and is for the operator. */
export class DefinitionError extends Error {
  /** Relative to the folder of the definition. */
  readonly file: string;
  /** JSON Pointer, or line and column; empty for the file as a whole. */
  readonly place: string;

  constructor(file: string, place: string, message: string) {
    super(`${file}${place === '' ? '' : ` at ${place}`}: ${message}`);
    this.name = 'DefinitionError';
    this.file = file;
    this.place = place;
  }
}

/** A reference to what is not there, or may not be read: a mistake of the definition, which the rest of it need not suffer for. */
export class DanglingReference extends DefinitionError {
  readonly reason: string;

  constructor(file: string, place: string, reason: string) {
    super(file, place, reason);
    this.reason = reason;
  }
}

/** A definition refers to a document that is allowed, and has to be fetched before it can be read. */
export class RemoteWanted extends Error {
  readonly url: string;

  constructor(url: string) {
    super(`${url} has to be fetched`);
    this.url = url;
  }
}

/** Documents elsewhere that a definition may refer to. */
export interface RemoteDocuments {
  /** URLs; what begins with one of them is allowed. */
  readonly allowed: readonly string[];
  /** The texts of those that were fetched, by URL. */
  readonly texts: ReadonlyMap<string, string>;
}

const nothingRemote: RemoteDocuments = { allowed: [], texts: new Map() };

/**
 * The files of one definition: the one that was named, and those in its folder that it refers to. Nothing outside
 * the folder is read, links followed, and nothing is fetched that was not allowed: a definition often comes from somebody
 * else, and a `$ref` to `/etc/shadow` or to an address of the cloud's metadata must not be obeyed. A file is known by its
 * path, a document elsewhere by its URL.
 */
export class DefinitionFiles {
  readonly root: string;
  readonly #folder: string;
  readonly #parsed = new Map<string, unknown>();
  readonly #onFile: (file: string) => void;
  readonly #remote: RemoteDocuments;
  #bytes = 0;

  /**
   * @param onFile told of each file that is referred to, as it was named
   * @throws DefinitionError when the file cannot be read
   */
  constructor(file: string, onFile: (file: string) => void = () => {}, remote = nothingRemote) {
    this.#onFile = onFile;
    this.#remote = remote;
    this.root = realPath(resolve(file), file);
    this.#folder = dirname(this.root);
  }

  /** The path of a file as messages show it. */
  shown(file: string): string {
    if (isRemote(file)) return file;
    return relative(this.#folder, file).replaceAll(sep, '/');
  }

  /**
   * The file that the part of a `$ref` before `#` names.
   * @throws DanglingReference for anything but a relative path within the folder, or a URL that is allowed
   * @throws DefinitionError for a file that does not exist
   * @throws RemoteWanted for one of those that was not fetched yet
   */
  locate(reference: string, from: string, pointer: string): string {
    const fault = (message: string): DanglingReference =>
      new DanglingReference(this.shown(from), pointer, `$ref "${reference}" ${message}`);
    if (isRemote(from) || /^[A-Za-z][A-Za-z0-9+.-]*:|^\/\//.test(reference)) {
      const url = isRemote(from) ? URL.parse(reference, from) : URL.parse(reference);
      if (url !== null && this.allows(url.href)) return this.#fetched(url.href);
      throw fault(
        'is a remote reference, which is not fetched: put the file into the folder, or allow the place with openapiRemote.',
      );
    }
    let path: string;
    try {
      path = decodeURIComponent(reference);
    } catch {
      throw fault('is not a valid URI.');
    }
    if (path.includes('\0') || path.startsWith('/')) throw fault('is not a relative path.');
    const named = resolve(dirname(from), path);
    if (!this.#contains(named)) throw fault('leads outside the folder of the definition.');
    this.#onFile(named);
    let real: string;
    try {
      real = realpathSync(named);
    } catch {
      // It may be about to be written, so that what runs is not to be replaced by less.
      throw new DefinitionError(
        this.shown(from),
        pointer,
        `$ref "${reference}" names a file that does not exist.`,
      );
    }
    if (!this.#contains(real)) throw fault('leads outside the folder of the definition.');
    return real;
  }

  /** @throws DefinitionError for a file that is too large, or neither JSON nor YAML */
  read(file: string): unknown {
    if (!this.#parsed.has(file)) this.#parsed.set(file, this.#load(file));
    return this.#parsed.get(file);
  }

  /** Whether a document elsewhere may be read. */
  allows(url: string): boolean {
    // In the spelling of URL there are no dot segments left that would lead out of it.
    return this.#remote.allowed.some(
      (each) => url === each || url.startsWith(each.endsWith('/') ? each : `${each}/`),
    );
  }

  #fetched(url: string): string {
    if (!this.#remote.texts.has(url)) throw new RemoteWanted(url);
    return url;
  }

  #contains(file: string): boolean {
    return file.startsWith(this.#folder.endsWith(sep) ? this.#folder : this.#folder + sep);
  }

  #load(file: string): unknown {
    const shown = this.shown(file);
    const remote = this.#remote.texts.get(file);
    const stat = remote === undefined ? statSync(file) : undefined;
    if (stat?.isFile() === false) throw new DefinitionError(shown, '', 'This is not a file.');
    this.#bytes += remote?.length ?? stat!.size;
    if (this.#bytes > maximumBytes) throw new DefinitionError(shown, '', 'The definition is above 64 MiB.');
    if (this.#parsed.size >= maximumFiles)
      throw new DefinitionError(shown, '', 'There are above 1,000 files.');
    if (remote !== undefined) return parseText(remote, shown);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      throw new DefinitionError(shown, '', `The file cannot be read: ${(error as Error).message}`);
    }
    return parseText(text, shown);
  }
}

function isRemote(file: string): boolean {
  return /^https?:\/\//.test(file);
}

function realPath(path: string, named: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new DefinitionError(named, '', 'There is no such file.');
  }
}

/** JSON is YAML, but JSON.parse takes a hundredth of the time; what it refuses is read as YAML for the place. */
function parseText(text: string, shown: string): unknown {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  if (/^[\s\uFEFF]*\{/.test(text.slice(0, 1024))) {
    try {
      return JSON.parse(text.slice(start)) as unknown;
    } catch {
      // Reported below, with line and column.
    }
  }
  const document = parseDocument(text, { merge: true, prettyErrors: true, logLevel: 'error' });
  const error = document.errors[0];
  if (error !== undefined) {
    const position = error.linePos?.[0];
    const place = position === undefined ? '' : `${position.line}:${position.col}`;
    throw new DefinitionError(shown, place, error.message.split('\n', 1)[0]!.replace(/ at line .*$/, '.'));
  }
  try {
    return document.toJS({ maxAliasCount: 1000 }) as unknown;
  } catch (fault) {
    throw new DefinitionError(shown, '', (fault as Error).message);
  }
}
