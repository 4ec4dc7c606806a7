import { parseCookies } from '../http/cookies.ts';
import { fieldName, plainName } from '../http/field-name.ts';
import type { Fields } from '../http/fields.ts';
import type { JsonLimits } from '../http/json-limits.ts';
import { mostParameters, parseQuery, queryReasons } from '../http/query.ts';
import { templateParameters } from '../routing/path-template.ts';
import type { OperationDefinition, ParameterLocation, Schema } from './definition.ts';
import { duplicate, judge, judgeAll, judgeHeader, type Prepared, prepareParameter } from './parameter.ts';
import type { SchemaCompiler } from './schema-compiler.ts';
import { hasProperty } from './serialization.ts';
import { type FieldSearch, forbiddenMessages } from './unknown-fields.ts';
import { shortened, type ValidationError } from './validation-error.ts';

/** What of a request the parameters are in. */
export interface ParameterSource {
  readonly query: string;
  readonly fields: Fields;
  /** In the order in which the template names them. */
  readonly pathValues: readonly string[];
  /** What JSON in a parameter is bounded by; the usual where it is absent. */
  readonly jsonLimits?: JsonLimits;
}

export interface ParameterOptions {
  readonly unknownQueryParameters: 'refuse' | 'strip' | 'ignore' | 'allow';
  readonly maxErrors: number;
  /** Parameters of the query that carry a credential, which is not for a definition to judge. */
  readonly credentialParameters?: readonly string[];
  /** Looks for fields that a schema does not mention, in parameters that are JSON; absent where nobody asks for them. */
  readonly fieldsBeside?: ((schema: Schema) => FieldSearch) | undefined;
  /** Whether these are told by `ignored` alone. Default false. */
  readonly ignoresFields?: boolean;
}

/** The parameters of one operation, ready to be judged. */
export interface ParameterChecks {
  /** The faults of a request's parameters, at most `maxErrors`; undefined when there are none. */
  check(source: ParameterSource): ValidationError[] | undefined;
  /** Fields in parameters that are JSON, which are there although nothing mentions them, of a request without faults. */
  ignored(source: ParameterSource): readonly ValidationError[];
  /** Whether a name in the query leads to a parameter. */
  knows(name: string): boolean;
}

/** Where a name in a query leads: to a parameter, or to a property of one. */
interface Slot {
  readonly index: number;
  readonly property: string | undefined;
}

/** Compiles schemas, so it takes milliseconds. */
export function prepareParameters(
  operation: OperationDefinition,
  compiler: SchemaCompiler,
  options: ParameterOptions,
): ParameterChecks {
  const names = templateParameters(operation.path);
  const prepared = operation.parameters.map((definition) =>
    prepareParameter(
      definition,
      operation.shared,
      compiler,
      definition.in === 'path' ? names.indexOf(definition.name) : -1,
      options.fieldsBeside,
    ),
  );
  return new Checks(operation, prepared, compiler, options);
}

class Checks implements ParameterChecks {
  readonly #others: readonly Prepared[];
  /** Of fields, by their name as servers by CGI read it. */
  readonly #headers: ReadonlyMap<string, Prepared>;
  readonly #query: readonly Prepared[];
  readonly #cookies: readonly Prepared[];
  /** By the names of cookies: an object in several has one for each of its properties. */
  readonly #cookieNames = new Map<string, Prepared>();
  /** The same by the names as the servers read them that are least exact about it. */
  readonly #looseCookies = new Map<string, Prepared>();
  readonly #slots = new Map<string, Slot>();
  /** By the name before the bracket. */
  readonly #deep = new Map<string, number>();
  /** Of the parameter that is an object with properties of any name, each a parameter of its own. */
  #rest = -1;
  readonly #mayHaveFields: boolean;
  readonly #compiler: SchemaCompiler;
  readonly #options: ParameterOptions;

  constructor(
    operation: OperationDefinition,
    prepared: readonly Prepared[],
    compiler: SchemaCompiler,
    options: ParameterOptions,
  ) {
    const at = (location: ParameterLocation): Prepared[] =>
      prepared.filter((parameter) => parameter.definition.in === location);
    this.#compiler = compiler;
    this.#options = options;
    this.#mayHaveFields = prepared.some(({ unknown }) => unknown !== undefined);
    const headers = at('header');
    this.#others = [...at('path'), ...headers];
    this.#headers = new Map(headers.map((parameter) => [plainName(parameter.definition.name), parameter]));
    this.#cookies = at('cookie');
    for (const parameter of this.#cookies) {
      const { definition, shape, spread } = parameter;
      for (const name of spread ? shape.properties!.keys() : [definition.name]) {
        this.#cookieNames.set(name, parameter);
        this.#looseCookies.set(looseName(name), parameter);
      }
    }
    this.#query = at('query');
    for (const [index, { definition, shape, spread }] of this.#query.entries()) {
      if (definition.style === 'deepObject' && spread) this.#deep.set(definition.name, index);
      else if (!spread) this.#slots.set(definition.name, { index, property: undefined });
      else {
        for (const property of shape.properties!.keys()) this.#slots.set(property, { index, property });
        if (shape.additional !== undefined && this.#rest < 0) this.#rest = index;
      }
    }
    // The key is for the authenticator to judge.
    const keys = Object.values(operation.shared.securitySchemes).filter((scheme) => scheme.in === 'query');
    for (const name of [...keys.map((scheme) => scheme.name), ...(options.credentialParameters ?? [])]) {
      if (name !== undefined && !this.#slots.has(name)) this.#slots.set(name, ignored);
    }
  }

  check(source: ParameterSource): ValidationError[] | undefined {
    const found = this.#all(source);
    const errors = this.#options.ignoresFields ? found.filter((each) => !isBeside(each)) : found;
    return errors.length === 0 ? undefined : errors.slice(0, this.#options.maxErrors);
  }

  ignored(source: ParameterSource): readonly ValidationError[] {
    if (!this.#options.ignoresFields || !this.#mayHaveFields) return [];
    return this.#all(source).filter(isBeside).slice(0, this.#options.maxErrors);
  }

  #all(source: ParameterSource): ValidationError[] {
    this.#compiler.share();
    try {
      return this.#check(source);
    } finally {
      this.#compiler.release();
    }
  }

  #check(source: ParameterSource): ValidationError[] {
    const errors: ValidationError[] = [];
    for (const parameter of this.#others) {
      const found =
        parameter.pathIndex >= 0
          ? judge(parameter, [source.pathValues[parameter.pathIndex]!], source.jsonLimits)
          : judgeHeader(parameter, source.fields, source.jsonLimits);
      if (found !== undefined) errors.push(...found);
    }
    if (this.#headers.size > 0) this.#checkTwins(source.fields, errors);
    this.#checkQuery(source, errors);
    if (this.#cookies.length > 0) this.#checkCookies(source, errors);
    return errors;
  }

  /** `X_Tenant` beside or in the place of `X-Tenant`: not the parameter here, and the same to some services. */
  #checkTwins({ flat }: Fields, errors: ValidationError[]): void {
    for (let at = 0; at < flat.length; at += 2) {
      const name = flat[at]!;
      const parameter = this.#headers.get(fieldName(name).plain);
      if (parameter === undefined || parameter.definition.name === name) continue;
      if (errors.length < this.#options.maxErrors) errors.push(duplicate(parameter));
    }
  }

  /** `Plan` or `pl%61n` beside or in the place of `plan`: another cookie here, and the same to some services. */
  #checkCookieTwins(pairs: readonly (readonly [string, string])[], errors: ValidationError[]): void {
    for (const [name] of pairs) {
      if (this.#cookieNames.has(name)) continue;
      const parameter = this.#looseCookies.get(looseName(name));
      if (parameter === undefined) continue;
      if (errors.length < this.#options.maxErrors) errors.push(duplicate(parameter));
    }
  }

  #checkQuery({ query, jsonLimits }: ParameterSource, errors: ValidationError[]): void {
    const parameters = this.#query;
    const found: (string[] | undefined)[] = new Array<undefined>(parameters.length).fill(undefined);
    if (query !== '') {
      const pairs = parseQuery(query, mostParameters);
      if ('kind' in pairs) {
        errors.push({ in: 'query', keyword: 'syntax', message: queryReasons[pairs.reason] });
        return;
      }
      for (const [name, value] of pairs) this.#sort(name, value, found, errors);
    }
    for (let index = 0; index < parameters.length; index++) {
      const wrong = judgeAll(parameters[index]!, found[index], jsonLimits);
      if (wrong !== undefined) errors.push(...wrong);
    }
  }

  knows(name: string): boolean {
    return this.#slotOf(name) !== undefined;
  }

  #slotOf(name: string): Slot | undefined {
    const slot = this.#slots.get(name);
    if (slot !== undefined) return slot;
    if (this.#deep.size > 0 && name.endsWith(']')) {
      const bracket = name.indexOf('[');
      const index = this.#deep.get(name.slice(0, Math.max(bracket, 0)));
      const property = name.slice(bracket + 1, -1);
      if (index !== undefined && hasProperty(this.#query[index]!.shape, property)) return { index, property };
    }
    return this.#rest >= 0 ? { index: this.#rest, property: name } : undefined;
  }

  #sort(name: string, value: string, found: (string[] | undefined)[], errors: ValidationError[]): void {
    const slot = this.#slotOf(name);
    if (slot === ignored) return;
    if (slot === undefined) {
      if (this.#options.unknownQueryParameters !== 'refuse' || errors.length >= this.#options.maxErrors)
        return;
      errors.push(unknownParameter(name));
      return;
    }
    let values = found[slot.index];
    if (values === undefined) {
      values = [];
      found[slot.index] = values;
    }
    if (slot.property !== undefined) values.push(slot.property);
    values.push(value);
  }

  #checkCookies({ fields, jsonLimits }: ParameterSource, errors: ValidationError[]): void {
    // HTTP/2 may split the field (RFC 9113 section 8.2.3).
    const pairs = parseCookies(fields.getAll('cookie').join('; '), mostParameters);
    if ('kind' in pairs) {
      errors.push({ in: 'cookie', keyword: 'syntax', message: 'is not well-formed' });
      return;
    }
    this.#checkCookieTwins(pairs, errors);
    for (const parameter of this.#cookies) {
      const { spread } = parameter;
      const own = pairs.filter(([name]) => this.#cookieNames.get(name) === parameter);
      const values = spread ? own.flat() : own.map(([, value]) => value);
      const wrong = judgeAll(parameter, values.length === 0 ? undefined : values, jsonLimits);
      if (wrong !== undefined) errors.push(...wrong);
    }
  }
}

/** As the servers read it that are least exact about it: decoded, regardless of case, `_` for what is no part of a variable. */
function looseName(name: string): string {
  const decoded = name.replace(/%([0-7][0-9a-f])/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return decoded.toLowerCase().replace(/[ .[]/g, '_');
}

const ignored: Slot = { index: -1, property: undefined };

/** Whether an error is about a field that nothing mentions, or one of replies alone. */
function isBeside({ pointer, keyword }: ValidationError): boolean {
  return pointer !== undefined && Object.hasOwn(forbiddenMessages, keyword);
}

export function unknownParameter(name: string): ValidationError {
  return { in: 'query', name: shortened(name), keyword: 'unknown', message: 'is not defined' };
}
