import { refuse } from '../../exchange.ts';
import { canonicalAddress, withoutZone } from '../../http/address.ts';
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
        const address = withoutZone(clientAddress);
        if (denied?.has(address) === true) return refuse('address-refused', { reason: `deny ${address}` });
        if (allowed !== undefined) {
          return allowed.has(address)
            ? undefined
            : refuse('address-refused', { reason: `not in allow: ${address}` });
        }
        // In no list that it could be looked up in, an unreadable address would pass every deny.
        if (canonicalAddress(address) === undefined)
          return refuse('address-refused', { reason: 'no address' });
        return undefined;
      },
    };
  },
});
