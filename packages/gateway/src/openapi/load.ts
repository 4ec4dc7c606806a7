import { bundle } from './bundle.ts';
import type { ApiDefinition, DefinitionFault, Schema } from './definition.ts';
import { DefinitionError, DefinitionFiles } from './files.ts';
import { emptyObject, isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { cleanSchema } from './keywords.ts';
import { readOperations, readSecuritySchemes } from './operations.ts';

/**
 * Loads an OpenAPI definition: 3.1, 3.0 or Swagger 2.0, as YAML or JSON, at most 16 MiB, in one file or several
 * in the same folder. Runs in the main thread at start, so it reads files synchronously.
 * @param onFile told of each file that it refers to before that is read, also where there is none
 * @throws DefinitionError, which names file and place
 */
export async function loadDefinition(file: string, onFile?: (file: string) => void): Promise<ApiDefinition> {
  const files = new DefinitionFiles(file, onFile);
  const specification = version(files);
  const faults: DefinitionFault[] = [];
  const bundled = bundle(files, (fault) => faults.push(fault));
  const document = specification.startsWith('3.1') ? bundled : await upgraded(bundled, files);
  const components = objectOrEmpty(document.components);
  const schemas = emptyObject() as Record<string, Schema>;
  for (const [name, schema] of Object.entries(objectOrEmpty(components.schemas))) {
    schemas[name] = cleanSchema(schema, (message) => faults.push({ place: `schema ${name}`, message }));
  }
  const shared = { schemas, securitySchemes: readSecuritySchemes(components.securitySchemes) };
  const operations = readOperations(document, shared, faults);
  const info = objectOrEmpty(document.info);
  return {
    title: typeof info.title === 'string' ? info.title : '',
    version: typeof info.version === 'string' ? info.version : '',
    specification,
    servers: serverUrls(document.servers),
    operations,
    shared,
    faults,
  };
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
  if (!/^(2\.0|3\.[01](\.|$))/.test(found)) {
    throw new DefinitionError(
      shown,
      '/openapi',
      `Version ${found} of OpenAPI is not supported; 3.1, 3.0 and 2.0 are.`,
    );
  }
  return found;
}

/** The upgrade is loaded for older documents only, because that takes longer than reading most definitions. */
async function upgraded(document: JsonObject, files: DefinitionFiles): Promise<JsonObject> {
  const { upgrade } = await import('@scalar/openapi-upgrader');
  if ('swagger' in document) document.swagger = '2.0';
  else document.openapi = '3.0.3';
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

function serverUrls(servers: unknown): string[] {
  const list: unknown[] = Array.isArray(servers) ? servers : [];
  return list.map((server) => objectOrEmpty(server).url).filter((url) => typeof url === 'string');
}
