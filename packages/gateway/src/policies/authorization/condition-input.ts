import type { Head, Known, Principal } from '../../exchange.ts';
import { mostParameters, parseQuery } from '../../http/query.ts';
import { pathValueReader } from '../../routing/path-parameters.ts';
import type { RoleModel } from './roles.ts';

/** Something of the request that a condition cannot be decided upon; the condition is not met then. */
export class Undecidable extends Error {
  override name = 'Undecidable';
}

/** Values in the claims of one principal that a condition may go through. */
const mostValues = 1_000;

/** `request` in the conditions upon one request; what they do not ask for is not worked out, the rest once. */
export class RequestInput {
  readonly #head: Head;
  #query: ReadonlyMap<string, readonly string[]> | undefined;
  #fields: ReadonlyMap<string, string> | undefined;

  constructor(head: Head) {
    this.#head = head;
  }

  get method(): string {
    return this.#head.method;
  }

  get path(): string {
    return this.#head.path;
  }

  get host(): string {
    return this.#head.host;
  }

  get operation(): string {
    return this.#head.operation?.id ?? '';
  }

  /** By name; a parameter that comes twice has two values. */
  get query(): ReadonlyMap<string, readonly string[]> {
    this.#query ??= this.#parsedQuery();
    return this.#query;
  }

  #parsedQuery(): ReadonlyMap<string, readonly string[]> {
    const pairs = parseQuery(this.#head.query, mostParameters);
    if ('kind' in pairs) throw new Undecidable(`query: ${pairs.reason}`);
    const values = new Map<string, string[]>();
    for (const [name, value] of pairs) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
    return values;
  }

  /** By name in lower case; several lines of one name are one value with commas (RFC 9110 section 5.3). */
  get fields(): ReadonlyMap<string, string> {
    this.#fields ??= this.#joinedFields();
    return this.#fields;
  }

  #joinedFields(): ReadonlyMap<string, string> {
    const { flat } = this.#head.fields;
    const values = new Map<string, string>();
    for (let i = 0; i < flat.length; i += 2) {
      const known = values.get(flat[i]!);
      values.set(flat[i]!, known === undefined ? flat[i + 1]! : `${known}, ${flat[i + 1]}`);
    }
    return values;
  }

  /** By the name in the template, decoded and without what the style of the parameter writes before them. */
  get pathValues(): ReadonlyMap<string, string> {
    const { operation, pathValues } = this.#head;
    if (operation === undefined) return new Map();
    return new Map(
      operation.parameterNames.map((name, index) => [
        name,
        pathValueReader(operation, index)(pathValues[index] ?? ''),
      ]),
    );
  }
}

/** `principal` in a condition; where nobody is known all of it is empty. */
export class PrincipalInput {
  readonly #principal: Principal | undefined;
  readonly #roles: RoleModel;

  constructor(principal: Principal | undefined, roles: RoleModel) {
    this.#principal = principal;
    this.#roles = roles;
  }

  get known(): boolean {
    return this.#principal !== undefined;
  }

  get subject(): string {
    return this.#principal?.subject ?? '';
  }

  get client(): string {
    return this.#principal?.client ?? '';
  }

  get authenticator(): string {
    return this.#principal?.authenticator ?? '';
  }

  get scopes(): readonly string[] {
    return [...(this.#principal?.scopes ?? [])];
  }

  get roles(): readonly string[] {
    return this.#principal === undefined ? [] : [...this.#roles.rolesOf(this.#principal)];
  }

  get permissions(): readonly string[] {
    return this.#principal === undefined ? [] : [...this.#roles.permissionsOf(this.#principal)];
  }
}

/** All that a condition may speak of, by name. */
export class ConditionInput {
  readonly #input: Head & Known;
  readonly #roles: RoleModel;
  #request: RequestInput | undefined;

  constructor(input: Head & Known, roles: RoleModel) {
    this.#input = input;
    this.#roles = roles;
  }

  get request(): RequestInput {
    this.#request ??= new RequestInput(this.#input);
    return this.#request;
  }

  get principal(): PrincipalInput {
    return new PrincipalInput(this.#input.principal, this.#roles);
  }

  get claims(): ReadonlyMap<string, unknown> {
    return claimsOf(this.#input.principal?.claims ?? none);
  }

  get time(): Date {
    return new Date(this.#input.receivedAt);
  }

  get address(): string {
    return this.#input.clientAddress;
  }
}

const none: object = Object.freeze({});
const known = new WeakMap<object, Entries | undefined>();

type Entries = ReadonlyMap<string, unknown>;

/** Principals are kept with their tokens, so that this is done once for many requests. */
function claimsOf(claims: object): Entries {
  if (!known.has(claims)) known.set(claims, entriesOf(claims));
  const entries = known.get(claims);
  if (entries === undefined) throw new Undecidable('claims: too many values');
  return entries;
}

/**
 * As maps, which have the names that somebody else chose and no others: an object has a `constructor`, and is judged by
 * it. Undefined when there are too many values to be gone through.
 */
function entriesOf(claims: object): Entries | undefined {
  let count = 0;
  const copy = (value: unknown): unknown => {
    if (++count > mostValues) return undefined;
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    return new Map(Object.entries(value).map(([name, each]) => [name, copy(each)]));
  };
  const entries = new Map(Object.entries(claims).map(([name, each]) => [name, copy(each)]));
  return count > mostValues ? undefined : entries;
}
