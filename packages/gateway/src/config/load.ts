import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, parseDocument } from 'yaml';
import type { Bundle } from '../compile.ts';
import { type BuiltInApi, builtInApis, isBuiltIn } from '../oauth-server/built-in-api.ts';
import { roleFaults } from '../oauth-server/role-faults.ts';
import { socketPath } from '../oauth-server/socket.ts';
import type { ApiDefinition, DefinitionFault } from '../openapi/definition.ts';
import { commonBasePath } from '../openapi/servers.ts';
import { certificateFiles } from '../policies/authentication/certificate/bundle.ts';
import { type AnyPolicy, withExtensions } from '../policies/index.ts';
import { type ConfigFault, readDocument } from './document.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { formatFaults, type Path } from './fault-text.ts';
import { type Configuration, configurationSchema } from './schema.ts';
import { shownCertificates } from './shown-certificates.ts';
import { SourceFiles } from './source-files.ts';

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
  /** Absolute path of the configuration file. */
  readonly file: string;
  readonly bundle: Bundle;
  /** As written: references instead of secrets. */
  readonly raw: Configuration;
  /** All that can run, extensions of the user included, in order. */
  readonly policies: readonly AnyPolicy[];
  /** The mistakes of the definitions, by API. */
  readonly definitionFaults: readonly (DefinitionFault & { readonly api: string })[];
  readonly faultAt: (path: Path, message: string) => ConfigFault;
}

/**
 * Reads a configuration file and everything that it names, without preparing it.
 * @param sources gets every file that it is made of; where it fails, those that it had come to
 * @throws ConfigurationError with all faults
 */
export async function loadConfiguration(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  sources = new SourceFiles(),
): Promise<Loaded> {
  const path = resolve(file);
  const folder = dirname(path);
  const noted = (name: string): string => {
    const absolute = resolve(folder, name);
    sources.add(absolute);
    return absolute;
  };
  noted(path);
  const text = readText(path, file);
  const extensions = await readExtensionsOf(text, folder, file, sources);
  const policies = withExtensions(extensions.policies);
  const outcome = readDocument(text, path, configurationSchema(policies), { env, onFile: noted });
  if (!outcome.ok) throw new ConfigurationError(outcome.faults.map((fault) => ({ ...fault, file })));
  const { value: written, raw } = outcome;
  const faultAt = (at: Path, message: string): ConfigFault => ({
    // What is built in stands nowhere but where it is asked for.
    ...outcome.faultAt(at[0] === 'apis' && isBuiltIn(String(at[1])) ? ['oauthServer'] : at, message),
    file,
  });

  for (const name of [...filesOf(written), ...policyFiles(written, policies, folder)]) noted(name);
  const faults: ConfigFault[] = [];
  const definitions: Record<string, ApiDefinition> = {};
  const definitionFaults: (DefinitionFault & { readonly api: string })[] = [];
  const stateFolder = resolve(folder, written.state ?? '.portcullis');
  if (written.oauthServer !== undefined) {
    for (const { path, message } of roleFaults(written.oauthServer, written.roles))
      faults.push(faultAt(path, message));
  }
  const builtIn = builtInsOf(written, stateFolder);
  for (const [api, { openapi, openapiRemote }] of Object.entries(written.apis)) {
    if (isBuiltIn(api)) {
      const message = 'this name is kept for the API of oauthServer; choose another one';
      faults.push({ ...outcome.faultAt(['apis', api], message), file });
    }
    if (openapi === undefined) continue;
    try {
      const definition = await loadDefinitionFile(noted(openapi), noted, openapiRemote);
      definitions[api] = definition;
      for (const fault of definition.faults) definitionFaults.push({ ...fault, api });
    } catch (error) {
      faults.push(faultAt(['apis', api, 'openapi'], (error as Error).message));
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  const configuration = { ...written, apis: withBasePaths(written.apis, definitions, faultAt) };
  for (const [name, { config, definition }] of Object.entries(builtIn)) {
    configuration.apis[name] = config;
    definitions[name] = definition;
  }
  return {
    file: path,
    bundle: { configuration, folder, stateFolder, definitions, extensions: extensions.modules },
    raw: raw as Configuration,
    policies,
    definitionFaults,
    faultAt,
  };
}

/** Puts the path of the servers in where it is asked for. @throws ConfigurationError */
function withBasePaths(
  apis: Configuration['apis'],
  definitions: Readonly<Record<string, ApiDefinition>>,
  faultAt: (at: Path, message: string) => ConfigFault,
): Configuration['apis'] {
  const settled = { ...apis };
  const faults: ConfigFault[] = [];
  for (const [name, api] of Object.entries(apis)) {
    if (api.basePath !== 'servers') continue;
    try {
      const definition = definitions[name];
      if (definition === undefined)
        throw new Error('servers stand in a definition, and there is none (openapi)');
      settled[name] = { ...api, basePath: commonBasePath(definition.servers) };
    } catch (error) {
      faults.push(faultAt(['apis', name, 'basePath'], (error as Error).message));
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return settled;
}

/** What the gateway itself serves beside the APIs of the file. */
function builtInsOf(
  { oauthServer, policies }: Configuration,
  stateFolder: string,
): Record<string, BuiltInApi> {
  return oauthServer === undefined ? {} : builtInApis(oauthServer, socketPath(stateFolder), policies);
}

/**
 * The policies that a configuration may name: those that are built in, and its extensions. Nothing else of it is read,
 * so that whatever else may be wrong with it does no harm.
 * @throws ConfigurationError
 */
export async function loadPolicies(file: string): Promise<readonly AnyPolicy[]> {
  const path = resolve(file);
  const text = readText(path, file);
  const [fault] = parseDocument(text, { logLevel: 'silent' }).errors;
  if (fault !== undefined) {
    const { line, col } = fault.linePos?.[0] ?? { line: 1, col: 1 };
    const message = fault.message.split('\n', 1)[0]!.replace(/ at line .*$/, '');
    throw new ConfigurationError([{ file, line, column: col, path: '', message }]);
  }
  const extensions = await readExtensionsOf(text, dirname(path), file, new SourceFiles());
  return withExtensions(extensions.policies);
}

async function loadDefinitionFile(
  file: string,
  onFile: (file: string) => void,
  remote: readonly string[] | undefined,
): Promise<ApiDefinition> {
  const { loadDefinition } = await import('../openapi/load.ts');
  if (remote === undefined) return loadDefinition(file, { onFile });
  const { fetchText } = await import('../documents/fetch-json.ts');
  return loadDefinition(file, { onFile, remote: remote.map((url) => new URL(url).href), fetch: fetchText });
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

async function readExtensionsOf(
  text: string,
  folder: string,
  file: string,
  sources: SourceFiles,
): Promise<Extensions> {
  try {
    return await readExtensions(extensionsOf(text), folder, sources);
  } catch (error) {
    throw new ConfigurationError([
      { file, line: 1, column: 1, path: 'extensions', message: (error as Error).message },
    ]);
  }
}

/** What policies read when they are prepared. */
function policyFiles(
  { policies: shared, apis }: Configuration,
  policies: readonly AnyPolicy[],
  folder: string,
): string[] {
  const sets = Object.values(apis).flatMap(({ policies: own, operations = {} }) => [
    own,
    ...Object.values(operations).map((each) => each.policies),
  ]);
  return policies.flatMap(({ name, files }) =>
    [shared, ...sets].flatMap((set) => {
      const config = set?.[name];
      return files === undefined || config === undefined || config === 'off' ? [] : files(config, folder);
    }),
  );
}

/** What is read when the configuration is prepared: only its names stand here. */
function filesOf(configuration: Configuration): string[] {
  const files: string[] = [];
  for (const { cert, key } of shownCertificates(configuration.listen)) files.push(cert, key);
  for (const { upstream } of Object.values(configuration.apis)) {
    const { ca, cert, key } = upstream.tls ?? {};
    for (const each of [ca, cert, key]) if (each !== undefined) files.push(each);
  }
  for (const authenticator of Object.values(configuration.authenticators ?? {})) {
    if ('jwt' in authenticator && !/^https?:/i.test(authenticator.jwt.jwks))
      files.push(authenticator.jwt.jwks);
    if ('certificate' in authenticator) files.push(...certificateFiles(authenticator.certificate));
  }
  return files;
}
