import { type Refuse, refuse } from '../../exchange.ts';
import type { ValidationError } from '../../openapi/validation-error.ts';

/** A refusal that lists what is wrong; the record names the first. */
export function refusal(
  problem: 'parameters-invalid' | 'body-invalid',
  errors: readonly ValidationError[],
): Refuse {
  const first = errors[0]!;
  return refuse(problem, {
    members: { errors },
    reason: [first.in, first.name ?? first.pointer, first.keyword].filter(Boolean).join(' '),
  });
}

/** For what is wrong with the body as a whole. */
export function bodyRefusal(keyword: string, message: string): Refuse {
  return refusal('body-invalid', [{ in: 'body', pointer: '', keyword, message }]);
}
