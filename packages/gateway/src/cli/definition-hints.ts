import type { ApiDefinition } from '../openapi/definition.ts';
import { DefinitionFiles } from '../openapi/files.ts';
import { isJsonObject, type JsonObject, objectOrEmpty } from '../openapi/json-value.ts';
import { loadDefinition } from '../openapi/load.ts';

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
  const server = firstServer(definition, document);
  return {
    definition,
    basePath: basePathOf(server),
    host: server !== undefined && URL.canParse(server) ? new URL(server).hostname : undefined,
    schemeUrls: schemeUrlsOf(document),
  };
}

/** With the defaults of its variables (OpenAPI 3.1 section 4.8.6). One without becomes what no base path takes. */
function firstServer({ servers }: ApiDefinition, document: JsonObject): string | undefined {
  const list = Array.isArray(document.servers) ? (document.servers as unknown[]) : [];
  const variables = objectOrEmpty(objectOrEmpty(list[0]).variables);
  return servers[0]?.replace(/\{([^{}]{1,100})\}/g, (_, name: string) =>
    String(objectOrEmpty(variables[name]).default ?? '%20'),
  );
}

/** The form that the configuration takes (config/schema.ts). */
const usable = /^(\/[A-Za-z0-9._~!$&'()*+,=:@-]+)+$/;

function basePathOf(server: string | undefined): string {
  if (server === undefined) return '';
  const path = URL.canParse(server) ? new URL(server).pathname : server.replace(/[?#].*$/s, '');
  const trimmed = path.replace(/\/+$/, '');
  return usable.test(trimmed) ? trimmed : '';
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
