import { refuse } from '../../exchange.ts';
import { definePolicy } from '../../policy.ts';
import { compileHours } from './hours.ts';
import { schema } from './schema.ts';

export const accessHours = definePolicy({
  name: 'access-hours',
  summary: 'When an API, or an operation, may be called at all, by the clock of a time zone.',
  phase: 'head',
  schema,
  problems: ['hours-refused'],
  onFault: 'refuse',
  prepare(config) {
    const isOpen = compileHours(config);
    const refusal = refuse('hours-refused', { reason: `closed by the clock of ${config.timeZone}` });
    return { head: ({ receivedAt }) => (isOpen(receivedAt) ? undefined : refusal) };
  },
});
