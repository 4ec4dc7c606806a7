import { refuse } from '../../exchange.ts';
import { compileAddressSet } from '../../http/address-set.ts';
import { definePolicy } from '../../policy.ts';
import { schema } from './schema.ts';

export const ipAccess = definePolicy({
  name: 'ip-access',
  summary: 'Who may call at all, by network address.',
  phase: 'head',
  schema,
  problems: ['address-refused'],
  onFault: 'refuse',
  prepare(config) {
    const allowed = config.allow === undefined ? undefined : compileAddressSet(config.allow);
    const denied = config.deny === undefined ? undefined : compileAddressSet(config.deny);
    return {
      head({ clientAddress }) {
        if (denied?.has(clientAddress) === true) return refuse('address-refused', { reason: `deny ${clientAddress}` });
        if (allowed !== undefined && !allowed.has(clientAddress)) {
          return refuse('address-refused', { reason: `not in allow: ${clientAddress}` });
        }
        return undefined;
      },
    };
  },
});
