import type { Head, Known, Rewritten } from '../../exchange.ts';
import { hasOneOf } from '../authorization/roles.ts';
import type { Asked } from './asked.ts';
import { CostCount, checkCost } from './cost.ts';
import { type CompiledDocument, type CompiledOperation, DocumentCache } from './document.ts';
import { beyond, GraphqlFault, invalid, refusal } from './fault.ts';
import { sha256 } from './persisted.ts';
import type { Rules } from './rules.ts';
import { checkVariables, countValues } from './variables.ts';

/** Judges requests by one set of rules. */
export class Judge {
  readonly #rules: Rules;
  readonly #cache = new DocumentCache();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  begin(request: Head & Known): Judgement {
    return new Judgement(this.#rules, this.#cache, request);
  }

  /** The first document takes twenty times as long as the next ones, as nothing of graphql-js is compiled by then. */
  *warm(): Generator<void> {
    const rules = { ...this.#rules.documents, maxDepth: 50 };
    const cache = new DocumentCache(0);
    for (let round = 0; round < 20; round++) {
      for (const text of warming) {
        try {
          cache.compile(text, rules, rules.maxTokens);
        } catch (fault) {
          // That a schema has no such fields is all right: what they would be looked up with is warm then.
          if (!(fault instanceof GraphqlFault)) throw fault;
        }
        yield;
      }
    }
  }
}

const warming = [
  'query Warm($a: Int = 1) { __typename @include(if: true) ...Part } fragment Part on Query { __typename }',
  '{ __schema { queryType { name kind } types { name fields { name args { name } } } } }',
];

/** The operations of one request, judged one after the other under bounds for all of them together. */
export class Judgement {
  readonly #rules: Rules;
  readonly #cache: DocumentCache;
  readonly #request: Head & Known;
  readonly #accepted: { readonly asked: Asked; readonly text: string }[] = [];
  readonly #names: string[] = [];
  #size = 0;
  #tokens = 0;
  #values = 0;
  #cost = 0;
  #depth = 0;
  /** Some operation was named by its id alone. */
  #expands = false;

  constructor(rules: Rules, cache: DocumentCache, request: Head & Known) {
    this.#rules = rules;
    this.#cache = cache;
    this.#request = request;
  }

  /** @throws GraphqlFault */
  add(asked: Asked): void {
    const { maxVariableValues, maxCost, documents } = this.#rules;
    const { text, document } = this.#documentOf(asked);
    const selected = select(document, asked.operationName);
    this.#depth = Math.max(this.#depth, selected.depth);
    this.#names.push(`${selected.type} ${selected.name?.slice(0, 100) ?? ''}`.trim());
    this.#request.note('graphql', this.#names);
    this.#request.note('graphqlDepth', this.#depth);
    // All operations of the document: which of them the service runs is not for the name alone to say.
    for (const operation of document.operations) this.#checkCaller(operation);
    this.#values += countValues(asked.variables, maxVariableValues - this.#values);
    if (this.#values > maxVariableValues)
      throw beyond('maxVariableValues', maxVariableValues, undefined, '/variables');
    checkVariables(asked.variables, selected.node, documents.costs.model);
    let dearest = 0;
    for (const { cost, node } of document.operations) {
      const own = cost ?? new CostCount(documents.costs, document.fragments, asked.variables).of(node);
      if (own > dearest) dearest = own;
    }
    this.#cost += dearest;
    this.#request.note('graphqlCost', this.#cost);
    checkCost(this.#cost, maxCost);
    this.#accepted.push({ asked, text });
  }

  /**
   * What goes on in the place of the body, where operations were named by their ids.
   * @param isList the request has a list of operations
   */
  rewritten(isList: boolean): Rewritten | undefined {
    if (!this.#expands) return undefined;
    const operations = this.#accepted.map(({ asked: { operationName, variables, extensions }, text }) => ({
      query: text,
      operationName,
      variables,
      extensions: Object.keys(extensions).length === 0 ? undefined : extensions,
    }));
    return { kind: 'rewritten', body: Buffer.from(JSON.stringify(isList ? operations : operations[0])) };
  }

  #documentOf({ text, id, isHash }: Asked): { text: string; document: CompiledDocument } {
    const { persisted, only, expand, maxSize, documents } = this.#rules;
    if (text === undefined) {
      const known = persisted?.get(id!);
      if (known === undefined) throw unknownOperation();
      if (expand) {
        if (this.#request.method !== 'POST')
          throw refusal('method-unknown', 'persisted', 'is named by its id, which takes a POST', '/id');
        this.#expands = true;
      }
      return known;
    }
    this.#size += Buffer.byteLength(text);
    if (this.#size > maxSize) throw beyond('maxSize', maxSize, this.#size);
    const hash = id !== undefined || only ? sha256(text) : undefined;
    const known = hash === undefined ? undefined : persisted?.get(hash);
    // A service may keep the text under the id, for all who name it from then on.
    if (id !== undefined && id !== hash && (isHash || known === undefined || persisted?.get(id) !== known))
      throw invalid('id', 'is not what its id is for');
    if (known !== undefined) return known;
    if (only) throw unknownOperation();
    const document = this.#cache.compile(text, documents, documents.maxTokens - this.#tokens);
    this.#tokens += document.tokens;
    return { text, document };
  }

  #checkCaller({ type, introspects, fieldRules }: CompiledOperation): void {
    const { introspection, subscriptions } = this.#rules;
    const { method, principal } = this.#request;
    if (type !== 'query' && method !== 'POST')
      throw refusal('method-unknown', 'method', `is a ${type}, which takes a POST`);
    if (type === 'subscription' && !subscriptions)
      throw invalid('subscription', 'is a subscription, which is not taken here');
    const has = (roles: ReadonlySet<string>): boolean =>
      principal !== undefined && hasOneOf(principal.roles, roles);
    if (introspects && introspection !== 'allow' && (introspection === 'refuse' || !has(introspection)))
      throw refusal('introspection-refused', 'introspection', 'asks for the schema');
    for (const { text, roles } of fieldRules) {
      if (!has(roles)) throw refusal('role-insufficient', 'field', `asks for ${text}`);
    }
  }
}

function unknownOperation(): GraphqlFault {
  // To the letter what clients of Apollo look for, to send the text as well then.
  return refusal('graphql-operation-unknown', 'persisted', 'PersistedQueryNotFound');
}

/** @throws GraphqlFault */
function select({ operations }: CompiledDocument, name: string | undefined): CompiledOperation {
  const found = name === undefined ? operations : operations.filter((each) => each.name === name);
  if (found.length === 1) return found[0]!;
  throw name === undefined
    ? invalid('operationName', 'is missing, and there are several operations', '/operationName')
    : invalid('operationName', 'is not in the document', '/operationName');
}
