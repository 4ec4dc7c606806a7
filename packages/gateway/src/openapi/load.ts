import { bundle } from './bundle.ts';
import { stateCollectionFormats } from './collection-format.ts';
import type { ApiDefinition, Schema } from './definition.ts';
import { DefinitionFaults } from './definition-faults.ts';
import { DefinitionError, DefinitionFiles, RemoteWanted } from './files.ts';
import { emptyObject, isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { cleanSchema } from './keywords.ts';
import { readOperations } from './operations.ts';
import { readSecuritySchemes } from './security.ts';
import { serverUrls } from './servers.ts';

export interface LoadOptions {
  /** Told of each file that it refers to before that is read, also where there is none. */
  readonly onFile?: ((file: string) => void) | undefined;
  /** URLs below which it may refer to documents. */
  readonly remote?: readonly string[] | undefined;
  /** Reads one of those. */
  readonly fetch?: (url: string) => Promise<string>;
}

/**
 * Loads an OpenAPI definition: 3.2, 3.1, 3.0 or Swagger 2.0, as YAML or JSON, at most 64 MiB, in one file or several
 * in the same folder. Runs in the main thread at start, so it reads files synchronously.
 * @throws DefinitionError, which names file and place
 */
export async function loadDefinition(file: string, options: LoadOptions = {}): Promise<ApiDefinition> {
  const { files, bundled, faults } = await bundleWith(file, options);
  const specification = version(files);
  const document = /^3\.[12]/.test(specification) ? bundled : await upgraded(bundled, files);
  const components = objectOrEmpty(document.components);
  const schemas = emptyObject() as Record<string, Schema>;
  for (const [name, schema] of Object.entries(objectOrEmpty(components.schemas))) {
    schemas[name] = cleanSchema(schema);
  }
  const securitySchemes = readSecuritySchemes(components.securitySchemes, faults, files.root);
  const shared = { schemas, securitySchemes };
  const operations = readOperations(document, shared, faults, files.root);
  const info = objectOrEmpty(document.info);
  return {
    title: typeof info.title === 'string' ? info.title : '',
    version: typeof info.version === 'string' ? info.version : '',
    specification,
    servers: serverUrls(document.servers),
    operations,
    shared,
    faults: faults.all,
  };
}

/** More documents than these are no definition of one API. */
const mostRemote = 200;

/** What is elsewhere is found out by and by, as each document may name further ones. */
async function bundleWith(
  file: string,
  { onFile, remote: allowed = [], fetch }: LoadOptions,
): Promise<{ files: DefinitionFiles; bundled: JsonObject; faults: DefinitionFaults }> {
  const texts = new Map<string, string>();
  for (;;) {
    const files = new DefinitionFiles(file, onFile, { allowed, texts });
    const faults = new DefinitionFaults((each) => files.shown(each));
    try {
      version(files);
      return { files, bundled: bundle(files, faults), faults };
    } catch (error) {
      if (!(error instanceof RemoteWanted) || fetch === undefined) throw error;
      if (texts.size === mostRemote)
        throw new DefinitionError(
          files.shown(files.root),
          '',
          `It refers to above ${mostRemote} documents elsewhere.`,
        );
      texts.set(error.url, await fetched(error.url, fetch, files));
    }
  }
}

async function fetched(
  url: string,
  fetch: (url: string) => Promise<string>,
  files: DefinitionFiles,
): Promise<string> {
  try {
    return await fetch(url);
  } catch (error) {
    throw new DefinitionError(
      files.shown(files.root),
      '',
      `The document ${url}, which it refers to, cannot be read: ${(error as Error).message}`,
    );
  }
}

function version(files: DefinitionFiles): string {
  const document = files.read(files.root);
  const shown = files.shown(files.root);
  // YAML reads `2.0` without quotes as the number 2.
  const stated = isJsonObject(document) ? String(document.openapi ?? document.swagger) : undefined;
  if (stated === undefined || stated === 'undefined') {
    throw new DefinitionError(
      shown,
      '',
      'This is no OpenAPI document: it has neither "openapi" nor "swagger".',
    );
  }
  const found = /^[23]$/.test(stated) ? `${stated}.0` : stated;
  if (!/^(2\.0|3\.[012](\.|$))/.test(found)) {
    throw new DefinitionError(
      shown,
      '/openapi',
      `Version ${found} of OpenAPI is not supported; 3.2, 3.1, 3.0 and 2.0 are.`,
    );
  }
  return found;
}

/** The upgrade is loaded for older documents only, because that takes longer than reading most definitions. */
async function upgraded(document: JsonObject, files: DefinitionFiles): Promise<JsonObject> {
  const { upgrade } = await import('@scalar/openapi-upgrader');
  if ('swagger' in document) {
    document.swagger = '2.0';
    stateCollectionFormats(document);
  } else document.openapi = '3.0.3';
  try {
    return upgrade(document, '3.1') as JsonObject;
  } catch (error) {
    throw new DefinitionError(
      files.shown(files.root),
      '',
      `Not a valid definition: ${(error as Error).message}`,
    );
  }
}
