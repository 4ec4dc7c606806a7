/** The objects of an OpenAPI document that the bundle keeps. */
export type Kind =
  | 'pathItem'
  | 'operation'
  | 'parameter'
  | 'requestBody'
  | 'response'
  | 'header'
  | 'mediaType'
  | 'encoding'
  | 'schema'
  | 'securityScheme';

/** What the policy `sanitising` reads off schemas: how a text is to be cleaned. The one extension that is kept. */
export const sanitizeMark = 'x-portcullis-sanitize';

/** How a key holds further objects: itself (or a list of them), or a map from names to them. */
export type Holds = readonly [how: 'direct' | 'map', kind: Kind];

export interface Structure {
  readonly children: Readonly<Record<string, Holds>>;
  /** Keys that are kept as they stand. Undefined keeps every key that is not dropped. */
  readonly kept?: ReadonlySet<string>;
  readonly dropped?: ReadonlySet<string>;
}

const direct = (kind: Kind): Holds => ['direct', kind];
const map = (kind: Kind): Holds => ['map', kind];

/** The JSON Schema keywords that hold schemas. */
export const schemaKeywords = {
  properties: map('schema'),
  patternProperties: map('schema'),
  dependentSchemas: map('schema'),
  // Before 2019-09; for names as well as for schemas.
  dependencies: map('schema'),
  items: direct('schema'),
  prefixItems: direct('schema'),
  contains: direct('schema'),
  unevaluatedItems: direct('schema'),
  unevaluatedProperties: direct('schema'),
  additionalProperties: direct('schema'),
  additionalItems: direct('schema'),
  propertyNames: direct('schema'),
  allOf: direct('schema'),
  anyOf: direct('schema'),
  oneOf: direct('schema'),
  not: direct('schema'),
  if: direct('schema'),
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: direct('schema'),
  else: direct('schema'),
} as const satisfies Record<string, Holds>;

/** Of an operation in any version; path items and Swagger 2.0 add theirs. */
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'] as const;

/**
 * Which keys of which object hold what: the one place that knows the shape of OpenAPI 2.0, 3.0, 3.1 and 3.2 documents.
 * Callbacks, links and examples are not in it: they say nothing about requests and replies.
 */
export const structures: Readonly<Record<Kind, Structure>> = {
  pathItem: {
    children: {
      // First: the upgrade from 2.0 hands a path's body on to those operations only that stand behind it.
      parameters: direct('parameter'),
      ...Object.fromEntries(methods.map((method) => [method, direct('operation')])),
      // Since 3.2: by the method as it is sent.
      additionalOperations: map('operation'),
    },
    kept: new Set(),
  },
  operation: {
    children: {
      parameters: direct('parameter'),
      requestBody: direct('requestBody'),
      responses: map('response'),
    },
    kept: new Set(['operationId', 'summary', 'tags', 'deprecated', 'security', 'consumes', 'produces']),
  },
  parameter: {
    children: { schema: direct('schema'), content: map('mediaType'), items: direct('schema') },
    dropped: new Set(['description', 'example', 'examples', 'x-example', 'x-examples']),
  },
  requestBody: { children: { content: map('mediaType') }, kept: new Set(['required']) },
  // `schema` is that of Swagger 2.0.
  response: {
    children: { headers: map('header'), content: map('mediaType'), schema: direct('schema') },
    kept: new Set(),
  },
  header: {
    children: { schema: direct('schema'), content: map('mediaType'), items: direct('schema') },
    dropped: new Set(['description', 'example', 'examples']),
  },
  mediaType: {
    children: { schema: direct('schema'), itemSchema: direct('schema'), encoding: map('encoding') },
    kept: new Set(),
  },
  encoding: {
    children: { headers: map('parameter') },
    kept: new Set(['contentType', 'style', 'explode', 'allowReserved']),
  },
  schema: {
    children: schemaKeywords,
    // References to what stands under the last three are followed; the schemas themselves move.
    dropped: new Set([
      'title',
      'description',
      'default',
      'example',
      'examples',
      'externalDocs',
      '$comment',
      '$schema',
      '$id',
      '$anchor',
      '$dynamicAnchor',
      '$vocabulary',
      '$defs',
      'definitions',
    ]),
  },
  securityScheme: { children: {}, kept: new Set(['type', 'in', 'name', 'scheme', 'flow', 'scopes']) },
};

export const operationKeys: readonly string[] = methods;
