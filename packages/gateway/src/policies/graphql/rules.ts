import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GraphQLSchema } from 'graphql';
import type { Environment } from '../../environment.ts';
import { Faults } from '../faults.ts';
import { sizeArguments } from './cost.ts';
import type { DocumentRules } from './document.ts';
import type { FieldRule } from './field-roles.ts';
import { loadPersisted, type PersistedOperations } from './persisted.ts';
import type { GraphqlConfig } from './schema.ts';
import { FieldTable, type GraphqlJs, readSchema, typeModel } from './type-model.ts';

/** What operations are judged by, compiled. */
export interface Rules {
  readonly documents: DocumentRules;
  readonly persisted: PersistedOperations | undefined;
  /** Nothing but what is persisted. */
  readonly only: boolean;
  /** The text goes on in the place of the id. */
  readonly expand: boolean;
  /** Roles of which one may ask for the schema. */
  readonly introspection: 'allow' | 'refuse' | ReadonlySet<string>;
  readonly subscriptions: boolean;
  readonly maxSize: number;
  readonly maxVariableValues: number;
  readonly maxCost: number;
}

/**
 * Reads the files and compiles everything.
 * @throws AggregateError of OptionFault, with all that is wrong
 */
export async function compileRules(config: GraphqlConfig, environment: Environment): Promise<Rules> {
  const { folder, roles } = environment;
  const graphql: GraphqlJs = await import('graphql');
  const faults = new Faults();
  const schema = readSchemaFile(config.schema, folder, graphql, faults);
  const rolesAt = (where: readonly string[], names: readonly string[]): ReadonlySet<string> =>
    faults.try(where, () => roles.having(names)) ?? new Set();

  const documents: DocumentRules = {
    maxTokens: config.maxTokens ?? 2_000,
    maxDepth: config.maxDepth ?? 10,
    maxAliases: config.maxAliases ?? 15,
    maxDirectives: config.maxDirectives ?? 20,
    maxRootFields: config.maxRootFields ?? 10,
    costs: {
      model: typeModel(graphql, schema),
      listSize: config.listSize ?? 10,
      sizeArguments: sizeArguments(config.sizeArguments ?? ['first', 'last', 'limit']),
      connectionFields: new Set(config.connectionFields ?? ['edges', 'nodes']),
      costs: compileCosts(config, graphql, schema, faults),
    },
    fields: compileFields(config, graphql, schema, faults, rolesAt),
  };
  const { introspection = 'refuse' } = config;
  const rules = {
    documents,
    persisted: readPersisted(config, folder, documents, faults),
    only: config.persisted !== undefined && config.persisted.only !== false,
    expand: config.persisted?.expand !== false,
    introspection:
      typeof introspection === 'string'
        ? introspection
        : rolesAt(['introspection', 'roles'], introspection.roles),
    subscriptions: config.subscriptions === 'allow',
    maxSize: config.maxSize ?? 16_384,
    maxVariableValues: config.maxVariableValues ?? 2_000,
    maxCost: config.maxCost ?? 5_000,
  };
  faults.throwAll();
  return rules;
}

function readSchemaFile(
  written: string | undefined,
  folder: string,
  graphql: GraphqlJs,
  faults: Faults,
): GraphQLSchema | undefined {
  if (written === undefined) return undefined;
  return faults.try(['schema'], () =>
    readSchema(graphql, readFileSync(resolve(folder, written), 'utf8'), written),
  );
}

function readPersisted(
  { persisted, schema }: GraphqlConfig,
  folder: string,
  documents: DocumentRules,
  faults: Faults,
): PersistedOperations | undefined {
  if (persisted === undefined) return undefined;
  // With a schema that cannot be read, each operation would be told of for no fault of its own.
  if (schema !== undefined && documents.costs.model.schema === undefined) return undefined;
  return faults.try(['persisted', 'file'], () => loadPersisted(persisted.file, folder, documents));
}

const roots: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);

function compileCosts(
  { costs = {}, schema: file }: GraphqlConfig,
  graphql: GraphqlJs,
  schema: GraphQLSchema | undefined,
  faults: Faults,
): FieldTable<number> {
  const table = new FieldTable<number>();
  for (const [coordinate, cost] of Object.entries(costs)) {
    const [type = '', field = ''] = coordinate.split('.');
    if (schema !== undefined)
      faults.try(['costs', coordinate], () => table.add(schema, graphql, coordinate, cost));
    else if (file !== undefined) continue;
    else if (roots.has(type) && field !== '*') table.set(type, field, cost);
    else
      faults.add(
        ['costs', coordinate],
        'without a schema only fields of Query, Mutation and Subscription are known, each by its name',
      );
  }
  return table;
}

function compileFields(
  { fields, schema: file }: GraphqlConfig,
  graphql: GraphqlJs,
  schema: GraphQLSchema | undefined,
  faults: Faults,
  rolesAt: (where: readonly string[], names: readonly string[]) => ReadonlySet<string>,
): FieldTable<FieldRule> | undefined {
  if (fields === undefined) return undefined;
  const table = new FieldTable<FieldRule>();
  if (schema === undefined) {
    if (file === undefined)
      faults.add(['fields'], 'needs schema: without it nobody knows which fields an operation asks for');
    return table;
  }
  for (const [coordinate, { roles }] of Object.entries(fields)) {
    const rule = { text: coordinate, roles: rolesAt(['fields', coordinate, 'roles'], roles) };
    faults.try(['fields', coordinate], () => table.add(schema, graphql, coordinate, rule));
  }
  return table;
}
