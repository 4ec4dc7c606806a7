import { parsePathTemplate, RouteFault, type Segment } from './path-template.ts';

/** What stands at one path: the templates that differ in parameter names only share an entry. */
export interface PathEntry<T> {
  /** The template that was added first. */
  readonly template: string;
  /** By upper-case method. */
  readonly methods: ReadonlyMap<string, T>;
  /** Methods for an Allow field, sorted; HEAD is among them wherever GET is (RFC 9110 section 9.3.2). */
  readonly allowed: readonly string[];
}

export interface PathMatch<T> {
  readonly entry: PathEntry<T>;
  /** Percent-decoded, in the order of the template's parameters. */
  readonly values: readonly string[];
}

/** The value for a method. HEAD is GET without content, so it falls back to GET where it is not defined. */
export function valueForMethod<T>(entry: PathEntry<T>, method: string): T | undefined {
  return entry.methods.get(method) ?? (method === 'HEAD' ? entry.methods.get('GET') : undefined);
}

/**
 * Finds the OpenAPI path template that a path matches. Per segment a literal is preferred to a partly
 * templated segment, and that to a whole parameter (OpenAPI 3.1 section 4.8.8.2); where the preferred branch
 * leads nowhere further down, the next one is tried. A segment's depth is its node's depth, so a look-up visits
 * each node at most once and only nodes that fit the path.
 */
export class PathTree<T> {
  readonly #root = new Node<T>();

  /**
   * @param method upper-case
   * @throws RouteFault for a template that cannot be routed, or a method that the same path has already
   */
  add(template: string, method: string, value: T): void {
    const { segments, parameterNames } = parsePathTemplate(template);
    let node = this.#root;
    for (const segment of segments) node = node.childFor(segment);
    node.entry ??= new Entry(template, parameterNames.length);
    node.entry.add(template, method, value);
  }

  /**
   * @param path canonical, as request-target.ts gives it
   * @param from where the template begins in the path: the length of the base path
   */
  find(path: string, from = 0): PathMatch<T> | undefined {
    return path.charCodeAt(from) === slash ? descend(this.#root, path, from + 1, 0) : undefined;
  }
}

const slash = 0x2f;
const none: readonly string[] = [];

class Entry<T> implements PathEntry<T> {
  readonly template: string;
  readonly methods = new Map<string, T>();
  readonly parameterCount: number;
  /** Shared by all requests, for paths without parameters. */
  readonly plainMatch: PathMatch<T> = { entry: this, values: none };
  /** One empty text per parameter. */
  readonly blank: readonly string[];
  allowed: readonly string[] = none;
  readonly #templates = new Map<string, string>();

  constructor(template: string, parameterCount: number) {
    this.template = template;
    this.parameterCount = parameterCount;
    this.blank = new Array<string>(parameterCount).fill('');
  }

  add(template: string, method: string, value: T): void {
    const other = this.#templates.get(method);
    if (other !== undefined) {
      throw new RouteFault(`${method} ${template} is the same operation as ${method} ${other}.`);
    }
    this.#templates.set(method, template);
    this.methods.set(method, value);
    const allowed = new Set(this.methods.keys());
    if (allowed.has('GET')) allowed.add('HEAD');
    this.allowed = [...allowed].sort();
  }
}

class Node<T> {
  readonly literals = new Map<string, Node<T>>();
  /** Those with more literal characters first: they say more about the segment. */
  readonly partials: { readonly literals: readonly string[]; readonly node: Node<T> }[] = [];
  whole: Node<T> | undefined = undefined;
  entry: Entry<T> | undefined = undefined;

  childFor(segment: Segment): Node<T> {
    if (segment.kind === 'whole') {
      this.whole ??= new Node<T>();
      return this.whole;
    }
    if (segment.kind === 'literal') {
      let child = this.literals.get(segment.text);
      if (child === undefined) {
        child = new Node<T>();
        this.literals.set(segment.text, child);
      }
      return child;
    }
    const key = segment.literals.join('{}');
    const known = this.partials.find((partial) => partial.literals.join('{}') === key);
    if (known !== undefined) return known.node;
    const node = new Node<T>();
    this.partials.push({ literals: segment.literals, node });
    this.partials.sort(
      (a, b) => weight(b.literals) - weight(a.literals) || (a.literals < b.literals ? -1 : 1),
    );
    return node;
  }
}

function weight(literals: readonly string[]): number {
  return literals.reduce((sum, literal) => sum + literal.length, 0);
}

/** @param parameter how many parameters the way down to here has */
function descend<T>(node: Node<T>, path: string, start: number, parameter: number): PathMatch<T> | undefined {
  const slashAt = path.indexOf('/', start);
  const end = slashAt < 0 ? path.length : slashAt;
  const segment = path.slice(start, end);
  const last = slashAt < 0;

  const literal = node.literals.size === 0 ? undefined : node.literals.get(segment);
  if (literal !== undefined) {
    const match = last ? arrive(literal) : descend(literal, path, end + 1, parameter);
    if (match !== undefined) return match;
  }
  if (segment === '') return undefined;

  for (const partial of node.partials) {
    if (!fits(partial.literals, segment)) continue;
    const count = partial.literals.length - 1;
    const match = last ? arrive(partial.node) : descend(partial.node, path, end + 1, parameter + count);
    if (match === undefined) continue;
    capture(partial.literals, segment, match.values as string[], parameter);
    return match;
  }

  const whole = node.whole;
  if (whole === undefined) return undefined;
  const match = last ? arrive(whole) : descend(whole, path, end + 1, parameter + 1);
  if (match !== undefined) (match.values as string[])[parameter] = decode(segment);
  return match;
}

/** The values are filled in on the way back up, so that branches that lead nowhere allocate nothing. */
function arrive<T>(node: Node<T>): PathMatch<T> | undefined {
  const entry = node.entry;
  if (entry === undefined || entry.parameterCount === 0) return entry?.plainMatch;
  return { entry, values: entry.blank.slice() };
}

/** Whether each parameter has at least one character; each literal but the last is taken where it first occurs. */
function fits(literals: readonly string[], segment: string): boolean {
  const first = literals[0]!;
  const last = literals[literals.length - 1]!;
  if (!segment.startsWith(first) || !segment.endsWith(last)) return false;
  let at = first.length;
  for (let index = 1; index < literals.length - 1; index++) {
    const found = segment.indexOf(literals[index]!, at + 1);
    if (found < 0) return false;
    at = found + literals[index]!.length;
  }
  return segment.length - last.length > at;
}

function capture(literals: readonly string[], segment: string, values: string[], from: number): void {
  let at = literals[0]!.length;
  const count = literals.length - 1;
  for (let index = 1; index <= count; index++) {
    const end =
      index === count ? segment.length - literals[index]!.length : segment.indexOf(literals[index]!, at + 1);
    values[from + index - 1] = decode(segment.slice(at, end));
    at = end + literals[index]!.length;
  }
}

/** A canonical path has only well-formed encodings, so nothing is thrown here. */
function decode(segment: string): string {
  return segment.includes('%') ? decodeURIComponent(segment) : segment;
}
