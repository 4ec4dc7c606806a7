import type { JsonLimits } from '../http/json-limits.ts';
import { mostParameters, parseQuery, withKnownParameters } from '../http/query.ts';
import { type BodyRule, bodyRule, examples, type ReadableBody } from './bodies.ts';
import { BodyJudge, type BodyOptions, type Judgement } from './body-judge.ts';
import type { OperationDefinition, SharedDefinition } from './definition.ts';
import {
  type ParameterChecks,
  type ParameterOptions,
  type ParameterSource,
  prepareParameters,
  unknownParameter,
} from './parameters.ts';
import { SchemaCompiler } from './schema-compiler.ts';
import { UnknownFields } from './unknown-fields.ts';
import type { ValidationError } from './validation-error.ts';

export type ValidatorOptions = ParameterOptions & BodyOptions;

/**
 * Judges requests by the operations of one definition. Schemas are compiled when an operation is first used;
 * `warm` does it ahead of time.
 */
export class Validator {
  readonly #compiler: SchemaCompiler;
  readonly #fields: UnknownFields;
  readonly #options: ValidatorOptions;
  readonly #operations = new Map<OperationDefinition, OperationChecks>();

  constructor(shared: SharedDefinition, options: ValidatorOptions) {
    this.#compiler = new SchemaCompiler(shared);
    const fields = new UnknownFields(shared, this.#compiler);
    this.#fields = fields;
    this.#options = {
      ...options,
      fieldsBeside: options.unknownFields === 'allow' ? undefined : (schema) => fields.prepare(schema),
      ignoresFields: options.unknownFields === 'ignore',
    };
  }

  /** The faults of a request's parameters, or undefined. */
  checkParameters(operation: OperationDefinition, source: ParameterSource): ValidationError[] | undefined {
    return this.#of(operation).parameters.check(source);
  }

  /** A query without the parameters that the operation does not define, byte for byte. */
  stripQuery(operation: OperationDefinition, query: string): string {
    const { parameters } = this.#of(operation);
    return query === '' ? query : withKnownParameters(query, (name) => parameters.knows(name));
  }

  /** What of a request's parameters is ignored, as the options say. */
  ignoredIn(operation: OperationDefinition, source: ParameterSource): readonly ValidationError[] {
    const { parameters } = this.#of(operation);
    const fields = parameters.ignored(source);
    if (this.#options.unknownQueryParameters !== 'ignore' || source.query === '') return fields;
    const pairs = parseQuery(source.query, mostParameters);
    // What cannot be read is refused by the check.
    if ('kind' in pairs) return fields;
    const unknown = pairs.flatMap(([name]) => (parameters.knows(name) ? [] : [unknownParameter(name)]));
    return [...unknown, ...fields];
  }

  /** What the definition says about a body with this Content-Type. */
  bodyRule(operation: OperationDefinition, contentType: string | undefined): BodyRule {
    return bodyRule(operation, contentType);
  }

  /**
   * Judges a body that was held.
   * @param bytes UTF-8, without content coding
   * @param parsed the value, of JSON that somebody has parsed already
   */
  judgeBody(
    operation: OperationDefinition,
    rule: ReadableBody,
    bytes: Buffer,
    limits: JsonLimits,
    parsed?: { readonly value: unknown },
  ): Judgement | Promise<Judgement> {
    return this.#of(operation)
      .bodyJudge(rule)
      .judge(bytes, limits, rule.mediaType.parameters.get('boundary'), parsed);
  }

  /** Judges a binary body, of which there may be no more than the beginning; see BodyJudge. */
  judgeBinary(
    operation: OperationDefinition,
    rule: ReadableBody,
    beginning: Buffer,
    length: number | undefined,
  ): Judgement {
    return this.#of(operation).bodyJudge(rule).judgeBinary(beginning, length, rule.mediaType.type);
  }

  /** Compiles the operations, one a step, so that a caller can let requests in between. */
  *warm(operations: Iterable<OperationDefinition>): Generator<void> {
    for (const operation of operations) {
      this.#of(operation).warm();
      yield;
    }
  }

  #of(operation: OperationDefinition): OperationChecks {
    let checks = this.#operations.get(operation);
    if (checks === undefined) {
      checks = new OperationChecks(operation, this.#compiler, this.#fields, this.#options);
      this.#operations.set(operation, checks);
    }
    return checks;
  }
}

class OperationChecks {
  readonly parameters: ParameterChecks;
  readonly #operation: OperationDefinition;
  readonly #compiler: SchemaCompiler;
  readonly #fields: UnknownFields;
  readonly #options: ValidatorOptions;
  /** By key of the content, then by kind: a range takes several. */
  readonly #bodies = new Map<string, Map<string, BodyJudge>>();

  constructor(
    operation: OperationDefinition,
    compiler: SchemaCompiler,
    fields: UnknownFields,
    options: ValidatorOptions,
  ) {
    this.#operation = operation;
    this.#compiler = compiler;
    this.#fields = fields;
    this.#options = options;
    this.parameters = prepareParameters(operation, compiler, options);
  }

  bodyJudge(rule: ReadableBody): BodyJudge {
    let kinds = this.#bodies.get(rule.key);
    if (kinds === undefined) {
      kinds = new Map();
      this.#bodies.set(rule.key, kinds);
    }
    let judge = kinds.get(rule.kind);
    if (judge === undefined) {
      judge = new BodyJudge(rule, this.#operation, this.#compiler, this.#fields, this.#options);
      kinds.set(rule.kind, judge);
    }
    return judge;
  }

  warm(): void {
    for (const key of Object.keys(this.#operation.requestBody?.content ?? {})) {
      for (const type of examples(key)) {
        const rule = bodyRule(this.#operation, type);
        if ('mediaType' in rule) this.bodyJudge(rule);
      }
    }
  }
}
