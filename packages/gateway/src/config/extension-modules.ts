import { realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * The modules of all extensions as the main thread read them: plain data, from which each data thread runs the same,
 * whatever has become of the files meanwhile.
 */
export interface ExtensionModules {
  /** URLs of the files that the configuration names, in its order. */
  readonly entries: readonly string[];
  /** By URL. */
  readonly sources: ReadonlyMap<string, LoadedSource>;
  /** Where an import leads, by the module that it stands in and what is written there. */
  readonly links: ReadonlyMap<string, string>;
}

interface LoadedSource {
  readonly format: string | null | undefined;
  readonly source: string | ArrayBuffer | NodeJS.TypedArray | undefined;
}

/** One time that extensions were read; every module of it has its number in the query of its URL. */
class Reading {
  readonly number: string;
  readonly sources: Map<string, LoadedSource>;
  readonly links: Map<string, string>;
  /** Told of each file before it is read. */
  readonly onFile: (file: string) => void;

  constructor(number: string, onFile: (file: string) => void, known?: ExtensionModules) {
    this.number = number;
    this.onFile = onFile;
    this.sources = new Map(known?.sources);
    this.links = new Map(known?.links);
  }
}

/** By number. What was loaded stays in Node's memory for good, and so this may as well. */
const readings = new Map<string, Reading>();

const queryKey = 'portcullis-reading';
let count = 0;

/**
 * Loads extensions with all modules of their own: those that one of them imports by a path, or by a name that leads
 * out of node_modules. Packages are left to Node, which loads them once, and so is what modules of CommonJS require.
 * @param files absolute
 * @param onFile told of each file before it is read, also of one that is not there
 * @throws ModuleFault for what one of the modules throws
 */
export async function readModules(
  files: readonly string[],
  onFile: (file: string) => void,
): Promise<{ readonly modules: ExtensionModules; readonly exports: readonly object[] }> {
  const reading = new Reading(String(++count), onFile);
  const entries = files.map((file) => inReading(pathToFileURL(file), reading));
  const exports = await load(reading, entries);
  return { modules: { entries, sources: reading.sources, links: reading.links }, exports };
}

/**
 * Loads extensions that the main thread has read; nothing of them comes from the disk.
 * @returns what each of them exports
 */
export async function importModules(modules: ExtensionModules): Promise<readonly object[]> {
  const [first] = modules.entries;
  if (first === undefined) return [];
  return load(new Reading(numberOf(first)!, () => {}, modules), modules.entries);
}

/** What a module threw while it was loaded. */
export class ModuleFault extends Error {
  /** In the order of the files. */
  readonly index: number;

  constructor(index: number, cause: unknown) {
    super(faultText(cause), { cause });
    this.index = index;
  }
}

async function load(reading: Reading, entries: readonly string[]): Promise<object[]> {
  if (readings.size === 0) registerHooks({ resolve, load: loadSource });
  readings.set(reading.number, reading);
  const exports: object[] = [];
  for (const [index, entry] of entries.entries()) {
    try {
      exports.push((await import(entry)) as object);
    } catch (error) {
      throw new ModuleFault(index, error);
    }
  }
  return exports;
}

type Hooks = Parameters<typeof registerHooks>[0];

const resolve: NonNullable<Hooks['resolve']> = (specifier, context, next) => {
  const parent = context.parentURL;
  const fromOwn = readingOf(parent);
  const reading = fromOwn ?? readingOf(specifier);
  if (reading === undefined) return next(specifier, context);
  const isEntry = fromOwn === undefined;
  const link = `${isEntry ? '' : parent} ${specifier}`;
  const known = reading.links.get(link);
  if (known !== undefined)
    return { url: known, format: reading.sources.get(known)?.format, shortCircuit: true };
  // What the configuration names is the user's own, wherever it lies.
  const isTaken = (url: URL): boolean => isEntry || isOwn(url);
  const found = next(located(specifier, parent, isTaken, reading.onFile), context);
  const url = new URL(found.url);
  if (!isTaken(url)) return found;
  reading.onFile(fileURLToPath(url));
  const numbered = inReading(url, reading);
  reading.links.set(link, numbered);
  return { ...found, url: numbered };
};

const loadSource: NonNullable<Hooks['load']> = (url, context, next) => {
  const reading = readingOf(url);
  if (reading === undefined) return next(url, context);
  const known = reading.sources.get(url);
  if (known !== undefined) return { format: known.format, source: known.source, shortCircuit: true };
  const { format, source } = next(url, context);
  reading.sources.set(url, { format, source });
  return { format, source };
};

/**
 * What a path leads to at present. Node itself remembers where a link led the first time.
 * @param onFile told of the file as it is named, and before it is looked for: it may come into being, or be such a link
 * @returns the specifier itself where it is no path, or there is no such file
 */
function located(
  specifier: string,
  parent: string | undefined,
  isTaken: (url: URL) => boolean,
  onFile: (file: string) => void,
): string {
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) return specifier;
  const url = new URL(specifier, parent);
  if (!isTaken(url)) return specifier;
  const named = fileURLToPath(url);
  onFile(named);
  try {
    const { href } = pathToFileURL(realpathSync(named));
    return `${href}${url.search}`;
  } catch {
    return specifier;
  }
}

function inReading(url: URL, { number }: Reading): string {
  const numbered = new URL(url);
  numbered.searchParams.set(queryKey, number);
  return numbered.href;
}

function numberOf(url: string): string | null {
  return new URL(url).searchParams.get(queryKey);
}

function readingOf(url: string | undefined): Reading | undefined {
  // Every import of the process comes by here, and hardly any is ours.
  if (url === undefined || !url.includes(queryKey) || !URL.canParse(url)) return undefined;
  return readings.get(numberOf(url) ?? '');
}

/** The gateway itself is there once only: a policy must not get a second copy of it. */
const gatewayFolder = `${pathToFileURL(dirname(import.meta.dirname)).href}/`;

function isOwn({ protocol, pathname, href }: URL): boolean {
  return protocol === 'file:' && !pathname.includes('/node_modules/') && !href.startsWith(gatewayFolder);
}

/** A fault of syntax says only in its stack where it is, and that may be in another file than the one that was named. */
function faultText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [, file, line] = /^(.+):(\d+)\n/.exec(cause.stack ?? '') ?? [];
  const place = cause instanceof SyntaxError && file !== undefined ? `${pathIn(file)}:${line}: ` : '';
  return `${place}${cause.message}`.replaceAll(new RegExp(`\\?${queryKey}=\\d+`, 'g'), '');
}

function pathIn(file: string): string {
  return file.startsWith('file:') && URL.canParse(file) ? fileURLToPath(file) : file;
}
