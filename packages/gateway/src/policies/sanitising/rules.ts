import type { Environment } from '../../environment.ts';
import { JsonMatcher } from '../../http/json-matcher.ts';
import type { JsonPath } from '../../http/json-path.ts';
import type { Follower } from '../../http/json-spot.ts';
import { type Schema, sharedOf } from '../../openapi/definition.ts';
import { type Offered, offeredTypes } from '../../openapi/media-types.ts';
import type { Operation } from '../../routing/apis.ts';
import { contentOf } from '../authorization/content-rules.ts';
import { covers, parseFieldTarget, type Scope } from '../authorization/target.ts';
import { Faults } from '../faults.ts';
import { htmlFaults } from './html.ts';
import type { Kind } from './kinds.ts';
import { markFaults } from './mark-faults.ts';
import { Marks } from './marks.ts';
import type { SanitisingConfig } from './schema.ts';

/** A search through a body, and what its ends stand for. */
export interface Search {
  readonly root: Follower;
  readonly kindLists: readonly (readonly Kind[])[];
  /** Of the document itself. */
  readonly own: readonly number[] | undefined;
}

/** What is cleaned in the bodies of one operation. */
export interface OperationRules {
  /** By key of the definition's `content`, whatever is known of such bodies. */
  readonly marked: ReadonlyMap<string, Search>;
  readonly offered: readonly Offered[];
  /** What the configuration names, in whatever body it is. */
  readonly named: Search | undefined;
}

export interface Rules {
  /** Undefined where nothing is cleaned. */
  of(operation: Operation | undefined): OperationRules | undefined;
  readonly usesHtml: boolean;
}

/** One entry of `fields:`. */
interface Entry {
  readonly scope: Scope;
  readonly path: JsonPath;
  readonly kinds: readonly Kind[];
}

/** @throws AggregateError of OptionFault: in the configuration, and of marks in the definition */
export function compileRules(config: SanitisingConfig, { api }: Environment): Rules {
  const faults = new Faults();
  for (const [place, message] of htmlFaults(config.html ?? {})) faults.add(['html', ...place], message);
  const operations = api?.operations;
  const entries = readEntries(config, operations, faults);
  const shared = sharedOf((operations ?? []).map(({ definition }) => definition));
  // One for all of the definition: it goes through every schema.
  const marks = new Marks(shared, (operations ?? []).flatMap(schemasOf));
  for (const message of markFaults(operations ?? [], marks)) faults.add([], message);
  faults.throwAll();
  const byOperation = new Map<Operation, OperationRules>();
  for (const operation of operations ?? []) {
    const rules = {
      marked: markedOf(operation, marks),
      offered: offeredTypes(Object.keys(operation.definition.requestBody?.content ?? {})),
      named: searchOf(entries.filter(({ scope }) => coversBody(scope, operation))),
    };
    if (rules.marked.size > 0 || rules.named !== undefined) byOperation.set(operation, rules);
  }
  const named = operations === undefined ? searchOf(entries) : undefined;
  const elsewhere = named && { marked: new Map<string, Search>(), offered: [], named };
  return {
    of: (operation) => (operation === undefined ? elsewhere : byOperation.get(operation)),
    usesHtml: marks.usesHtml || entries.some(({ kinds }) => kinds.includes('html')),
  };
}

function schemasOf({ definition: { parameters, requestBody } }: Operation): readonly Schema[] {
  return [...parameters.map(({ schema }) => schema), ...Object.values(requestBody?.content ?? {})];
}

function readEntries(
  { fields = {} }: SanitisingConfig,
  operations: readonly Operation[] | undefined,
  faults: Faults,
): readonly Entry[] {
  return Object.entries(fields).flatMap(([text, written]): Entry[] => {
    const where = ['fields', text];
    const target = faults.try(where, () => parseFieldTarget(text));
    if (target === undefined) return [];
    const covered = operations?.filter((operation) => covers(target.scope, operation)) ?? [];
    if (operations === undefined) {
      if (target.scope.text !== '')
        faults.add(where, 'an API without a definition has no operations: write #/name, for all of it');
    } else if (covered.length === 0) faults.add(where, 'the definition has no operation that it is about');
    else if (target.scope.exact && !covered.some(takesReadable))
      faults.add(where, 'the operation takes no body in which a field could be cleaned');
    return [{ ...target, kinds: [written].flat() }];
  });
}

/** A rule for many operations leaves out those whose bodies have no fields, such as files. */
function coversBody(scope: Scope, operation: Operation): boolean {
  return covers(scope, operation) && (scope.exact || takesReadable(operation));
}

function takesReadable(operation: Operation): boolean {
  if (contentOf(operation) === 'json') return true;
  const keys = Object.keys(operation.definition.requestBody?.content ?? {});
  return keys.some(
    (key) => key.startsWith('application/x-www-form-urlencoded') || key.startsWith('multipart/form-data'),
  );
}

function searchOf(entries: readonly Entry[]): Search | undefined {
  const { root } = new JsonMatcher(entries.map(({ path }) => path));
  return root && { root, kindLists: entries.map(({ kinds }) => kinds), own: undefined };
}

function markedOf({ definition }: Operation, marks: Marks): ReadonlyMap<string, Search> {
  const marked = new Map<string, Search>();
  for (const [key, schema] of Object.entries(definition.requestBody?.content ?? {})) {
    const root = marks.rootOf(schema);
    if (root !== undefined) marked.set(key, { root, kindLists: marks.kindLists, own: root.own });
  }
  return marked;
}
