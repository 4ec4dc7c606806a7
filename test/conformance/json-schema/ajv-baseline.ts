import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { groupsOf } from './vectors.ts';

/** How many vectors of 2020-12 ajv by itself has right, with every remote schema at hand. */
export function passedByAjv(folder: string, parts: readonly string[]): ReadonlyMap<string, number> {
  const remotes = remotesOf(folder);
  return new Map(
    parts
      .filter((part) => part.startsWith('draft2020-12'))
      .map((part) => [part, passed(folder, part, remotes)]),
  );
}

function passed(folder: string, part: string, remotes: ReadonlyMap<string, object>): number {
  let count = 0;
  for (const { schema, tests } of groupsOf(folder, part)) {
    let validate: ((value: unknown) => unknown) | undefined;
    try {
      const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: true });
      formats.default(ajv);
      validate = compileWith(ajv, schema as object, remotes);
    } catch {
      // Refuses all: right where a value is not valid.
    }
    for (const { data, valid } of tests) if (accepts(validate, data) === valid) count++;
  }
  return count;
}

function accepts(validate: ((value: unknown) => unknown) | undefined, data: unknown): boolean {
  try {
    return validate?.(data) === true;
  } catch {
    // Some dynamic references recurse without end.
    return false;
  }
}

/** Remote schemas are added as they are asked for, since it takes them all or none. */
function compileWith(ajv: Ajv2020, schema: object, remotes: ReadonlyMap<string, object>) {
  for (;;) {
    try {
      return ajv.compile(schema);
    } catch (error) {
      const url = String((error as { missingSchema?: string }).missingSchema);
      const remote = remotes.get(url);
      if (remote === undefined || ajv.getSchema(url) !== undefined) throw error;
      ajv.addSchema(remote, url);
    }
  }
}

function remotesOf(folder: string): ReadonlyMap<string, object> {
  const root = join(folder, 'remotes');
  return new Map(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter(
        (file) => file.endsWith('.json') && (!file.includes('draft') || file.startsWith('draft2020-12')),
      )
      .map((file) => [
        `http://localhost:1234/${file}`,
        JSON.parse(readFileSync(join(root, file), 'utf8')) as object,
      ]),
  );
}
