import type { Fields } from '../http/fields.ts';
import { type JsonPlace, placesIn } from '../http/json-places.ts';
import { escapePointer } from '../http/json-pointer.ts';
import { scanJson } from '../http/json-scanner.ts';
import { visitJson } from '../http/json-visit.ts';
import { DeclaredMembers, writeOnly } from './declared.ts';
import type { OperationDefinition, ResponseDefinition, Schema, SharedDefinition } from './definition.ts';
import { type ParameterChecks, prepareParameters } from './parameters.ts';
import { contentRule } from './responses.ts';
import { type Check, SchemaCompiler } from './schema-compiler.ts';
import { schemaErrors } from './schema-errors.ts';

/** One thing that is wrong with a reply: where and which keyword, for the record; never a value. */
export interface ReplyError {
  /** `field NAME`, or a JSON Pointer into the content. */
  readonly where: string;
  readonly keyword: string;
}

/** What is wrong with the content of a reply. */
export interface ContentErrors {
  /** The schema is not met; judged without the members that are not declared. */
  readonly errors: readonly ReplyError[];
  /** Members that the schema does not declare, or that only clients send. */
  readonly undeclared: readonly ReplyError[];
  /** The content without those, byte for byte as it was otherwise. */
  readonly left: Buffer;
}

const mostErrors = 20;

/** Judges replies by the operations of one definition. Schemas are compiled when first used; `warm` does it ahead of time. */
export class ReplyValidator {
  readonly #shared: SharedDefinition;
  readonly #compiler: SchemaCompiler;
  readonly #declared: DeclaredMembers;
  readonly #checks = new Map<Schema, Check>();
  readonly #headers = new Map<ResponseDefinition, ParameterChecks>();

  constructor(shared: SharedDefinition) {
    this.#shared = shared;
    this.#compiler = new SchemaCompiler(shared, 'writeOnly');
    this.#declared = new DeclaredMembers(shared);
  }

  /** What is wrong with the fields that the response defines; undefined when nothing is. */
  checkFields(response: ResponseDefinition, fields: Fields): ReplyError[] | undefined {
    if (response.headers.length === 0) return undefined;
    let checks = this.#headers.get(response);
    if (checks === undefined) {
      checks = prepareParameters(this.#asOperation(response), this.#compiler, {
        unknownQueryParameters: 'allow',
        maxErrors: mostErrors,
      });
      this.#headers.set(response, checks);
    }
    const errors = checks.check({ query: '', fields, pathValues: [] });
    return errors?.map(({ name, keyword }) => ({ where: `field ${name}`, keyword }));
  }

  /** @returns undefined when nothing is wrong with the content */
  checkJson(schema: Schema, bytes: Buffer): ContentErrors | undefined {
    if (schema === true) return undefined;
    if (scanJson(bytes) !== undefined)
      return { errors: [{ where: '', keyword: 'syntax' }], undeclared: [], left: bytes };
    const found: number[] = [];
    const kinds: number[] = [];
    const root = this.#declared.rootOf(schema);
    const left =
      root === undefined
        ? bytes
        : visitJson(bytes, { root }, ({ path, from }) => {
            found.push(from);
            kinds.push(path);
            return true;
          });
    // Parsed only now: what is taken out can be most of it.
    const value: unknown = JSON.parse(left.toString());
    const errors = schemaErrors(this.#checkOf(schema), value, mostErrors) ?? [];
    if (errors.length === 0 && found.length === 0) return undefined;
    const shown = placesIn(bytes, found.slice(0, mostErrors));
    return {
      errors: errors.map(({ pointer, keyword }) => ({ where: pointer, keyword })),
      undeclared: shown.map((place, i) => ({
        where: pointerTo(place),
        keyword: kinds[i] === writeOnly ? 'writeOnly' : 'undeclared',
      })),
      left,
    };
  }

  /** Compiles what the operations need, one a step, so that a caller can let requests in between. */
  *warm(operations: Iterable<OperationDefinition>): Generator<void> {
    for (const { responses } of operations) {
      for (const { content } of Object.values(responses ?? {})) {
        for (const type of Object.keys(content ?? {})) {
          const rule = contentRule({ headers: [], content }, [
            type.replace('*/*', 'application/json').replace('/*', '/json'),
          ]);
          if (rule.kind === 'json' && rule.schema !== true) this.#checkOf(rule.schema);
        }
      }
      yield;
    }
  }

  #checkOf(schema: Schema): Check {
    let check = this.#checks.get(schema);
    if (check === undefined) {
      check = this.#compiler.compile(schema);
      this.#checks.set(schema, check);
    }
    return check;
  }

  /** Header fields of replies are read like those of requests. */
  #asOperation({ headers }: ResponseDefinition): OperationDefinition {
    return {
      id: '',
      method: 'GET',
      path: '/',
      parameters: headers,
      requestBody: undefined,
      responses: undefined,
      security: undefined,
      deprecated: false,
      tags: [],
      summary: undefined,
      shared: { schemas: this.#shared.schemas, securitySchemes: {} },
    };
  }
}

const longestStep = 100;

function pointerTo({ steps }: JsonPlace): string {
  return steps
    .slice(0, 20)
    .map((step) => `/${escapePointer(step.slice(0, longestStep).toWellFormed())}`)
    .join('');
}
