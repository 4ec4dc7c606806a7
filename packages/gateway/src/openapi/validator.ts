import { type BodyRule, bodyRule } from './bodies.ts';
import type { OperationDefinition, SharedDefinition } from './definition.ts';
import {
  type ParameterChecks,
  type ParameterOptions,
  type ParameterSource,
  prepareParameters,
} from './parameters.ts';
import { type Check, SchemaCompiler, type SchemaError, TooManySteps } from './schema-compiler.ts';
import { messageOf, pointerOf, type ValidationError } from './validation-error.ts';

/**
 * All errors are looked for in bodies up to this size; of larger ones the first is named. What is wrong in every
 * item makes up to 25,000 error objects here, in some milliseconds.
 */
const thoroughBytes = 16 * 1024;

/**
 * Judges requests by the operations of one definition. Schemas are compiled when an operation is first used;
 * `warm` does it ahead of time.
 */
export class Validator {
  readonly #compiler: SchemaCompiler;
  readonly #options: ParameterOptions;
  readonly #operations = new Map<OperationDefinition, OperationChecks>();

  constructor(shared: SharedDefinition, options: ParameterOptions) {
    this.#compiler = new SchemaCompiler(shared);
    this.#options = options;
  }

  /** The faults of a request's parameters, or undefined. */
  checkParameters(operation: OperationDefinition, source: ParameterSource): ValidationError[] | undefined {
    return this.#of(operation).parameters.check(source);
  }

  /**
   * The faults of a JSON body, or undefined.
   * @param contentType selects the schema; one for which bodyRule says `json`
   * @param bytes length of the body as it arrived
   */
  checkJson(
    operation: OperationDefinition,
    contentType: string | undefined,
    value: unknown,
    bytes: number,
  ): ValidationError[] | undefined {
    const rule = this.bodyRule(operation, contentType);
    if (rule.kind !== 'json' || rule.schema === true) return undefined;
    const check = this.#of(operation).bodyCheck(rule);
    try {
      const first = check.first(value);
      if (first === undefined) return undefined;
      const errors = bytes <= thoroughBytes ? this.#all(check, value) : [];
      return (errors.length === 0 ? [first] : errors.slice(0, this.#options.maxErrors)).map((error) => ({
        in: 'body',
        pointer: pointerOf(error),
        keyword: error.keyword,
        message: messageOf(error),
      }));
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      return [{ in: 'body', pointer: '', keyword: 'complexity', message: 'is too complex to be checked' }];
    }
  }

  /** What the definition says about a body with this Content-Type. */
  bodyRule(operation: OperationDefinition, contentType: string | undefined): BodyRule {
    return bodyRule(operation, contentType);
  }

  /** Compiles the operations, one a step, so that a caller can let requests in between. */
  *warm(operations: Iterable<OperationDefinition>): Generator<void> {
    for (const operation of operations) {
      this.#of(operation).warm();
      yield;
    }
  }

  #all(check: Check, value: unknown): readonly SchemaError[] {
    try {
      return check.all(value);
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      return [];
    }
  }

  #of(operation: OperationDefinition): OperationChecks {
    let checks = this.#operations.get(operation);
    if (checks === undefined) {
      checks = new OperationChecks(operation, this.#compiler, this.#options);
      this.#operations.set(operation, checks);
    }
    return checks;
  }
}

class OperationChecks {
  readonly parameters: ParameterChecks;
  readonly #operation: OperationDefinition;
  readonly #compiler: SchemaCompiler;
  readonly #bodies = new Map<unknown, Check>();

  constructor(operation: OperationDefinition, compiler: SchemaCompiler, options: ParameterOptions) {
    this.#operation = operation;
    this.#compiler = compiler;
    this.parameters = prepareParameters(operation, compiler, options);
  }

  bodyCheck(rule: Extract<BodyRule, { kind: 'json' }>): Check {
    let check = this.#bodies.get(rule.schema);
    if (check === undefined) {
      check = this.#compiler.compile(rule.schema);
      this.#bodies.set(rule.schema, check);
    }
    return check;
  }

  warm(): void {
    for (const type of Object.keys(this.#operation.requestBody?.content ?? {})) {
      const rule = bodyRule(this.#operation, type.replace('*/*', 'application/json').replace('/*', '/json'));
      if (rule.kind === 'json') this.bodyCheck(rule);
    }
  }
}
