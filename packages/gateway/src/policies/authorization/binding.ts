import { type Principal, type Refuse, refuse } from '../../exchange.ts';
import type { Operation } from '../../routing/apis.ts';
import { pathValueReader } from '../../routing/path-parameters.ts';
import type { Check, Request } from './checks.ts';
import type { Owner } from './owner.ts';
import { queryReader } from './query-values.ts';
import { hasOneOf } from './roles.ts';
import { covers, pathIndex, type Target } from './target.ts';

/** One entry of `bind:`, compiled. */
export interface Binding {
  /** As it is written. */
  readonly text: string;
  readonly target: Target;
  readonly owner: Owner;
  /** Roles of which one is enough to be exempt. */
  readonly except: ReadonlySet<string>;
  readonly passesMissing: boolean;
}

export function isExempt({ except }: Pick<Binding, 'except'>, principal: Principal): boolean {
  return except.size > 0 && hasOneOf(principal.roles, except);
}

/** @param what happened; no value of the request, which belongs in no record */
export function notTheirs({ text, owner }: Binding, what: string): Refuse {
  return refuse('object-refused', { reason: `${text} ${what} ${owner.text}` });
}

/**
 * The binding as a check of an operation's path or query; undefined when it is about another operation, or about a body.
 */
export function bindingCheck(binding: Binding, operation: Operation): Check | undefined {
  const { target } = binding;
  if (target.kind === 'path') {
    const index = pathIndex(target, operation);
    return index < 0 ? undefined : pathCheck(binding, operation, index);
  }
  if (target.kind !== 'query' || !covers(target.scope, operation)) return undefined;
  const declared = operation.definition.parameters.some(
    (parameter) => parameter.in === 'query' && parameter.name === target.name,
  );
  return queryCheck(binding, target.name, !binding.passesMissing && (declared || target.scope.exact));
}

/** Tells whether the request has what is the caller's, given the texts that identify the caller: none for nobody. */
type Judge = (texts: readonly string[], request: Request) => Refuse | undefined;

function checkOf(binding: Binding, judge: Judge): Check {
  const { text, owner } = binding;
  return {
    kind: 'binding',
    asks: `${text} is ${owner.text}`,
    isStatic: false,
    exempts: (principal) => isExempt(binding, principal),
    decide(request) {
      const { principal } = request;
      if (principal === undefined) return judge(nothing, request);
      return isExempt(binding, principal) ? undefined : judge(owner.textsOf(principal), request);
    },
  };
}

const nothing: readonly string[] = [];

function pathCheck(binding: Binding, operation: Operation, index: number): Check {
  const refusal = notTheirs(binding, 'is not');
  const read = pathValueReader(operation, index);
  return checkOf(binding, (texts, { pathValues }) =>
    texts.includes(read(pathValues[index]!)) ? undefined : refusal,
  );
}

/** @param required the operation has the parameter, so that leaving it out could mean everybody's objects */
function queryCheck(binding: Binding, name: string, required: boolean): Check {
  const reader = queryReader(name);
  const refusal = notTheirs(binding, 'is not');
  const missing = notTheirs(binding, 'is missing, and must be');
  const malformed = notTheirs(binding, 'cannot be read, and must be');
  const check = checkOf(binding, (texts, { query }) => {
    const found = reader.read(query);
    if (found === undefined) return malformed;
    // Every one of them, as nobody knows which one the service takes.
    for (const value of found.values) if (!texts.includes(value)) return refusal;
    return required && !found.named ? missing : undefined;
  });
  return required ? check : { ...check, isOptional: true };
}
