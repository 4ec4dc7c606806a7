import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { TextDecoder } from 'node:util';
import { z } from 'zod';
import type { DocumentNode, Env } from './document-node.ts';
import { plainValue, variable } from './document-node.ts';
import { likeliestBranch, validate } from './suggest.ts';

/** Bytes of a file that holds a secret. */
const largestFile = 64 * 1024;

const wholeReference = /^\$\{([A-Za-z_][A-Za-z0-9_]{0,127})\}$/;
const referenceWithDefault = /^\$\{[A-Za-z_][A-Za-z0-9_]{0,127}:-[^{}\r\n]{0,1024}\}$/;

/** The forms in which a secret may be written, for the editor's schema. */
export const secretPattern = '^(\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}|file:.+)$';

/**
 * A text that must not stand in the configuration itself. In the file it is a reference, `${NAME}` or `file:PATH`;
 * in the value that `readDocument` returns it is the plain text. Checks such as `.min(32)` are about that text.
 *
 * The type is an ordinary string marked `writeOnly` (JSON Schema's word for it), which `.min()`, `.describe()` and
 * the like keep: `schema.parse` alone takes any string, and it is `readDocument` that refuses a literal one.
 */
export function secret(): z.ZodString {
  return z.string().min(1).meta({
    writeOnly: true,
    description: `A secret: \${NAME} for an environment variable, or file:PATH for the content of a file.`,
  });
}

export function isSecret(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.writeOnly === true;
}

/**
 * The nodes of a document whose schema is `secret()`. Where a union leaves the choice open, the branch counts that
 * takes the value, as in zod, else the likeliest one. A kind of schema that holds others and is not known here
 * throws: a secret must not go unseen.
 */
export function secretNodes(schema: z.core.$ZodType, node: DocumentNode): DocumentNode[] {
  const found = new Set<DocumentNode>();
  walk(schema, node, found);
  return [...found];
}

function walk(schema: z.core.$ZodType, node: DocumentNode, found: Set<DocumentNode>): void {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  switch (def.type) {
    case 'string':
      if (isSecret(schema) && node.value !== null) found.add(node);
      return;
    case 'object':
      for (const [key, child] of node.entries) {
        const known = Object.hasOwn(def.shape, key) ? def.shape[key] : def.catchall;
        if (known !== undefined) walk(known, child, found);
      }
      return;
    case 'record':
      for (const child of node.entries.values()) walk(def.valueType, child, found);
      return;
    case 'array':
      if (node.kind === 'list') for (const child of node.entries.values()) walk(def.element, child, found);
      return;
    case 'tuple':
      for (const [index, child] of node.entries) {
        const item = def.items[Number(index)] ?? def.rest;
        if (item) walk(item, child, found);
      }
      return;
    case 'union':
      walk(branchFor(def.options, node), node, found);
      return;
    case 'intersection':
      walk(def.left, node, found);
      walk(def.right, node, found);
      return;
    case 'lazy':
      walk(def.getter(), node, found);
      return;
    case 'pipe':
      // z.preprocess puts a function first; what follows it is taken to see the same keys.
      walk((def.in as z.core.$ZodTypes)._zod.def.type === 'transform' ? def.out : def.in, node, found);
      return;
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
    case 'success':
      walk(def.innerType, node, found);
      return;
    default:
      if (['promise', 'map', 'set'].includes(def.type)) {
        throw new Error(`a configuration schema cannot use z.${def.type}()`);
      }
  }
}

function branchFor(options: readonly z.core.$ZodType[], node: DocumentNode): z.core.$ZodType {
  const value = plainValue(node);
  const issues: z.core.$ZodIssue[][] = [];
  for (const option of options) {
    const outcome = validate(option, value);
    if (outcome.success) return option;
    issues.push(outcome.error.issues);
  }
  const likeliest = options[likeliestBranch(issues)];
  if (likeliest === undefined) throw new Error('a union without branches');
  return likeliest;
}

export type SecretText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string; readonly suggestion?: string };

/**
 * The text that a secret's node refers to. Refuses everything that is no reference as a whole; the sentence never
 * repeats what was written, which may be the secret itself.
 * @param node the node of a `secret()` field
 * @param folder where relative paths start
 * @param onFile told of the secret's file before it is read
 */
export function readSecret(
  node: DocumentNode,
  folder: string,
  env: Env,
  onFile?: (file: string) => void,
): SecretText {
  if (node.kind !== 'scalar') {
    return refuse(node, `expected a reference to a secret, found a ${node.kind}`);
  }
  const written = typeof node.raw === 'string' ? node.raw : '';
  const name = wholeReference.exec(written)?.[1];
  if (name !== undefined) {
    const text = variable(env, name);
    if (text === undefined) {
      return { ok: false, message: `the environment variable ${name} is not set` };
    }
    if (text === '') return { ok: false, message: `the environment variable ${name} is empty` };
    return { ok: true, text };
  }
  // The path itself may hold references, as in file:${CREDENTIALS_DIRECTORY}/key.
  if (written.startsWith('file:')) {
    return readSecretFile(String(node.value).slice('file:'.length), folder, onFile);
  }
  if (referenceWithDefault.test(written)) {
    return refuse(node, 'a secret has no default, as the default would stand in this file');
  }
  return refuse(node, 'expected a reference to a secret, found the secret itself or a part of it');
}

function refuse(node: DocumentNode, message: string): SecretText {
  const word = node.key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_');
  const name = /^[A-Za-z]/.test(word) ? word.slice(0, 64).toUpperCase() : 'SECRET';
  const file = name.toLowerCase().replaceAll('_', '-');
  return {
    ok: false,
    message,
    suggestion: `write \${${name}} and set that variable, or write file:/run/secrets/${file}`,
  };
}

function readSecretFile(
  path: string,
  folder: string,
  onFile: ((file: string) => void) | undefined,
): SecretText {
  if (path === '' || path.includes('\0')) {
    return { ok: false, message: 'expected a path after "file:"' };
  }
  const absolute = resolve(folder, path);
  onFile?.(absolute);
  const failed = (why: string): SecretText => ({
    ok: false,
    message: `the secret's file ${JSON.stringify(absolute)} ${why}`,
  });
  let content: Buffer;
  try {
    // Without O_NONBLOCK the opening of a FIFO would wait for a writer for ever.
    const descriptor = openSync(absolute, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      if (!fstatSync(descriptor).isFile()) return failed('is not a regular file');
      content = readUpTo(descriptor, largestFile + 1);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return failed(`cannot be read (${errorCode(error)})`);
  }
  if (content.length > largestFile) return failed(`is larger than ${largestFile / 1024} KiB`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return failed('is not UTF-8 text');
  }
  text = text.replace(/\r?\n$/, '');
  return text === '' ? failed('is empty') : { ok: true, text };
}

function readUpTo(descriptor: number, limit: number): Buffer {
  const buffer = Buffer.alloc(limit);
  let length = 0;
  while (length < limit) {
    const count = readSync(descriptor, buffer, length, limit - length, null);
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return typeof code === 'string' ? code : String(error);
}
