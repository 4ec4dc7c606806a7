import { editDistance, nearest } from '../config/suggest.ts';
import { enforcedKeywords } from './keywords.ts';
import { type Kind, schemaKeywords, structures } from './structure.ts';

/** The fields that objects have in any version of OpenAPI, besides those that the bundle keeps. */
const more: Readonly<Record<Kind, readonly string[]>> = {
  pathItem: ['$ref', 'summary', 'description', 'servers'],
  operation: ['description', 'externalDocs', 'callbacks', 'servers', 'schemes'],
  parameter: [
    'name',
    'in',
    'required',
    'deprecated',
    'allowEmptyValue',
    'allowReserved',
    'style',
    'explode',
    'collectionFormat',
    'default',
  ],
  requestBody: ['description'],
  response: ['description', 'summary', 'links', 'examples'],
  header: ['required', 'deprecated', 'allowEmptyValue', 'style', 'explode', 'collectionFormat', 'default'],
  mediaType: ['example', 'examples', 'itemEncoding', 'prefixEncoding'],
  encoding: ['encoding', 'itemEncoding', 'prefixEncoding'],
  schema: [
    '$dynamicRef',
    '$recursiveRef',
    '$recursiveAnchor',
    'contentSchema',
    'deprecated',
    'id',
    'nullable',
    'summary',
  ],
  securityScheme: [
    'description',
    'bearerFormat',
    'flows',
    'openIdConnectUrl',
    'oauth2MetadataUrl',
    'authorizationUrl',
    'tokenUrl',
    'deprecated',
  ],
};

/** Of the document and of its components, which are no kinds of the bundle. */
export const documentFields: readonly string[] = [
  ...[
    'openapi',
    'swagger',
    '$self',
    'info',
    'servers',
    'paths',
    'webhooks',
    'components',
    'security',
    'tags',
  ],
  ...['externalDocs', 'jsonSchemaDialect', 'host', 'basePath', 'schemes', 'consumes', 'produces'],
  ...['definitions', 'parameters', 'responses', 'securityDefinitions'],
];
export const componentFields: readonly string[] = [
  ...['schemas', 'responses', 'parameters', 'examples', 'requestBodies', 'headers', 'securitySchemes'],
  ...['links', 'callbacks', 'pathItems', 'mediaTypes'],
];

const fields = Object.fromEntries(
  Object.entries(structures).map(([kind, { children, kept, dropped }]) => {
    const known = [...Object.keys(children), ...(kept ?? []), ...(dropped ?? []), ...more[kind as Kind]];
    return [kind, new Set(kind === 'schema' ? [...known, ...enforcedKeywords] : known)];
  }),
) as unknown as Readonly<Record<Kind, ReadonlySet<string>>>;

/** Nobody who writes `schema` in a schema meant this one. */
const offered = { ...fields, schema: new Set([...fields.schema].filter((each) => each !== '$schema')) };

/** In Swagger 2.0 parameters and headers are their own schemas, and no object has them elsewhere. */
const ofSchemas: ReadonlySet<string> = new Set(
  [...enforcedKeywords, ...Object.keys(schemaKeywords)].filter((key) => key !== '$ref'),
);

export type Misplaced =
  | { readonly kind: 'slip'; readonly meant: string }
  /** A keyword of schemas, beside the schema. */
  | { readonly kind: 'outside' };

/** What is wrong with a key of an object; undefined for one that it has, and for one that nobody knows. */
export function misplaced(kind: Kind, key: string, isSwagger: boolean): Misplaced | undefined {
  if (fields[kind].has(key) || key.startsWith('x-')) return undefined;
  if ((kind === 'parameter' || kind === 'header') && ofSchemas.has(key))
    return isSwagger ? undefined : { kind: 'outside' };
  const meant = likeliest(key, offered[kind]);
  return meant === undefined ? undefined : { kind: 'slip', meant };
}

/** Stricter than for a configuration: definitions have keys of other tools, which are no slips. */
export function likeliest(written: string, known: Iterable<string>): string | undefined {
  const meant = nearest(written, known);
  if (meant === undefined) return undefined;
  const distance = editDistance(written.toLowerCase(), meant.toLowerCase());
  return distance <= Math.max(1, Math.floor(written.length / 5)) ? meant : undefined;
}
