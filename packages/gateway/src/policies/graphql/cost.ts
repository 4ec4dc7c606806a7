import type {
  FieldNode,
  GraphQLCompositeType,
  GraphQLField,
  GraphQLOutputType,
  OperationDefinitionNode,
  SelectionSetNode,
  ValueNode,
} from 'graphql';
import { invalid, refusal } from './fault.ts';
import { type Fragments, placeOf } from './structure.ts';
import type { FieldTable, TypeModel } from './type-model.ts';

/** How costs are counted, compiled. */
export interface CostRules {
  readonly model: TypeModel;
  readonly listSize: number;
  /** Ways into arguments, `[page, size]`, by the name of the argument. */
  readonly sizeArguments: ReadonlyMap<string, readonly (readonly string[])[]>;
  readonly connectionFields: ReadonlySet<string>;
  readonly costs: FieldTable<number>;
}

/** Values as the request gives them. */
export type Variables = Readonly<Record<string, unknown>>;

/** @returns `Page.size` as what `sizeArguments` of CostRules has */
export function sizeArguments(written: readonly string[]): Map<string, string[][]> {
  const ways = new Map<string, string[][]>();
  for (const each of written) {
    const [name = '', ...way] = each.split('.');
    ways.set(name, [...(ways.get(name) ?? []), way]);
  }
  return ways;
}

/**
 * What a selection costs: `fixed`, and `perItem` for each item that the field above says there are. Kept apart, so that a
 * fragment has one cost wherever it is used, and is counted once.
 */
interface Cost {
  readonly fixed: number;
  readonly perItem: number;
}

/** Beyond it nobody cares how much more it is; keeps 2^n and the product of sizes finite. */
const most = 1e15;

/** Counts what one operation costs with the variables of one request. */
export class CostCount {
  readonly #rules: CostRules;
  readonly #fragments: Fragments;
  readonly #variables: Variables;
  readonly #known = new Map<string, Cost>();
  readonly #defaults = new Map<string, ValueNode | undefined>();
  /** Some size came from a variable: with others the cost may be another. */
  usesVariables = false;
  /** Selections that were looked at. */
  steps = 0;

  constructor(rules: CostRules, fragments: Fragments, variables: Variables) {
    this.#rules = rules;
    this.#fragments = fragments;
    this.#variables = variables;
  }

  /**
   * @param operation of a document that Structure has measured: without circles, and not too deep
   * @throws GraphqlFault for a size that is none
   */
  of(operation: OperationDefinitionNode): number {
    for (const { variable, defaultValue } of operation.variableDefinitions ?? [])
      this.#defaults.set(variable.name.value, defaultValue);
    const root = this.#rules.model.rootOf(operation.operation);
    const name = root?.name ?? rootNames[operation.operation];
    return Math.min(most, this.#whole(this.#set(operation.selectionSet, root, name)));
  }

  #whole({ fixed, perItem }: Cost): number {
    return fixed + this.#rules.listSize * perItem;
  }

  #set({ selections }: SelectionSetNode, type: GraphQLCompositeType | undefined, typeName: string): Cost {
    let fixed = 0;
    let perItem = 0;
    for (const selection of selections) {
      this.steps++;
      let part: Cost;
      if (selection.kind === 'Field') part = this.#field(selection, type, typeName);
      else if (selection.kind === 'FragmentSpread') part = this.#fragment(selection.name.value, typeName);
      else {
        const condition = selection.typeCondition?.name.value;
        const within = condition === undefined ? type : this.#rules.model.named(condition);
        part = this.#set(selection.selectionSet, within, within?.name ?? this.#unknown(typeName));
      }
      fixed = Math.min(most, fixed + part.fixed);
      perItem = Math.min(most, perItem + part.perItem);
    }
    return { fixed, perItem };
  }

  /** Without a schema a fragment may be about a root type, by whatever name: then it costs what it costs there. */
  #fragment(name: string, typeName: string): Cost {
    const { model } = this.#rules;
    const key = model.schema === undefined ? `${name} ${typeName}` : name;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name)!;
    const type = model.named(fragment.typeCondition.name.value);
    const cost = this.#set(fragment.selectionSet, type, type?.name ?? this.#unknown(typeName));
    this.#known.set(key, cost);
    return cost;
  }

  #unknown(typeName: string): string {
    return this.#rules.model.schema === undefined ? typeName : '';
  }

  #field(field: FieldNode, parent: GraphQLCompositeType | undefined, parentName: string): Cost {
    const { model, costs, listSize, connectionFields } = this.#rules;
    const name = field.name.value;
    const definition = parent === undefined ? undefined : model.fieldOf(parent, name);
    const weights = costs.of(parentName, name);
    const weight = weights === undefined ? 1 : Math.max(...weights);
    if (field.selectionSet === undefined) {
      // A list of what has no fields may be as long as one of objects.
      return { fixed: weight * Math.max(1, this.#sizeOf(field, definition) ?? 1), perItem: 0 };
    }
    const shape = definition === undefined ? undefined : shapeOf(model, definition.type);
    const below = this.#set(field.selectionSet, shape?.composite, shape?.composite?.name ?? '');
    const size = this.#sizeOf(field, definition);
    if (shape === undefined) {
      // Without a schema nobody knows what is a list but by its arguments.
      const times = model.schema === undefined ? (size ?? 1) : 1;
      return { fixed: weight + times * this.#whole(below), perItem: 0 };
    }
    if (shape.lists === 0) {
      if (size === undefined) return { fixed: weight + this.#whole(below), perItem: 0 };
      return { fixed: weight + below.fixed + size * below.perItem, perItem: 0 };
    }
    const each = this.#whole(below) * listSize ** (shape.lists - 1);
    if (size === undefined && connectionFields.has(name)) return { fixed: weight, perItem: each };
    return { fixed: weight + (size ?? listSize) * each, perItem: 0 };
  }

  /** How many items the field is asked for, the most of what its arguments say; undefined when it has no such argument. */
  #sizeOf(field: FieldNode, definition: GraphQLField<unknown, unknown> | undefined): number | undefined {
    const { sizeArguments, listSize } = this.#rules;
    let size: number | undefined;
    for (const [name, ways] of sizeArguments) {
      const written = definition?.args.find((each) => each.name === name)?.astNode?.defaultValue;
      const byDefault = written === undefined ? undefined : this.#largest(written, ways, field);
      const given = field.arguments?.filter((each) => each.name.value === name) ?? [];
      if (given.length === 0) size = larger(size, byDefault);
      // A variable that is not there leaves the field with its default.
      for (const { value } of given)
        size = larger(size, this.#largest(value, ways, field) ?? byDefault ?? listSize);
    }
    return size;
  }

  #largest(value: ValueNode, ways: readonly (readonly string[])[], field: FieldNode): number | undefined {
    let size: number | undefined;
    for (const way of ways) {
      for (const found of this.#resolve(value, way)) size = larger(size, sizeFrom(found, field));
    }
    return size;
  }

  /** What stands at the end of a way into an argument, a name that is there twice included. */
  #resolve(node: ValueNode, way: readonly string[]): unknown[] {
    if (node.kind === 'Variable') {
      this.usesVariables = true;
      const name = node.name.value;
      const given = Object.hasOwn(this.#variables, name) ? this.#variables[name] : undefined;
      if (given !== undefined) return [valueAt(given, way)];
      const written = this.#defaults.get(name);
      return written === undefined ? [] : this.#resolve(written, way);
    }
    const [step, ...rest] = way;
    if (step === undefined)
      return [
        node.kind === 'IntValue' || node.kind === 'FloatValue'
          ? Number(node.value)
          : node.kind === 'StringValue'
            ? node.value
            : undefined,
      ];
    if (node.kind !== 'ObjectValue') return [];
    return node.fields
      .filter((each) => each.name.value === step)
      .flatMap((each) => this.#resolve(each.value, rest));
  }
}

const rootNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

function valueAt(value: unknown, way: readonly string[]): unknown {
  let at = value;
  for (const step of way) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

/**
 * A number of items, which some scalars write as a string. None at all, and 0, which some services take for no limit, are
 * taken for a list without a size.
 * @throws GraphqlFault for a negative one, which some take for no limit either
 */
function sizeFrom(value: unknown, field: FieldNode): number | undefined {
  const size =
    typeof value === 'string' && /^\s*[+-]?[0-9]+(\.[0-9]*)?\s*$/.test(value) ? Number(value) : value;
  if (typeof size !== 'number' || size === 0) return undefined;
  if (size < 0) throw invalid('size', 'asks for less than no items', '/query', placeOf(field));
  return Math.min(most, Math.ceil(size));
}

interface Shape {
  /** Lists around the type. */
  readonly lists: number;
  /** Undefined for what has no fields. */
  readonly composite: GraphQLCompositeType | undefined;
}

function shapeOf({ graphql }: TypeModel, type: GraphQLOutputType): Shape {
  let lists = 0;
  let at = type;
  while (graphql.isWrappingType(at)) {
    if (graphql.isListType(at)) lists++;
    at = at.ofType as GraphQLOutputType;
  }
  return { lists, composite: graphql.isCompositeType(at) ? at : undefined };
}

/** @throws GraphqlFault */
export function checkCost(cost: number, maxCost: number): void {
  if (cost <= maxCost) return;
  const found = cost > 1e9 ? 'more than 1000000000' : String(cost);
  throw refusal('graphql-limit', 'maxCost', `costs ${found}; ${maxCost} is the most`);
}
