import type { OperationDefinitionNode } from 'graphql';
import { escapePointer } from '../../http/json-pointer.ts';
import type { Variables } from './cost.ts';
import { invalid } from './fault.ts';
import type { TypeModel } from './type-model.ts';

/**
 * Variables that the operation does not declare, and with a schema those that are not of their type. Members of input
 * objects that the schema does not have are among them.
 * @throws GraphqlFault
 */
export function checkVariables(
  variables: Variables,
  operation: OperationDefinitionNode,
  model: TypeModel,
): void {
  const definitions = operation.variableDefinitions ?? [];
  const names = new Set(definitions.map(({ variable }) => variable.name.value));
  for (const name of Object.keys(variables)) {
    if (!names.has(name)) throw invalid('unknown', 'is no variable of the operation', pointerTo(name));
  }
  const { graphql, schema } = model;
  if (schema === undefined) return;
  for (const definition of definitions) {
    const { errors } = graphql.getVariableValues(schema, [definition], variables, coercion);
    if (errors === undefined) continue;
    const name = definition.variable.name.value;
    const missing = !Object.hasOwn(variables, name);
    throw missing
      ? invalid('required', 'is missing', pointerTo(name))
      : invalid('type', 'is not of the type that the operation declares', pointerTo(name));
  }
}

const coercion = { maxErrors: 1, hideSuggestions: true };

function pointerTo(name: string): string {
  return `/variables/${escapePointer(name)}`;
}

/**
 * Counts the values of variables, those within lists and objects too: each is looked at several times when types are
 * checked. The JSON parser has bounded how deep they are.
 * @returns the number of values; something above `limit` where there are more
 */
export function countValues(variables: Variables, limit: number): number {
  let count = 0;
  const containers: object[] = [variables];
  for (let container = containers.pop(); container !== undefined; container = containers.pop()) {
    const values: readonly unknown[] = Array.isArray(container) ? container : Object.values(container);
    count += values.length;
    if (count > limit) return count;
    for (const each of values) if (typeof each === 'object' && each !== null) containers.push(each);
  }
  return count;
}
