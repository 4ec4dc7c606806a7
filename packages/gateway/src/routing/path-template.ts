import { unreserved } from '../http/characters.ts';
import { percentByte } from '../http/percent.ts';

/** One segment of an OpenAPI path template, compiled. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  /** The whole segment is one parameter: `{id}`. */
  | { readonly kind: 'whole' }
  /** Parameters between literals: `{id}.json`, `{from}-{to}`. One literal more than parameters. */
  | { readonly kind: 'partial'; readonly literals: readonly string[] };

export interface PathTemplate {
  readonly segments: readonly Segment[];
  /** In the order in which they stand in the template. */
  readonly parameterNames: readonly string[];
}

/** A template or a pair of templates that cannot be routed; the message is for the operator. */
export class RouteFault extends Error {
  override name = 'RouteFault';
}

/**
 * Reads a path template (OpenAPI 3.1 section 4.8.8) and brings its literals into the spelling that
 * request-target.ts gives to paths, so that the two can be compared character by character.
 * @throws RouteFault
 */
export function parsePathTemplate(template: string): PathTemplate {
  if (!template.startsWith('/')) throw new RouteFault(`The path "${template}" does not start with "/".`);
  if (/[?#]/.test(template)) {
    throw new RouteFault(
      `The path "${template}" has a "?" or "#": a query or fragment is no part of a path.`,
    );
  }
  const parameterNames: string[] = [];
  const segments = template
    .slice(1)
    .split('/')
    .map((text, index, all) => {
      if (text === '' && index < all.length - 1) {
        throw new RouteFault(`The path "${template}" has an empty segment, which no request can have.`);
      }
      return parseSegment(text, template, parameterNames);
    });
  const twice = parameterNames.find((name, index) => parameterNames.indexOf(name) !== index);
  if (twice !== undefined) throw new RouteFault(`The path "${template}" has the parameter "${twice}" twice.`);
  return { segments, parameterNames };
}

/**
 * The names of the parameters in a template, in order.
 * @throws RouteFault
 */
export function templateParameters(template: string): readonly string[] {
  return parsePathTemplate(template).parameterNames;
}

/** The same for templates that differ in the names of their parameters only, which no request can tell apart. */
export function routeKey({ segments }: PathTemplate): string {
  return segments
    .map((each) => {
      if (each.kind === 'literal') return each.text;
      return each.kind === 'whole' ? '{}' : each.literals.join('{}');
    })
    .join('/');
}

function parseSegment(text: string, template: string, names: string[]): Segment {
  const literals: string[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{', at);
    const literal = text.slice(at, open < 0 ? text.length : open);
    if (literal.includes('}')) throw new RouteFault(`The path "${template}" has a "}" without "{".`);
    literals.push(canonicalLiteral(literal));
    if (open < 0) break;
    const close = text.indexOf('}', open);
    const name = text.slice(open + 1, close);
    if (close < 0 || name === '' || name.includes('{')) {
      throw new RouteFault(`The path "${template}" has a "{" without a name and "}".`);
    }
    names.push(name);
    at = close + 1;
  }
  if (literals.length === 1) return { kind: 'literal', text: literals[0]! };
  if (literals.length === 2 && literals[0] === '' && literals[1] === '') return { kind: 'whole' };
  if (literals.slice(1, -1).includes('')) {
    throw new RouteFault(`The path "${template}" has two parameters with nothing between them.`);
  }
  return { kind: 'partial', literals };
}

const plain = new Set(`${unreserved}!$&'()*+,=:@`);

/** RFC 3986 section 6.2.2: unreserved characters plain, other encodings with upper-case digits. */
function canonicalLiteral(literal: string): string {
  let canonical = '';
  for (let at = 0; at < literal.length; ) {
    const byte = percentByte(literal, at);
    if (byte >= 0) {
      const character = String.fromCharCode(byte);
      const decodes = unreserved.includes(character);
      canonical += decodes ? character : literal.slice(at, at + 3).toUpperCase();
      at += 3;
      continue;
    }
    const character = String.fromCodePoint(literal.codePointAt(at)!).toWellFormed();
    canonical += plain.has(character) ? character : encodeURIComponent(character);
    at += character.length;
  }
  return canonical;
}
