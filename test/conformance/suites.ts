import { crs } from './crs/vectors.ts';
import { gotestwaf } from './gotestwaf/rates.ts';
import { jose } from './jose/vectors.ts';
import { jsonParsing } from './json-parsing/vectors.ts';
import { jsonSchema } from './json-schema/vectors.ts';
import { openapi, openapiDirectory } from './openapi/vectors.ts';
import type { RateSuite } from './rates.ts';
import { secrules } from './secrules/vectors.ts';
import { structuredFields } from './structured-fields/vectors.ts';
import type { Suite } from './suite.ts';

/** Every suite of vectors; `npm test` runs those whose corpus is there. */
export const suites: readonly Suite[] = [
  jose,
  jsonParsing,
  jsonSchema,
  structuredFields,
  openapi,
  openapiDirectory,
  secrules,
  crs,
];

/** Those that are judged by how much comes out right. */
export const rateSuites: readonly RateSuite[] = [gotestwaf];
