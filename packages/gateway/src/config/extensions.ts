import { resolve } from 'node:path';
import type { AnyPolicy } from '../policies/index.ts';
import { policies } from '../policies/index.ts';
import { phases } from '../policy.ts';
import { type ExtensionModules, importModules, ModuleFault, readModules } from './extension-modules.ts';
import { type Marks, markOf, SourceFiles } from './source-files.ts';

/** Policies of the user, and what another thread needs to load the same ones. */
export interface Extensions {
  readonly policies: readonly AnyPolicy[];
  readonly modules: ExtensionModules;
}

interface LastRead extends Extensions {
  readonly paths: readonly string[];
  readonly marks: Marks;
}

/** A module that was loaded never leaves the memory: what has not changed is not loaded again. */
let last: LastRead | undefined;

/**
 * Loads policies of the user: TypeScript or JavaScript modules that export one as `policy`. When a file of theirs has
 * changed, one that they import included, all of them are loaded anew, so that they still share what they shared.
 * @param files as the configuration names them
 * @param folder where relative names start
 * @param sources gets all files of theirs
 * @throws Error that names the file and says what is wrong with it
 */
export async function readExtensions(
  files: readonly string[],
  folder: string,
  sources: SourceFiles,
): Promise<Extensions> {
  const paths = files.map((file) => resolve(folder, file));
  if (last !== undefined && isAsRead(last, paths, sources)) return last;
  const own = new SourceFiles(Number.POSITIVE_INFINITY);
  const { modules, exports } = await readModules(paths, (file) => {
    sources.add(file);
    own.add(file);
  }).catch((error: unknown) => {
    if (!(error instanceof ModuleFault)) throw error;
    throw new Error(`extension ${files[error.index]} cannot be loaded: ${error.message}`);
  });
  const loaded = exports.map((each) => (each as { policy?: unknown }).policy);
  assertPolicies(loaded, files);
  last = { policies: loaded, modules, paths, marks: own.marks };
  return last;
}

/** The policies that the main thread has read, in a data thread. */
export async function importExtensions(modules: ExtensionModules): Promise<readonly AnyPolicy[]> {
  const exports = await importModules(modules);
  return exports.map((each) => (each as { policy: AnyPolicy }).policy);
}

function isAsRead({ paths, marks }: LastRead, wanted: readonly string[], sources: SourceFiles): boolean {
  if (paths.length !== wanted.length || !paths.every((path, i) => path === wanted[i])) return false;
  // Added first: a change between the two is then seen by whoever watches the sources.
  for (const file of marks.keys()) sources.add(file);
  return [...marks].every(([file, mark]) => markOf(file) === mark);
}

function assertPolicies(
  loaded: readonly unknown[],
  files: readonly string[],
): asserts loaded is readonly AnyPolicy[] {
  const names = new Set(policies.map(({ name }) => name));
  for (const [index, policy] of loaded.entries()) {
    const file = files[index];
    const fault = faultOf(policy);
    if (fault !== undefined) throw new Error(`extension ${file}: ${fault}`);
    const { name } = policy as AnyPolicy;
    if (names.has(name)) throw new Error(`extension ${file}: there is a policy named "${name}" already`);
    names.add(name);
  }
}

function faultOf(policy: unknown): string | undefined {
  if (typeof policy !== 'object' || policy === null) return 'exports no `policy`';
  const { name, phase, schema, prepare, onFault, problems, summary } = policy as Partial<AnyPolicy>;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,62}$/.test(name))
    return 'name must be lower-case letters, digits and hyphens';
  if (typeof summary !== 'string') return 'summary is missing';
  if (typeof prepare !== 'function') return 'prepare is no function';
  if (typeof schema !== 'object') return 'schema is missing';
  if (!('_zod' in schema)) return 'schema is none of zod 4';
  if (!Array.isArray(problems)) return 'problems is no list';
  if (onFault !== 'refuse' && onFault !== 'continue') return "onFault must be 'refuse' or 'continue'";
  for (const each of [phase].flat())
    if (!(phases as readonly unknown[]).includes(each)) return `there is no phase ${String(each)}`;
  return undefined;
}
