import { type JsonPath, parseJsonPath } from '../../http/json-path.ts';
import type { Operation } from '../../routing/apis.ts';
import { parsePathTemplate, type Segment } from '../../routing/path-template.ts';

/** Which operations a rule covers. */
export interface Scope {
  /** As it is written; empty for all operations. */
  readonly text: string;
  /** It names one operation, and nothing below its path. */
  readonly exact: boolean;
  /** Undefined for any. */
  readonly method: string | undefined;
  readonly segments: readonly Segment[];
  readonly parameterNames: readonly string[];
}

/** A part of a request or reply. */
export type Target = { readonly scope: Scope } & (
  | { readonly kind: 'path'; readonly name: string }
  | { readonly kind: 'query'; readonly name: string }
  | { readonly kind: 'body' | 'reply'; readonly path: JsonPath }
);

const arrow = ' => ';

/**
 * Reads what a binding is about. In front the operations, `METHOD /path` for one, `/path` for all at and below it, or
 * nothing for all of the API; behind it the part:
 *
 *     {customerId}                              a parameter of the path, wherever it is
 *     /customers/{customerId}                   the last parameter of this path
 *     GET /orders?customerId                    a parameter of the query
 *     POST /orders#/customerId                  a value in the JSON body of the request
 *     GET /orders/{orderId} => #/customerId     a value in the JSON body of the reply
 *
 * @throws Error that says how to write it
 */
export function parseTarget(text: string): Target {
  const at = text.indexOf(arrow);
  if (at >= 0) {
    const pointer = text.slice(at + arrow.length);
    if (!pointer.startsWith('#'))
      throw new Error('behind => stands a value of the reply, such as #/customerId');
    return { scope: parseScope(text.slice(0, at)), kind: 'reply', path: parseJsonPath(pointer.slice(1)) };
  }
  const mark = text.search(/[?#]/);
  if (mark >= 0) {
    const scope = parseScope(text.slice(0, mark));
    const rest = text.slice(mark + 1);
    if (text[mark] === '#') return { scope, kind: 'body', path: parseJsonPath(rest) };
    if (!/^[^\s?#&=;[\]]+$/.test(rest))
      throw new Error('behind ? stands the name of a parameter of the query, such as ?customerId');
    return { scope, kind: 'query', name: rest };
  }
  const everywhere = /^\{([^{}]+)\}$/.exec(text);
  if (everywhere !== null) return { scope: parseScope(''), kind: 'path', name: everywhere[1]! };
  const scope = parseScope(text);
  if (scope.segments.at(-1)?.kind === 'literal' || scope.segments.length === 0) {
    throw new Error(
      'expected a parameter: /customers/{customerId} of a path, ?customerId of the query, #/customerId of a body, or => #/customerId of a reply',
    );
  }
  return { scope, kind: 'path', name: scope.parameterNames.at(-1)! };
}

/** Reads the key of a rule about fields, `[METHOD ][/path]#/field`. @throws Error that says how to write it */
export function parseFieldTarget(text: string): { readonly scope: Scope; readonly path: JsonPath } {
  const mark = text.indexOf('#');
  if (mark < 0 || text.includes(arrow))
    throw new Error('expected a field of a JSON body: #/role, or GET /customers/{customerId}#/email');
  return { scope: parseScope(text.slice(0, mark)), path: parseJsonPath(text.slice(mark + 1)) };
}

function parseScope(text: string): Scope {
  if (text === '') return { text, exact: false, method: undefined, segments: [], parameterNames: [] };
  const parts = /^(?:([A-Z]+) )?(\/.*)$/.exec(text);
  if (parts === null)
    throw new Error(`expected operations written as METHOD /path or /path, found ${JSON.stringify(text)}`);
  const [, method, template = ''] = parts;
  // Somebody expects more of these than that the path has them to the letter.
  if (/\/\*+(\/|$)|=>/.test(template))
    throw new Error('a path covers what is below it without *, and => stands between blanks');
  return { text, exact: method !== undefined, method, ...parsePathTemplate(template) };
}

/**
 * Whether the rule covers the operation. Names of parameters make no difference: two templates that take the same paths
 * are the same.
 */
export function covers(scope: Scope, operation: Operation): boolean {
  if (scope.method !== undefined && scope.method !== operation.method) return false;
  const { segments } = parsePathTemplate(operation.path);
  const { segments: wanted, exact } = scope;
  if (exact ? wanted.length !== segments.length : wanted.length > segments.length) return false;
  return wanted.every((segment, index) => isSame(segment, segments[index]!));
}

function isSame(one: Segment, other: Segment): boolean {
  if (one.kind === 'literal') return other.kind === 'literal' && one.text === other.text;
  if (one.kind === 'whole') return other.kind === 'whole';
  return other.kind === 'partial' && one.literals.join('{}') === other.literals.join('{}');
}

/** Where the parameter stands among the values of the operation's path; -1 where it does not have it. */
export function pathIndex({ scope, name }: Extract<Target, { kind: 'path' }>, operation: Operation): number {
  if (scope.segments.length === 0) return operation.parameterNames.indexOf(name);
  return covers(scope, operation) ? scope.parameterNames.length - 1 : -1;
}
