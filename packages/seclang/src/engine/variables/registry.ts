import { argumentVariables } from './arguments.ts';
import { bodyVariables, multipartFlags } from './body.ts';
import type { Variable } from './entry.ts';
import { evaluationVariables } from './evaluation.ts';
import { requestVariables } from './request.ts';
import { responseVariables } from './response.ts';
import { storedVariables } from './stored.ts';
import { timeVariables } from './time.ts';

/** By name in capitals: every variable that the parser lets through. */
export const variables: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  ...requestVariables(),
  ...argumentVariables(),
  ...bodyVariables(),
  ...multipartFlags(),
  ...responseVariables(),
  ...evaluationVariables(),
  ...storedVariables(),
  ...timeVariables(),
]);
