import type { Path } from './fault-text.ts';

/** Environment variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/** One node of the file, with what it holds, before and after references, and where it stands. */
export interface DocumentNode {
  readonly kind: 'scalar' | 'mapping' | 'list';
  /** Its key in the mapping above, or its index in the list; empty for the whole document. */
  readonly key: string;
  readonly path: Path;
  /** Offset in the text of its key (of itself, where it has none), and of its value. */
  readonly keyOffset: number;
  readonly offset: number;
  /** A scalar as it was written. */
  readonly raw: unknown;
  /** A scalar after references were replaced. Numbers, booleans and secrets are filled in later. */
  value: unknown;
  /** The references in it. What they stand for comes from outside the file, and no message may show it. */
  readonly references: readonly Reference[];
  /** True when a fault was found already, so that what the schema says of it is only an echo. */
  faulty: boolean;
  readonly entries: ReadonlyMap<string, DocumentNode>;
}

/** The plain value that a node stands for. */
export function plainValue(node: DocumentNode, member: 'value' | 'raw' = 'value'): unknown {
  if (node.kind === 'scalar') return node[member];
  if (node.kind === 'list') return [...node.entries.values()].map((child) => plainValue(child, member));
  return Object.fromEntries([...node.entries].map(([key, child]) => [key, plainValue(child, member)]));
}

/** Own string members only: `${constructor}` must not find what every object inherits. */
export function variable(env: Env, name: string): string | undefined {
  const held: unknown = Object.hasOwn(env, name) ? env[name] : undefined;
  return typeof held === 'string' ? held : undefined;
}

export interface Reference {
  /** Like `${NAME}`. */
  readonly written: string;
  /** What it stands for: never shown. */
  readonly value: string;
}
