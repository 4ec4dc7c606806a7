import type {
  DirectiveNode,
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import { beyond, type GraphqlFault, invalid, type Place } from './fault.ts';

/** How large a selection is, with each fragment counted as often as it is used. */
export interface Measures {
  /** Fields within fields; what is below an introspection field counts for `introspectionDepth` instead. */
  readonly depth: number;
  readonly introspectionDepth: number;
  /** Fields of the schema of the schema that lead to lists, nested: each multiplies the answer. */
  readonly introspectionLists: number;
  readonly introspects: boolean;
  readonly aliases: number;
  readonly directives: number;
  /** Fields of the selection itself, those of its fragments too. */
  readonly topFields: number;
  /** Selections within selections, fragments too: what a service that follows them puts on its stack. */
  readonly height: number;
}

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** The parts of a document, with names that are there twice, and such like, refused. */
export interface Parts {
  readonly operations: readonly OperationDefinitionNode[];
  readonly fragments: Fragments;
}

/** More operations in one document than anybody has use for multiply what each fragment costs. */
const mostOperations = 10;

/** Deeper than any depth that can be configured, with room for fragments. */
const mostHeight = 150;

/** Introspection as tools ask for it goes to 14, and through two lists. */
const introspectionDepth = 20;
const introspectionLists = 2;

const introspectionFields: ReadonlySet<string> = new Set(['__schema', '__type', '_service']);
const listsOfTypes: ReadonlySet<string> = new Set(['fields', 'interfaces', 'possibleTypes', 'inputFields']);

/** @throws GraphqlFault */
export function partsOf(document: DocumentNode): Parts {
  const operations: OperationDefinitionNode[] = [];
  const fragments = new Map<string, FragmentDefinitionNode>();
  const names = new Set<string | undefined>();
  for (const definition of document.definitions) {
    if (definition.kind === 'FragmentDefinition') {
      if (fragments.has(definition.name.value)) throw twice('fragment', definition);
      fragments.set(definition.name.value, definition);
    } else if (definition.kind === 'OperationDefinition') {
      if (names.has(definition.name?.value)) throw twice('operation', definition);
      names.add(definition.name?.value);
      operations.push(definition);
    } else
      throw invalid('definition', 'has a definition that can not be executed', '/query', placeOf(definition));
  }
  if (operations.length === 0) throw invalid('operation', 'is missing: there are fragments only');
  if (operations.length > mostOperations) throw beyond('operations', mostOperations, operations.length);
  if (operations.length > 1 && names.has(undefined))
    throw invalid('operation', 'has no name, and is not alone in its document');
  for (const { variableDefinitions } of operations) {
    const variables = new Set<string>();
    for (const each of variableDefinitions ?? []) {
      if (variables.has(each.variable.name.value)) throw twice('variable', each);
      variables.add(each.variable.name.value);
    }
  }
  return { operations, fragments };
}

function twice(what: string, node: Located): GraphqlFault {
  return invalid(what, `has two definitions of a ${what} of one name`, '/query', placeOf(node));
}

/** What `graphql-js` keeps of the place of a node. */
export interface Located {
  readonly loc?: { readonly startToken: Place } | undefined;
}

export function placeOf({ loc }: Located): Place | undefined {
  return loc === undefined ? undefined : { line: loc.startToken.line, column: loc.startToken.column };
}

/**
 * Measures the operations of a document. Each fragment is walked once, however often it is used, so that the time is in
 * proportion to the text; numbers that grow with every use only grow as numbers.
 */
export class Structure {
  readonly #fragments: Fragments;
  readonly #known = new Map<string, Measures | 'open'>();
  /** Selections that were looked at, for tests that the work has a bound. */
  steps = 0;

  constructor(fragments: Fragments) {
    this.#fragments = fragments;
  }

  /** @throws GraphqlFault for fragments that use themselves, or that there are not */
  measure(operation: OperationDefinitionNode): Measures {
    const measures = this.#set(operation.selectionSet, 1);
    const own = countOf(operation.directives) + sumOf(operation.variableDefinitions ?? []);
    return { ...measures, directives: measures.directives + own };
  }

  /** @throws GraphqlFault for a fragment that no operation uses: it would go on without having been measured */
  expectAllUsed(): void {
    for (const [name, fragment] of this.#fragments) {
      if (!this.#known.has(name))
        throw invalid('fragment', 'has a fragment that is not used', '/query', placeOf(fragment));
    }
  }

  #set({ selections, ...set }: SelectionSetNode, level: number): Measures {
    if (level > mostHeight) throw beyond('nesting', mostHeight, undefined);
    // graphql-js takes `{}`, which the specification does not know.
    if (selections.length === 0) throw invalid('syntax', 'has an empty selection', '/query', placeOf(set));
    const sum = { ...nothing };
    for (const selection of selections) {
      this.steps++;
      if (selection.kind === 'Field') this.#field(sum, selection, level);
      else {
        const part =
          selection.kind === 'InlineFragment'
            ? this.#set(selection.selectionSet, level + 1)
            : this.#fragment(selection.name.value, level + 1, selection);
        if (level + part.height > mostHeight) throw beyond('nesting', mostHeight, undefined);
        sum.depth = Math.max(sum.depth, part.depth);
        sum.introspectionDepth = Math.max(sum.introspectionDepth, part.introspectionDepth);
        sum.introspectionLists = Math.max(sum.introspectionLists, part.introspectionLists);
        sum.introspects ||= part.introspects;
        sum.aliases += part.aliases;
        sum.topFields += part.topFields;
        sum.directives += part.directives + countOf(selection.directives);
        sum.height = Math.max(sum.height, part.height);
      }
    }
    sum.height++;
    return sum;
  }

  #field(sum: Mutable<Measures>, field: FieldNode, level: number): void {
    const part = field.selectionSet === undefined ? nothing : this.#set(field.selectionSet, level + 1);
    if (level + part.height > mostHeight) throw beyond('nesting', mostHeight, undefined);
    const name = field.name.value;
    const introspects = introspectionFields.has(name);
    if (introspects && part.introspectionLists > introspectionLists)
      throw beyond('introspection', introspectionLists, part.introspectionLists);
    const lists = part.introspectionLists + (listsOfTypes.has(name) ? 1 : 0);
    sum.depth = Math.max(sum.depth, introspects ? 1 : part.depth + 1);
    sum.introspectionDepth = Math.max(
      sum.introspectionDepth,
      introspects ? part.depth + 1 : part.introspectionDepth,
    );
    sum.introspectionLists = Math.max(sum.introspectionLists, lists);
    sum.introspects ||= introspects || part.introspects;
    sum.aliases += part.aliases + (field.alias === undefined ? 0 : 1);
    sum.directives += part.directives + countOf(field.directives);
    sum.topFields++;
    sum.height = Math.max(sum.height, part.height);
  }

  #fragment(name: string, level: number, where: Located): Measures {
    const known = this.#known.get(name);
    if (known === 'open')
      throw invalid('fragment', 'has a fragment that leads to itself', '/query', placeOf(where));
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    if (fragment === undefined)
      throw invalid('fragment', 'uses a fragment that is not there', '/query', placeOf(where));
    this.#known.set(name, 'open');
    const own = this.#set(fragment.selectionSet, level);
    const measures = { ...own, directives: own.directives + countOf(fragment.directives) };
    this.#known.set(name, measures);
    return measures;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const nothing: Measures = {
  depth: 0,
  introspectionDepth: 0,
  introspectionLists: 0,
  introspects: false,
  aliases: 0,
  directives: 0,
  topFields: 0,
  height: 0,
};

function countOf(directives: readonly DirectiveNode[] | undefined): number {
  return directives?.length ?? 0;
}

function sumOf(nodes: readonly { readonly directives?: readonly DirectiveNode[] | undefined }[]): number {
  let sum = 0;
  for (const { directives } of nodes) sum += countOf(directives);
  return sum;
}

export interface StructureLimits {
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
  readonly maxRootFields: number;
}

/** @throws GraphqlFault */
export function checkMeasures(measures: Measures, limits: StructureLimits): void {
  const { depth, aliases, directives, topFields } = measures;
  if (depth > limits.maxDepth) throw beyond('maxDepth', limits.maxDepth, depth);
  if (measures.introspectionDepth > introspectionDepth)
    throw beyond('introspection', introspectionDepth, measures.introspectionDepth);
  if (aliases > limits.maxAliases) throw beyond('maxAliases', limits.maxAliases, aliases);
  if (directives > limits.maxDirectives) throw beyond('maxDirectives', limits.maxDirectives, directives);
  if (topFields > limits.maxRootFields) throw beyond('maxRootFields', limits.maxRootFields, topFields);
}
