import type { Item } from '../item.ts';
import { Facts } from './facts.ts';
import type { LiteralIndex } from './literal-index.ts';

/** Values that most requests have in common, and that are no secret: names, and what browsers say about themselves. */
const variables: ReadonlySet<string> = new Set([
  'ARGS_GET_NAMES',
  'ARGS_NAMES',
  'ARGS_POST_NAMES',
  'REMOTE_ADDR',
  'REQUEST_COOKIES_NAMES',
  'REQUEST_HEADERS_NAMES',
  'REQUEST_METHOD',
  'REQUEST_PROTOCOL',
  'RESPONSE_HEADERS_NAMES',
  'RESPONSE_PROTOCOL',
  'RESPONSE_STATUS',
]);

/** In the spellings of browsers and in small letters; whoever spells them otherwise only misses what is kept. */
const fields: ReadonlySet<string> = new Set(
  [
    'Accept',
    'Accept-Encoding',
    'Accept-Language',
    'Cache-Control',
    'Connection',
    'Content-Type',
    'Host',
    'User-Agent',
  ].flatMap((name) => [name, name.toLowerCase()]),
);

const maximumLength = 256;
/** Of each of the two halves: with what comes of them, at most some 14 MB in all, of names that somebody made up. */
const maximumValues = 500;

/**
 * What is known about such values, kept from one transaction to the next. When one half is full the other one is let go, so
 * that a client that makes up values costs what it would without this, and no more memory than the bound.
 */
export class RecurringFacts {
  readonly #literals: LiteralIndex;
  #recent = new Map<string, Facts>();
  #older = new Map<string, Facts>();

  constructor(literals: LiteralIndex) {
    this.#literals = literals;
  }

  /** @returns undefined for a value that is not kept */
  of({ variable, key, value }: Item): Facts | undefined {
    if (value.length > maximumLength) return undefined;
    if (!variables.has(variable) && !isKnownField(variable, key)) return undefined;
    const recent = this.#recent.get(value);
    if (recent !== undefined) return recent;
    const facts = this.#older.get(value) ?? new Facts(value, this.#literals, true);
    if (this.#recent.size >= maximumValues) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(value, facts);
    return facts;
  }
}

function isKnownField(variable: string, key: string | undefined): boolean {
  return variable === 'REQUEST_HEADERS' && key !== undefined && fields.has(key);
}
