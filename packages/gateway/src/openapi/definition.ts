import type { Effect } from './definition-faults.ts';

/**
 * What the gateway keeps of an OpenAPI definition: plain data, which the main thread makes and sends to the data
 * threads as a structured clone. Only what is needed to judge requests and replies is kept; all versions look like 3.1.
 */
export interface ApiDefinition {
  readonly title: string;
  /** `info.version`: that of the API. */
  readonly version: string;
  /** The version of OpenAPI that the file is written in, `3.0.3` for example. */
  readonly specification: string;
  /** URLs of `servers`, their variables filled in; the configuration says whether their base path counts. */
  readonly servers: readonly string[];
  readonly operations: readonly OperationDefinition[];
  readonly shared: SharedDefinition;
  /** Its mistakes, each of which it is served in spite of. */
  readonly faults: readonly DefinitionFault[];
}

/** What operations refer to. */
export interface SharedDefinition {
  /** By name; `$ref` in any schema is such a name, with nothing around it. */
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>;
}

/** Of a definition whose operations refer to nothing. */
export const nothingShared: SharedDefinition = { schemas: {}, securitySchemes: {} };

/** What the operations of one definition refer to. */
export function sharedOf(operations: readonly OperationDefinition[]): SharedDefinition {
  return operations[0]?.shared ?? nothingShared;
}

/** JSON Schema 2020-12 without `$id` and `$defs`; annotations such as descriptions are left out. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

export interface OperationDefinition {
  /** `operationId`, or method and path where there is none. Unique. */
  readonly id: string;
  /** Upper-case. */
  readonly method: string;
  /** The template, `/books/{id}`. */
  readonly path: string;
  /** With those of the path item, which the operation's own replace. */
  readonly parameters: readonly ParameterDefinition[];
  readonly requestBody: RequestBodyDefinition | undefined;
  /** By status: `200`, `2XX`, `default`; undefined where the definition has none. */
  readonly responses?: Readonly<Record<string, ResponseDefinition>> | undefined;
  /** Undefined: the definition says nothing. Empty, or with an empty alternative: public. */
  readonly security: readonly SecurityAlternative[] | undefined;
  readonly deprecated: boolean;
  readonly tags: readonly string[];
  readonly summary: string | undefined;
  /** The same object in all operations of a definition, a structured clone included. */
  readonly shared: SharedDefinition;
}

export type ParameterLocation = 'path' | 'query' | 'header' | 'cookie';
export type ParameterStyle =
  | 'simple'
  | 'label'
  | 'matrix'
  | 'form'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'deepObject';

export interface ParameterDefinition {
  /** Header names in lower case. */
  readonly name: string;
  readonly in: ParameterLocation;
  readonly required: boolean;
  /** Undefined for a style that is not supported: such a parameter may be present, its value is not judged. */
  readonly style: ParameterStyle | undefined;
  readonly explode: boolean;
  /** `?name=` is good whatever the schema says. */
  readonly allowEmptyValue: boolean;
  readonly deprecated: boolean;
  readonly schema: Schema;
  /** Set when the value is a document of this media type instead of being serialised in a style. */
  readonly mediaType: string | undefined;
}

export interface RequestBodyDefinition {
  readonly required: boolean;
  /** By media type or range as `mediaTypeKey` writes it: `application/json`, `image/*`, `application/json; version=2`. */
  readonly content: Readonly<Record<string, Schema>>;
  /** What else is said of them, by the same keys; only where there is anything. */
  readonly details?: Readonly<Record<string, MediaTypeDetails>>;
}

/** Of a media type object. */
export interface MediaTypeDetails {
  /** Of each item of a sequence (OpenAPI 3.2). */
  readonly itemSchema: Schema | undefined;
  /** By property of a form or multipart. */
  readonly encoding: Readonly<Record<string, EncodingDefinition>>;
}

export interface EncodingDefinition {
  /** Media types and ranges, lower-case and without parameters; empty where it says none. */
  readonly contentTypes: readonly string[];
  /** Undefined where it says none. */
  readonly style: ParameterStyle | undefined;
  readonly explode: boolean | undefined;
  /** Of the part, as if they were header parameters. */
  readonly headers: readonly ParameterDefinition[];
}

/** Equal ones are the same object in all operations of a definition. */
export interface ResponseDefinition {
  /** Without Content-Type, which the content states; all are `in: header`. */
  readonly headers: readonly ParameterDefinition[];
  /** As in RequestBodyDefinition; undefined where the response says nothing of content. */
  readonly content: Readonly<Record<string, Schema>> | undefined;
}

/** All of these together. */
export type SecurityAlternative = readonly SecurityRequirement[];

export interface SecurityRequirement {
  /** Name of the security scheme. */
  readonly scheme: string;
  /** Its type; `unknown` where the definition does not define it, and nothing satisfies it. */
  readonly type: SecurityScheme['type'] | 'unknown';
  readonly scopes: readonly string[];
}

export interface SecurityScheme {
  readonly type: 'apiKey' | 'http' | 'oauth2' | 'openIdConnect' | 'mutualTLS';
  /** Of an apiKey. */
  readonly in?: 'query' | 'header' | 'cookie';
  /** Of an apiKey; header names in lower case. */
  readonly name?: string;
  /** Of http, lower-case: `bearer`, `basic`. */
  readonly scheme?: string;
}

export interface DefinitionFault {
  /** File and JSON Pointer. */
  readonly place: string;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** What the gateway does about it. */
  readonly effect: Effect;
}
