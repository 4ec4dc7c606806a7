import { type Finding, type Refuse, refuse } from '../../exchange.ts';
import type { ValidationError } from '../../openapi/validation-error.ts';

/** A refusal that lists what is wrong; the record names the first. */
export function refusal(
  problem: 'parameters-invalid' | 'body-invalid',
  errors: readonly ValidationError[],
): Refuse {
  return refuse(problem, { members: { errors }, reason: reasonOf(errors[0]!) });
}

/** What is not right and passes: the record names it, up to some length. */
export function finding(
  problem: 'parameters-invalid' | 'body-invalid',
  errors: readonly ValidationError[],
): Finding {
  return { problem, reason: errors.slice(0, mostTold).map(reasonOf).join(', ') };
}

const mostTold = 20;

function reasonOf(error: ValidationError): string {
  return [error.in, error.name ?? error.pointer, error.keyword].filter(Boolean).join(' ');
}

/** For what is wrong with the body as a whole. */
export function bodyRefusal(keyword: string, message: string): Refuse {
  return refusal('body-invalid', [{ in: 'body', pointer: '', keyword, message }]);
}
