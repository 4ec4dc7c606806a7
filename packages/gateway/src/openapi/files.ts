import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { parseDocument } from 'yaml';

const maximumBytes = 16 * 1024 * 1024;
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

/**
 * The files of one definition: the one that was named, and those in its folder that it refers to. Nothing outside
 * the folder is read, links followed, and nothing is fetched: a definition often comes from somebody else, and a
 * `$ref` to `/etc/shadow` or to an address of the cloud's metadata must not be obeyed.
 */
export class DefinitionFiles {
  readonly root: string;
  readonly #folder: string;
  readonly #parsed = new Map<string, unknown>();
  readonly #onFile: (file: string) => void;
  #bytes = 0;

  /**
   * @param onFile told of each file that is referred to, as it was named
   * @throws DefinitionError when the file cannot be read
   */
  constructor(file: string, onFile: (file: string) => void = () => {}) {
    this.#onFile = onFile;
    this.root = realPath(resolve(file), file);
    this.#folder = dirname(this.root);
  }

  /** The path of a file as messages show it. */
  shown(file: string): string {
    return relative(this.#folder, file).replaceAll(sep, '/');
  }

  /**
   * The file that the part of a `$ref` before `#` names.
   * @throws DefinitionError for anything but a relative path within the folder
   */
  locate(reference: string, from: string, pointer: string): string {
    const fault = (message: string): DefinitionError =>
      new DefinitionError(this.shown(from), pointer, `$ref "${reference}" ${message}`);
    if (/^[A-Za-z][A-Za-z0-9+.-]*:|^\/\//.test(reference)) {
      throw fault('is a remote reference, which is never fetched: put the file into the folder.');
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
      throw fault('names a file that does not exist.');
    }
    if (!this.#contains(real)) throw fault('leads outside the folder of the definition.');
    return real;
  }

  /** @throws DefinitionError for a file that is too large, or neither JSON nor YAML */
  read(file: string): unknown {
    if (!this.#parsed.has(file)) this.#parsed.set(file, this.#load(file));
    return this.#parsed.get(file);
  }

  #contains(file: string): boolean {
    return file.startsWith(this.#folder.endsWith(sep) ? this.#folder : this.#folder + sep);
  }

  #load(file: string): unknown {
    const shown = this.shown(file);
    const stat = statSync(file);
    if (!stat.isFile()) throw new DefinitionError(shown, '', 'This is not a file.');
    this.#bytes += stat.size;
    if (this.#bytes > maximumBytes) throw new DefinitionError(shown, '', 'The definition is above 16 MiB.');
    if (this.#parsed.size >= maximumFiles)
      throw new DefinitionError(shown, '', 'There are above 1,000 files.');
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      throw new DefinitionError(shown, '', `The file cannot be read: ${(error as Error).message}`);
    }
    return parseText(text, shown);
  }
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
