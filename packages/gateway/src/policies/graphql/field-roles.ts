import type { GraphQLCompositeType, OperationDefinitionNode, SelectionSetNode } from 'graphql';
import type { Fragments } from './structure.ts';
import type { FieldTable, TypeModel } from './type-model.ts';

/** A field that only some may ask for. */
export interface FieldRule {
  /** As it is written. */
  readonly text: string;
  readonly roles: ReadonlySet<string>;
}

/**
 * All rules about fields that an operation asks for, by whatever way and under whatever alias. Each fragment is looked
 * into once.
 * @param operation that was validated by the schema, so that every field of it has a type
 */
export function rulesOf(
  operation: OperationDefinitionNode,
  fragments: Fragments,
  model: TypeModel,
  rules: FieldTable<FieldRule>,
): ReadonlySet<FieldRule> {
  const found = new Set<FieldRule>();
  const seen = new Set<string>();

  function walk({ selections }: SelectionSetNode, type: GraphQLCompositeType | undefined): void {
    for (const selection of selections) {
      if (selection.kind === 'InlineFragment') {
        const condition = selection.typeCondition?.name.value;
        walk(selection.selectionSet, condition === undefined ? type : model.named(condition));
      } else if (selection.kind === 'FragmentSpread') {
        const name = selection.name.value;
        if (seen.has(name)) continue;
        seen.add(name);
        const fragment = fragments.get(name)!;
        walk(fragment.selectionSet, model.named(fragment.typeCondition.name.value));
      } else {
        const name = selection.name.value;
        if (type === undefined) continue;
        for (const rule of rules.of(type.name, name) ?? []) found.add(rule);
        const definition = model.fieldOf(type, name);
        if (selection.selectionSet === undefined || definition === undefined) continue;
        const below = model.graphql.getNamedType(definition.type);
        walk(selection.selectionSet, model.named(below.name));
      }
    }
  }

  walk(operation.selectionSet, model.rootOf(operation.operation));
  return found;
}
