import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
} from 'yaml';
import { type DocumentNode, type Env, type Reference, variable } from './document-node.ts';
import type { Path, Report } from './fault-text.ts';
import { syntaxText } from './fault-text.ts';

const largestText = 4 * 1024 * 1024;
const deepestNesting = 64;
/** Nodes that aliases may add: ten lines of aliases to aliases would otherwise make a billion. */
const mostAliasNodes = 10_000;
/** Past these, what follows is mostly an echo of the first ones. */
const mostSyntaxFaults = 20;

/** Bytes of environment in one value: a reference repeated many times must not fill the memory. */
const longestValue = 256 * 1024;

const reference = /\$\{[A-Za-z_][A-Za-z0-9_]{0,127}(?::-[^{}\r\n]{0,1024})?\}/g;
const referenceBody = /^([A-Za-z_][A-Za-z0-9_]{0,127})(?::-([^{}\r\n]{0,1024}))?$/;

/*
 * In YAML `{`, `}` and `,` end a plain scalar inside [ ] and { }, so `{ port: ${PORT} }` would be a syntax error.
 * Those of a reference are therefore replaced by Unicode noncharacters (meant for a program's inner use, Unicode
 * section 23.7) before YAML sees the text, and put back in each scalar. The length stays, so positions do.
 */
const masks = ['\uFDD0', '\uFDD1', '\uFDD2'] as const;
const masked = /[\uFDD0-\uFDD2]/g;

/** Hides the references of `text` from the YAML parser; undefined if `text` holds the noncharacters we hide with. */
export function maskReferences(text: string): string | undefined {
  if (text.search(masked) !== -1) return undefined;
  return text.replace(reference, (found) =>
    found.replace('{', masks[0]).replace('}', masks[1]).replaceAll(',', masks[2]),
  );
}

/** Undoes maskReferences. */
export function unmaskReferences(text: string): string {
  return text.replace(masked, (mark) => (mark === masks[0] ? '{' : mark === masks[1] ? '}' : ','));
}

export interface Substitution {
  readonly text: string;
  readonly references: readonly Reference[];
  readonly problems: readonly ReferenceProblem[];
}

export interface ReferenceProblem {
  /** Counted from 0 among the `${` of the string, escaped ones included. */
  readonly index: number;
  readonly message: string;
  readonly suggestion?: string;
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` in one string. As in a shell, the default also stands in for a variable
 * that is set but empty. `$${` is a literal `${`. What a variable holds is not looked through for references.
 */
export function substitute(text: string, env: Env): Substitution {
  const problems: ReferenceProblem[] = [];
  let result = '';
  const references: Reference[] = [];
  let from = 0;
  let index = 0;
  for (let start = text.indexOf('${'); start !== -1; start = text.indexOf('${', from), index += 1) {
    if (start > from && text[start - 1] === '$') {
      result += `${text.slice(from, start - 1)}\${`;
      from = start + 2;
      continue;
    }
    result += text.slice(from, start);
    const end = text.indexOf('}', start + 2);
    const body = end === -1 ? null : referenceBody.exec(text.slice(start + 2, end));
    if (body === null) {
      problems.push({
        index,
        message: `expected a reference like \${NAME} or \${NAME:-default} after "\${"`,
        suggestion: `write $\${ for a literal "\${"`,
      });
      from = start + 2;
      continue;
    }
    const [, name = '', fallback] = body;
    const held = variable(env, name);
    const value = fallback !== undefined && (held === undefined || held === '') ? fallback : held;
    if (value === undefined) {
      problems.push({ index, message: `the environment variable ${name} is not set` });
    } else if (result.length + value.length > longestValue) {
      problems.push({
        index,
        message: `expected at most ${longestValue} characters once the references are replaced, found more`,
      });
      return { text, references, problems };
    } else {
      result += value;
      references.push({ written: text.slice(start, end + 1), value });
    }
    from = end + 1;
  }
  return { text: result + text.slice(from), references, problems };
}

/** Parses the text and builds the tree of nodes; undefined when the YAML itself is at fault. */
export function readTree(
  text: string,
  lineCounter: LineCounter,
  env: Env,
  report: Report,
): DocumentNode | undefined {
  if (text.length > largestText || Buffer.byteLength(text) > largestText) {
    report(0, [], `expected at most ${largestText / 1024 / 1024} MiB of text, found more`);
    return undefined;
  }
  const source = maskReferences(text);
  if (source === undefined) {
    report(0, [], 'the text holds one of the noncharacters U+FDD0 to U+FDD2, which are not for interchange');
    return undefined;
  }
  const document = parseDocument(source, {
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    // Compares each key with each other one; the tree below finds duplicates with a map.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter,
  });
  const linesSeen = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    const { line } = lineCounter.linePos(error.pos[0]);
    if (linesSeen.has(line) || linesSeen.size === mostSyntaxFaults) continue;
    linesSeen.add(line);
    const { message, suggestion } = syntaxText(error.code, unmaskReferences(error.message));
    report(error.pos[0], [], message, suggestion);
  }
  if (linesSeen.size > 0) return undefined;
  return new TreeBuilder(document, source, env, report).build();
}

class TreeBuilder {
  readonly #document: Document.Parsed<ParsedNode>;
  readonly #source: string;
  readonly #env: Env;
  readonly #report: Report;
  readonly #targets: ReadonlyMap<Alias, Node | 'itself' | undefined>;
  #insideAliases = 0;
  #aliasNodes = 0;

  constructor(document: Document.Parsed<ParsedNode>, source: string, env: Env, report: Report) {
    this.#document = document;
    this.#source = source;
    this.#env = env;
    this.#report = report;
    this.#targets = aliasTargets(document);
  }

  build(): DocumentNode | undefined {
    const root = this.#node(this.#document.contents, { key: '', path: [], offset: 0 });
    if (this.#aliasNodes <= mostAliasNodes) return root;
    this.#report(0, [], `expected aliases that stand for at most ${mostAliasNodes} values, found more`);
    return undefined;
  }

  #node(node: unknown, at: { key: string; path: Path; offset: number }): DocumentNode {
    const offset = (isNode(node) ? node.range?.[0] : undefined) ?? at.offset;
    const place = {
      key: at.key,
      path: at.path,
      keyOffset: at.path.length === 0 ? offset : at.offset,
      offset,
    };
    const leaf = (
      value: unknown,
      more?: { references?: readonly Reference[]; faulty?: boolean; raw?: unknown },
    ) => ({
      ...place,
      kind: 'scalar' as const,
      raw: value,
      value,
      references: [],
      faulty: false,
      entries: new Map<string, DocumentNode>(),
      ...more,
    });
    if (at.path.length > deepestNesting) {
      this.#report(offset, at.path, `expected at most ${deepestNesting} levels of nesting, found more`);
      return leaf(null, { faulty: true });
    }
    if (this.#insideAliases > 0) {
      this.#aliasNodes += 1;
      if (this.#aliasNodes > mostAliasNodes) return leaf(null, { faulty: true });
    }
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (target === undefined || target === 'itself') {
        const why =
          target === undefined ? `has no anchor &${node.source} before it` : 'stands inside what it names';
        this.#report(offset, at.path, `the alias *${node.source} ${why}`);
        return leaf(null, { faulty: true });
      }
      this.#insideAliases += 1;
      const built = this.#node(target, at);
      this.#insideAliases -= 1;
      return built;
    }
    if (isScalar(node) && typeof node.value === 'string') {
      const raw = unmaskReferences(node.value);
      const replaced = substitute(raw, this.#env);
      for (const problem of replaced.problems) {
        const from = this.#referenceOffset(node.range ?? [offset, offset], problem.index);
        this.#report(from, at.path, problem.message, problem.suggestion);
      }
      return leaf(replaced.text, {
        raw,
        references: replaced.references,
        faulty: replaced.problems.length > 0,
      });
    }
    if (isMap(node))
      return { ...leaf(undefined), kind: 'mapping', entries: this.#mapping(node.items, at.path) };
    if (isSeq(node)) {
      const entries = new Map<string, DocumentNode>();
      node.items.forEach((item, index) => {
        const itemOffset = isNode(item) ? (item.range?.[0] ?? offset) : offset;
        const place = { key: String(index), path: [...at.path, index], offset: itemOffset };
        entries.set(place.key, this.#node(item, place));
      });
      return { ...leaf(undefined), kind: 'list', entries };
    }
    return leaf(isScalar(node) ? node.value : null);
  }

  #mapping(items: readonly { key: unknown; value: unknown }[], path: Path): Map<string, DocumentNode> {
    const entries = new Map<string, DocumentNode>();
    for (const pair of items) {
      const key = unmaskReferences(isScalar(pair.key) ? String(pair.key.value) : String(pair.key));
      const offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? 0;
      const place = { key, path: [...path, key], offset };
      if (key === '<<') {
        this.#report(offset, place.path, 'YAML merge keys are not part of YAML 1.2', 'write the keys out');
      } else if (key === '__proto__') {
        this.#report(offset, place.path, 'a key cannot have this name');
      } else if (entries.has(key)) {
        this.#report(offset, place.path, 'the key is there twice', 'leave one of them');
      } else {
        entries.set(key, this.#node(pair.value, place));
      }
    }
    return entries;
  }

  /** Offset of the `index`-th `${` of a scalar, whose quotes, escapes and folds make its text differ from the file. */
  #referenceOffset([start, end]: readonly [number, number, ...unknown[]], index: number): number {
    let offset = start - 1;
    for (let count = 0; count <= index; count += 1) {
      const plain = this.#source.indexOf('${', offset + 1);
      const hidden = this.#source.indexOf('$\uFDD0', offset + 1);
      offset = plain === -1 ? hidden : hidden === -1 ? plain : Math.min(plain, hidden);
      if (offset === -1 || offset >= end) return start;
    }
    return offset;
  }
}

/** An alias means the last anchor of its name before it (YAML 1.2.2 section 7.1). */
function aliasTargets(document: Document.Parsed<ParsedNode>): Map<Alias, Node | 'itself' | undefined> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | 'itself' | undefined>();
  visit(document, {
    Node(_key, node, ancestors) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        targets.set(node, target !== undefined && ancestors.includes(target) ? 'itself' : target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
