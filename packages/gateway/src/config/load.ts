import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Bundle } from '../compile.ts';
import { type BuiltInApi, builtInApis, isBuiltIn } from '../oauth-server/built-in-api.ts';
import { socketPath } from '../oauth-server/socket.ts';
import type { ApiDefinition, DefinitionFault } from '../openapi/definition.ts';
import { type AnyPolicy, withExtensions } from '../policies/index.ts';
import { type ConfigFault, readDocument } from './document.ts';
import { loadExtensions } from './extensions.ts';
import { formatFaults, type Path } from './fault-text.ts';
import { type Configuration, configurationSchema } from './schema.ts';

/** A configuration that cannot be used. The message is ready to be shown, a line for each fault. */
export class ConfigurationError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(formatFaults(faults));
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

export interface Loaded {
  readonly bundle: Bundle;
  /** As written: references instead of secrets. */
  readonly raw: Configuration;
  /** All that can run, extensions of the user included, in order. */
  readonly policies: readonly AnyPolicy[];
  /** What the definitions say that cannot be enforced, by API. */
  readonly definitionFaults: readonly (DefinitionFault & { readonly api: string })[];
  /** Every file that it was made of, to be watched. */
  readonly files: readonly string[];
  readonly faultAt: (path: Path, message: string) => ConfigFault;
}

/**
 * Reads a configuration file and everything that it names, without preparing it.
 * @throws ConfigurationError with all faults
 */
export async function loadConfiguration(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Loaded> {
  const path = resolve(file);
  const folder = dirname(path);
  const text = readText(path, file);
  const extensionFiles = extensionsOf(text);
  const policies = withExtensions(await loadExtensionsOf(extensionFiles, folder, file));
  const outcome = readDocument(text, path, configurationSchema(policies), { env });
  if (!outcome.ok) throw new ConfigurationError(outcome.faults.map((fault) => ({ ...fault, file })));
  const { value: written, raw } = outcome;
  const faultAt = (at: Path, message: string): ConfigFault => ({
    // What is built in stands nowhere but where it is asked for.
    ...outcome.faultAt(at[0] === 'apis' && isBuiltIn(String(at[1])) ? ['oauthServer'] : at, message),
    file,
  });

  const faults: ConfigFault[] = [];
  const definitions: Record<string, ApiDefinition> = {};
  const definitionFaults: (DefinitionFault & { readonly api: string })[] = [];
  const stateFolder = resolve(folder, written.state ?? '.portcullis');
  const builtIn = builtInsOf(written, stateFolder);
  for (const [api, { openapi }] of Object.entries(written.apis)) {
    if (Object.hasOwn(builtIn, api))
      faults.push(faultAt(['apis', api], 'this is the name of the API of oauthServer; choose another one'));
    if (openapi === undefined) continue;
    try {
      const definition = await loadDefinitionFile(resolve(folder, openapi));
      definitions[api] = definition;
      for (const fault of definition.faults) definitionFaults.push({ ...fault, api });
    } catch (error) {
      faults.push(faultAt(['apis', api, 'openapi'], (error as Error).message));
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  const configuration = { ...written, apis: { ...written.apis } };
  for (const [name, { config, definition }] of Object.entries(builtIn)) {
    configuration.apis[name] = config;
    definitions[name] = definition;
  }
  return {
    bundle: { configuration, folder, stateFolder, definitions },
    raw: raw as Configuration,
    policies,
    definitionFaults,
    files: [path, ...filesOf(configuration, extensionFiles).map((each) => resolve(folder, each))],
    faultAt,
  };
}

/** What the gateway itself serves beside the APIs of the file. */
function builtInsOf(
  { oauthServer, policies }: Configuration,
  stateFolder: string,
): Record<string, BuiltInApi> {
  return oauthServer === undefined ? {} : builtInApis(oauthServer, socketPath(stateFolder), policies);
}

async function loadDefinitionFile(file: string): Promise<ApiDefinition> {
  const { loadDefinition } = await import('../openapi/load.ts');
  return loadDefinition(file);
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : (error as Error).message;
    throw new ConfigurationError([
      { file: shown, line: 1, column: 1, path: '', message: `cannot be read: ${why}` },
    ]);
  }
}

/** Extensions bring keys of their own, so they have to be known before the schema is. */
function extensionsOf(text: string): string[] {
  let listed: unknown;
  try {
    listed = (parse(text, { maxAliasCount: 100 }) as { extensions?: unknown } | null)?.extensions;
  } catch {
    // What is wrong with the text is reported with its place when it is read in full.
    return [];
  }
  return Array.isArray(listed) ? listed.filter((each): each is string => typeof each === 'string') : [];
}

async function loadExtensionsOf(
  files: readonly string[],
  folder: string,
  file: string,
): Promise<AnyPolicy[]> {
  try {
    return await loadExtensions(files, folder);
  } catch (error) {
    throw new ConfigurationError([
      { file, line: 1, column: 1, path: 'extensions', message: (error as Error).message },
    ]);
  }
}

function filesOf(configuration: Configuration, extensions: readonly string[]): string[] {
  const files = [...extensions];
  for (const { cert, key } of configuration.listen.https?.certificates ?? []) files.push(cert, key);
  for (const { openapi, upstream } of Object.values(configuration.apis)) {
    const { ca, cert, key } = upstream.tls ?? {};
    for (const each of [openapi, ca, cert, key]) if (each !== undefined) files.push(each);
  }
  for (const authenticator of Object.values(configuration.authenticators ?? {})) {
    if ('jwt' in authenticator && !/^https?:/i.test(authenticator.jwt.jwks))
      files.push(authenticator.jwt.jwks);
  }
  return files;
}
