import type { OperationDefinition } from '../openapi/definition.ts';

/** An API of the configuration, as policies may see it. */
export interface Api {
  readonly name: string;
  /** Canonical, without a trailing slash; empty for the root. */
  readonly basePath: string;
  /** Operations of the API's OpenAPI definition; undefined when it has none. */
  readonly operations: readonly Operation[] | undefined;
  /** Methods that the definition allows on this path, for `Allow`; empty when the path is unknown. */
  allowedMethods(path: string): readonly string[];
}

/** One operation of an API. */
export interface Operation {
  /** `operationId`, or method and path where there is none. */
  readonly id: string;
  readonly method: string;
  /** The template as the definition writes it, without the base path: `/books/{id}`. */
  readonly path: string;
  /** Names in the template, in order. */
  readonly parameterNames: readonly string[];
  readonly definition: OperationDefinition;
}
