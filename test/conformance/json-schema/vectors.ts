import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usualLimits } from '../../../packages/gateway/src/http/json-limits.ts';
import type { ReadableBody } from '../../../packages/gateway/src/openapi/bodies.ts';
import type { Judgement } from '../../../packages/gateway/src/openapi/body-judge.ts';
import { DefinitionError } from '../../../packages/gateway/src/openapi/files.ts';
import { loadDefinition } from '../../../packages/gateway/src/openapi/load.ts';
import { Validator, type ValidatorOptions } from '../../../packages/gateway/src/openapi/validator.ts';
import type { Outcome, Suite } from '../suite.ts';

/**
 * JSON-Schema-Test-Suite: a schema, and values that meet it or do not. Each schema is the body of an operation of a
 * definition: 2020-12 is the dialect of OpenAPI 3.1, and draft 4 is what that of 3.0 was made of.
 */
export const jsonSchema: Suite = {
  name: 'json-schema',
  corpus: 'json-schema',
  summary: 'JSON Schema 2020-12 and draft 4, as bodies of OpenAPI 3.1 and 3.0',
  parts: (folder) =>
    dialects.flatMap(({ draft }) =>
      readdirSync(join(folder, 'tests', draft), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.json'))
        .map((file) => `${draft}/${file}`)
        .sort(),
    ),
  outcomes: outcomesOf,
};

export const dialects = [
  { draft: 'draft2020-12', openapi: '3.1.0' },
  { draft: 'draft4', openapi: '3.0.3' },
] as const;

export interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

export function groupsOf(folder: string, part: string): readonly Group[] {
  return JSON.parse(readFileSync(join(folder, 'tests', part), 'utf8')) as Group[];
}

async function outcomesOf(folder: string, part: string): Promise<Outcome[]> {
  const { openapi } = dialects.find(({ draft }) => part.startsWith(draft))!;
  const outcomes: Outcome[] = [];
  for (const [index, group] of groupsOf(folder, part).entries()) {
    const judge = await judgeOf(group.schema, openapi, folder);
    for (const [number, { description, data, valid }] of group.tests.entries()) {
      const reason = judge(data);
      outcomes.push({
        id: `${index + 1}.${number + 1}`,
        what: `${group.description}: ${description}`,
        expected: valid ? 'valid' : 'invalid',
        actual: reason === '' ? 'valid' : 'invalid',
        reason,
      });
    }
  }
  return outcomes;
}

/** @returns a function that says which keyword a value does not meet; empty when it meets all */
async function judgeOf(
  schema: unknown,
  openapi: string,
  corpus: string,
): Promise<(value: unknown) => string> {
  const folder = mkdtempSync(join(tmpdir(), 'json-schema-'));
  try {
    writeFileSync(join(folder, 'schema.json'), JSON.stringify(schema));
    writeFileSync(join(folder, 'api.json'), JSON.stringify(definitionWith(openapi)));
    const { operations, shared } = await loadDefinition(join(folder, 'api.json'), {
      remote: [remotes],
      fetch: async (url) => readFileSync(join(corpus, 'remotes', url.slice(remotes.length)), 'utf8'),
    });
    const validator = new Validator(shared, options);
    const rule = validator.bodyRule(operations[0]!, 'application/json') as ReadableBody;
    return (value) => {
      const judged = validator.judgeBody(operations[0]!, rule, nothing, usualLimits, { value }) as Judgement;
      return judged !== undefined && 'errors' in judged ? judged.errors[0]!.keyword : '';
    };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return () => 'not loaded';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const nothing = Buffer.alloc(0);
/** The schema alone counts. */
const options: ValidatorOptions = {
  unknownQueryParameters: 'refuse',
  unknownFields: 'allow',
  maxErrors: 1,
  files: { maxFiles: 0, maxFileSize: 0, fileNames: 'strict' },
};

/** Where the folder of the same name is, for the vectors. */
const remotes = 'http://localhost:1234/';

function definitionWith(openapi: string): object {
  const content = { 'application/json': { schema: { $ref: './schema.json' } } };
  const post = { requestBody: { content }, responses: { 200: { description: 'ok' } } };
  return { openapi, info: { title: 't', version: '1' }, paths: { '/': { post } } };
}
