import { fieldName, plainName } from '../../http/field-name.ts';
import type { Fields } from '../../http/fields.ts';
import { definePolicy } from '../../policy.ts';
import type { HeadersConfig } from './schema.ts';
import { schema } from './schema.ts';

/** What a reply of an API should say to a browser that is led to it, unless the upstream knows better. */
const securityFields: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-site'],
];

/** Fields that tell an attacker what runs behind the gateway (OWASP API8). */
const serverFields: ReadonlySet<string> = new Set([
  'server',
  'x-powered-by',
  'x-powered-by-plesk',
  'x-powered-cms',
  'x-php-version',
  'x-ruby-version',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-runtime',
  'x-version',
  'x-generator',
  'x-backend-server',
  'x-server',
  'x-application-context',
  'x-envoy-upstream-service-time',
  'x-envoy-decorator-operation',
  'x-kong-proxy-latency',
  'x-kong-upstream-latency',
  'via',
]);

export const headers = definePolicy({
  name: 'headers',
  summary:
    'Sets and removes fields on both sides; security fields and HSTS on every reply; hides what the upstream runs.',
  phase: ['upstream', 'response'],
  schema,
  problems: [],
  onFault: 'refuse',
  byDefault: () => ({}),
  prepare(config) {
    const toUpstream = compileEdits(config.request);
    const toCaller = compileEdits(config.response);
    // It has no verdict that could be recorded instead, and `monitor` changes nothing.
    if (config.mode === 'monitor') return {};
    const hsts = hstsValue(config.hsts);
    const security = config.security !== false;
    const hideServer = config.hideServer !== false;
    return {
      ...(toUpstream === undefined
        ? {}
        : {
            upstream({ upstreamFields }) {
              toUpstream(upstreamFields);
              return undefined;
            },
          }),
      response({ replyFields, scheme }) {
        if (hideServer) removeServerFields(replyFields);
        if (security) addSecurityFields(replyFields);
        // Over plain http a browser must ignore it, and we must not send it (RFC 6797 section 7.2).
        if (hsts !== undefined && scheme === 'https') replyFields.set('strict-transport-security', hsts);
        toCaller?.(replyFields);
        return undefined;
      },
    };
  },
});

function removeServerFields({ flat }: Fields): void {
  for (let i = flat.length - 2; i >= 0; i -= 2) if (serverFields.has(flat[i]!)) flat.splice(i, 2);
}

function addSecurityFields(fields: Fields): void {
  for (let i = 0; i < securityFields.length; i++) {
    const [name, value] = securityFields[i]!;
    if (!fields.has(name)) fields.append(name, value);
  }
}

function hstsValue(hsts: HeadersConfig['hsts']): string | undefined {
  if (hsts === false) return undefined;
  const seconds = Math.floor((hsts?.maxAge ?? 31_536_000_000) / 1000);
  const subDomains = hsts?.includeSubDomains === false ? '' : '; includeSubDomains';
  return `max-age=${seconds}${subDomains}${hsts?.preload === true ? '; preload' : ''}`;
}

/** Framing, and what is between two neighbours only, is the gateway's own business: a change could desynchronise them. */
function isFixed(name: string): boolean {
  const plain = plainName(name);
  return plain === 'content-length' || plain === 'host' || fieldName(plain).hopByHop;
}

/** @throws Error when a rule names a field that frames messages or belongs to the connection */
function compileEdits(edits: HeadersConfig['request']): ((fields: Fields) => void) | undefined {
  const set = Object.entries(edits?.set ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const remove = (edits?.remove ?? []).map((name) => name.toLowerCase());
  for (const name of [...set.map(([each]) => each), ...remove]) {
    if (isFixed(name))
      throw new Error(`headers: ${name} belongs to framing or to the connection and cannot be changed`);
  }
  if (set.length === 0 && remove.length === 0) return undefined;
  return (fields) => {
    for (let i = 0; i < remove.length; i++) fields.remove(remove[i]!);
    for (let i = 0; i < set.length; i++) fields.set(set[i]![0], set[i]![1]);
  };
}
