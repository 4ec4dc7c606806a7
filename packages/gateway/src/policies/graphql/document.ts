import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidationRule } from 'graphql';
import { CostCount, type CostRules } from './cost.ts';
import { beyond, invalid } from './fault.ts';
import { type FieldRule, rulesOf } from './field-roles.ts';
import { nestingOf } from './nesting.ts';
import { checkMeasures, type Fragments, partsOf, Structure, type StructureLimits } from './structure.ts';
import type { FieldTable, GraphqlJs } from './type-model.ts';

/** What a document is judged by before anything is known of a request but its text. */
export interface DocumentRules extends StructureLimits {
  readonly maxTokens: number;
  readonly costs: CostRules;
  readonly fields: FieldTable<FieldRule> | undefined;
}

export interface CompiledOperation {
  /** Undefined for one without a name. */
  readonly name: string | undefined;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly node: OperationDefinitionNode;
  readonly depth: number;
  readonly introspects: boolean;
  /** Undefined where it depends on variables. */
  readonly cost: number | undefined;
  readonly fieldRules: readonly FieldRule[];
}

/** A document within the limits, and what has been found out about it. */
export interface CompiledDocument {
  readonly operations: readonly CompiledOperation[];
  readonly fragments: Fragments;
  readonly tokens: number;
  /** Characters of the text. */
  readonly size: number;
}

/** Brackets within brackets: fields, arguments and values together. */
const mostNesting = 100;

/**
 * Parses a document and checks all that does not depend on who sends it, with which variables. Every step is in proportion
 * to the text, whose size the caller has checked.
 * @param tokensLeft of the limit, where a request has several documents
 * @throws GraphqlFault
 */
export function compileDocument(
  text: string,
  rules: DocumentRules,
  tokensLeft = rules.maxTokens,
): CompiledDocument {
  const nesting = nestingOf(text, mostNesting);
  if (nesting > mostNesting) throw beyond('nesting', mostNesting, undefined);
  const { costs } = rules;
  const { graphql, schema } = costs.model;
  const document = parse(graphql, text, rules.maxTokens, tokensLeft);
  const { operations, fragments } = partsOf(document);
  const structure = new Structure(fragments);
  const measured = operations.map((node) => {
    const measures = structure.measure(node);
    checkMeasures(measures, rules);
    return { node, measures };
  });
  structure.expectAllUsed();
  if (schema !== undefined) validate(graphql, schema, document);
  return {
    fragments,
    tokens: document.tokenCount ?? rules.maxTokens,
    size: text.length,
    operations: measured.map(({ node, measures: { depth, introspects } }) => {
      const count = new CostCount(costs, fragments, {});
      const cost = count.of(node);
      return {
        name: node.name?.value,
        type: node.operation,
        node,
        depth,
        introspects,
        cost: count.usesVariables ? undefined : cost,
        fieldRules:
          rules.fields === undefined ? [] : [...rulesOf(node, fragments, costs.model, rules.fields)],
      };
    }),
  };
}

/** The message of graphql-js quotes the text around the fault, which may be a secret. */
function parse(graphql: GraphqlJs, text: string, maxTokens: number, left: number): DocumentNode {
  try {
    return graphql.parse(text, { maxLexicalTokens: left, maxComments: left });
  } catch (error) {
    if (!(error instanceof graphql.GraphQLError)) throw error;
    if (/more than [0-9]+ (?:lexical )?(?:tokens|comments)/.test(error.message))
      throw beyond('maxTokens', maxTokens, undefined);
    throw invalid('syntax', 'is no GraphQL', '/query', error.locations?.[0]);
  }
}

/**
 * The rules of graphql-js, but for whether fields can be merged: that takes time in proportion to the square of the fields
 * (34 ms for 2,000 tokens, our measurement), and protects nobody, as the service answers with an error then.
 */
function rulesFor(graphql: GraphqlJs): readonly ValidationRule[] {
  return graphql.specifiedRules.filter((rule) => rule !== graphql.OverlappingFieldsCanBeMergedRule);
}

/** Messages of graphql-js name fields of the schema that are near: a way to have it spelled out. */
const validationOptions = { maxErrors: 1, hideSuggestions: true };

const rulesByModule = new WeakMap<GraphqlJs, readonly ValidationRule[]>();

function validate(graphql: GraphqlJs, schema: GraphQLSchema, document: DocumentNode): void {
  let rules = rulesByModule.get(graphql);
  if (rules === undefined) {
    rules = rulesFor(graphql);
    rulesByModule.set(graphql, rules);
  }
  const [error] = graphql.validate(schema, document, rules, validationOptions);
  if (error !== undefined) throw invalid('schema', 'does not fit the schema', '/query', error.locations?.[0]);
}

/**
 * Documents that were seen before, by their text: clients send the same ones. Bounded by the characters that it has, as
 * the parsed form takes some fifty times as much; emptied when it is full.
 */
export class DocumentCache {
  readonly #known = new Map<string, CompiledDocument>();
  readonly #most: number;
  #size = 0;

  constructor(most = 131_072) {
    this.#most = most;
  }

  /** @throws GraphqlFault, also for a text whose compiled form is beyond what is left for it */
  compile(text: string, rules: DocumentRules, tokensLeft: number): CompiledDocument {
    const known = this.#known.get(text);
    if (known !== undefined) {
      if (known.tokens > tokensLeft) throw beyond('maxTokens', rules.maxTokens, undefined);
      return known;
    }
    const compiled = compileDocument(text, rules, tokensLeft);
    if (this.#size + text.length > this.#most) {
      this.#known.clear();
      this.#size = 0;
    }
    if (text.length <= this.#most) {
      this.#known.set(text, compiled);
      this.#size += text.length;
    }
    return compiled;
  }
}
