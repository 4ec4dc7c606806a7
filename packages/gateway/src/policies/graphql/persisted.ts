import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isJsonObject } from '../../openapi/json-value.ts';
import { type CompiledDocument, compileDocument, type DocumentRules } from './document.ts';
import { GraphqlFault } from './fault.ts';

/** An operation that is known before anybody asks for it. */
export interface PersistedOperation {
  readonly text: string;
  readonly document: CompiledDocument;
}

/** Operations by id and by hash. */
export class PersistedOperations {
  readonly #byId = new Map<string, PersistedOperation>();

  /** @param id as the client names it; `sha256:` in front of a hash makes no difference */
  get(id: string): PersistedOperation | undefined {
    return this.#byId.get(withoutPrefix(id));
  }

  add(id: string, operation: PersistedOperation): void {
    this.#byId.set(withoutPrefix(id), operation);
    this.#byId.set(sha256(operation.text), operation);
  }
}

export function withoutPrefix(id: string): string {
  return id.startsWith('sha256:') ? id.slice('sha256:'.length) : id;
}

/** Hexadecimal, of the text as UTF-8. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** @returns the folder itself and what is in it, or the file */
export function persistedFiles(written: string, folder: string): string[] {
  const path = resolve(folder, written);
  try {
    return [path, ...(statSync(path).isDirectory() ? documentsIn(path).map((name) => join(path, name)) : [])];
  } catch {
    return [path];
  }
}

function documentsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.(?:graphql|gql)$/.test(name))
    .sort();
}

/**
 * Reads and compiles the operations: what is beyond a limit would never be let through, and is told here.
 * @throws Error, or AggregateError with one for each operation that cannot be used
 */
export function loadPersisted(written: string, folder: string, rules: DocumentRules): PersistedOperations {
  const operations = new PersistedOperations();
  const faults: Error[] = [];
  for (const { id, text, shown } of readTexts(resolve(folder, written), written)) {
    try {
      operations.add(id, { text, document: compileDocument(text, rules) });
    } catch (fault) {
      if (!(fault instanceof GraphqlFault)) throw fault;
      const { place, keyword, message } = fault;
      faults.push(
        new Error(
          `${shown}${place === undefined ? '' : `:${place.line}:${place.column}`}: ${keyword}: ${message}`,
        ),
      );
    }
  }
  if (faults.length > 0) throw new AggregateError(faults);
  return operations;
}

interface Read {
  readonly id: string;
  readonly text: string;
  /** Which file, and which operation of it, for messages. */
  readonly shown: string;
}

function readTexts(path: string, written: string): Read[] {
  if (statSync(path).isDirectory()) {
    return documentsIn(path).map((name) => ({
      id: name.replace(/\.[a-z]+$/, ''),
      text: readFileSync(join(path, name), 'utf8'),
      shown: join(written, name),
    }));
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${written}: not valid JSON: ${error.message}`);
  }
  const expected = `${written}: expected operations by id, {"id": "query { … }"}, or a manifest with a list of operations that have id and body`;
  if (!isJsonObject(content)) throw new Error(expected);
  const listed: [unknown, unknown][] = Array.isArray(content.operations)
    ? content.operations.map((each) => (isJsonObject(each) ? [each.id, each.body] : [undefined, undefined]))
    : Object.entries(content);
  return listed.map(([id, text]) => {
    if (typeof id !== 'string' || typeof text !== 'string') throw new Error(expected);
    return { id, text, shown: `${written}: ${id}` };
  });
}
