import type { ApiDefinition } from '../openapi/definition.ts';
import { DefinitionFiles } from '../openapi/files.ts';
import { isJsonObject, type JsonObject, objectOrEmpty } from '../openapi/json-value.ts';
import { loadDefinition } from '../openapi/load.ts';
import { basePathOf } from '../openapi/servers.ts';

/** What `init` reads of a definition: what the gateway enforces, and what only says where things are. */
export interface Hints {
  readonly definition: ApiDefinition;
  /** Path of the first server, canonical and without a trailing slash; empty when there is none that can be used. */
  readonly basePath: string;
  /** Host of the first server, without its port. */
  readonly host: string | undefined;
  /** URLs of each security scheme, by its name: of discovery, tokens or authorization. */
  readonly schemeUrls: Readonly<Record<string, readonly string[]>>;
}

/** @throws DefinitionError, which names file and place */
export async function readHints(file: string): Promise<Hints> {
  const definition = await loadDefinition(file);
  const files = new DefinitionFiles(file);
  const document = objectOrEmpty(files.read(files.root));
  const [server] = definition.servers;
  return {
    definition,
    basePath: (server === undefined ? undefined : basePathOf(server)) ?? '',
    host: server !== undefined && URL.canParse(server) ? new URL(server).hostname : undefined,
    schemeUrls: schemeUrlsOf(document),
  };
}

const urlKeys = ['openIdConnectUrl', 'oauth2MetadataUrl', 'tokenUrl', 'authorizationUrl'];

function schemeUrlsOf(document: JsonObject): Record<string, readonly string[]> {
  const declared = document.securityDefinitions ?? objectOrEmpty(document.components).securitySchemes;
  const urls: Record<string, readonly string[]> = {};
  for (const [name, scheme] of Object.entries(objectOrEmpty(declared))) {
    if (!isJsonObject(scheme)) continue;
    // Swagger 2.0 has one flow, whose URLs stand in the scheme itself.
    const places = [scheme, ...Object.values(objectOrEmpty(scheme.flows)).map(objectOrEmpty)];
    const found = urlKeys.flatMap((key) => places.map((place) => place[key]));
    Object.defineProperty(urls, name, {
      value: found.filter((url) => typeof url === 'string'),
      enumerable: true,
    });
  }
  return urls;
}
