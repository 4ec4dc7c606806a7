import { withoutZone } from '../../http/address.ts';
import { compileAddressSet } from '../../http/address-set.ts';
import { clientAddress as findClient } from '../../http/forwarded.ts';
import { definePolicy } from '../../policy.ts';
import { schema } from './schema.ts';

/** Where the client is, from the fields of trusted proxies only (`trustedProxies`); first, as others rely on it. */
export const clientAddress = definePolicy({
  name: 'client-address',
  summary: 'Finds the address of the client behind trusted proxies.',
  phase: 'head',
  schema,
  problems: [],
  onFault: 'refuse',
  byDefault: () => ({}),
  prepare(config, environment) {
    // Nobody to believe: the peer is the client, and the request is not looked at.
    if (environment.trustedProxies.length === 0) return {};
    const proxies = compileAddressSet(environment.trustedProxies);
    const trust = { proxies, field: config.field ?? 'x-forwarded-for' } as const;
    return {
      head({ peerAddress, fields }) {
        if (!proxies.has(withoutZone(peerAddress))) return undefined;
        const client = findClient(peerAddress, trust, {
          forwarded: fields.getAll('forwarded'),
          xForwardedFor: fields.getAll('x-forwarded-for'),
          xForwardedProto: fields.getAll('x-forwarded-proto'),
        });
        return { kind: 'located', ...client };
      },
    };
  },
});
