import type { Head, Known, Principal } from '../exchange.ts';
import { isExempt } from '../policies/authorization/binding.ts';
import type { CheckKind } from '../policies/authorization/checks.ts';
import type { ContentRules } from '../policies/authorization/content.ts';
import { hasOneOf } from '../policies/authorization/roles.ts';
import type { OperationRules } from '../policies/authorization/rules.ts';
import type { ProblemName } from '../problems/catalogue.ts';

/** What authorization decides about one request, and why. */
export interface Decision {
  readonly allowed: boolean;
  /** What it is refused with. */
  readonly problem: ProblemName | undefined;
  /** In the order in which it is asked; after the first that is not met nothing is asked any more. */
  readonly steps: readonly {
    readonly kind: CheckKind;
    readonly asks: string;
    readonly met: boolean;
    /** For the record, where it is not met. */
    readonly reason: string | undefined;
  }[];
  /** What is still to be decided, when the body of the request, or the reply, is there. */
  readonly later: readonly string[];
}

/** Asks the very checks that the gateway asks. */
export function decide(rules: OperationRules, request: Head & Known): Decision {
  const steps: Decision['steps'][number][] = [];
  for (const { kind, asks, decide: ask } of rules.checks) {
    const refusal = ask(request);
    steps.push({ kind, asks, met: refusal === undefined, reason: refusal?.reason });
    if (refusal !== undefined) return { allowed: false, problem: refusal.problem, steps, later: [] };
  }
  const { principal } = request;
  const later = [
    ...laterIn(rules.request, principal, 'in the body', 'may not send'),
    ...laterIn(rules.reply, principal, 'in the reply', 'does not see'),
  ];
  return { allowed: true, problem: undefined, steps, later };
}

function laterIn(
  content: ContentRules | undefined,
  principal: Principal | undefined,
  where: string,
  verb: string,
): string[] {
  if (content === undefined) return [];
  const bound = content.bindings
    .filter(({ binding }) => principal === undefined || !isExempt(binding, principal))
    .map(({ binding: { text, owner } }) => `${where}, ${text} is ${owner.text}`);
  const closed = content.fields
    .filter(({ allowed }) => principal === undefined || !hasOneOf(principal.roles, allowed))
    .map(({ text }) => `${verb} ${text}`);
  return [...bound, ...closed];
}
