import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyPolicy } from '../policies/index.ts';
import { policies } from '../policies/index.ts';
import { phases } from '../policy.ts';

/**
 * Loads policies of the user: TypeScript or JavaScript modules that export one as `policy`. A file that changed is
 * loaded anew; modules that it imports are not, which needs a restart.
 * @throws Error that names the file and says what is wrong with it
 */
export async function loadExtensions(files: readonly string[], folder: string): Promise<AnyPolicy[]> {
  const names = new Set(policies.map(({ name }) => name));
  const loaded: AnyPolicy[] = [];
  for (const file of files) {
    const path = resolve(folder, file);
    const policy = await load(path);
    const fault = faultOf(policy);
    if (fault !== undefined) throw new Error(`extension ${file}: ${fault}`);
    const { name } = policy as AnyPolicy;
    if (names.has(name)) throw new Error(`extension ${file}: there is a policy named "${name}" already`);
    names.add(name);
    loaded.push(policy as AnyPolicy);
  }
  return loaded;
}

async function load(path: string): Promise<unknown> {
  try {
    const { mtimeMs } = await stat(path);
    const module = (await import(`${pathToFileURL(path).href}?changed=${mtimeMs}`)) as { policy?: unknown };
    return module.policy;
  } catch (error) {
    throw new Error(`extension ${path} cannot be loaded: ${(error as Error).message}`);
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
  if (!Array.isArray(problems)) return 'problems is no list';
  if (onFault !== 'refuse' && onFault !== 'continue') return "onFault must be 'refuse' or 'continue'";
  for (const each of [phase].flat())
    if (!(phases as readonly unknown[]).includes(each)) return `there is no phase ${String(each)}`;
  return undefined;
}
