import { durationText } from '../../../config/units.ts';
import type { Environment } from '../../../environment.ts';
import type { Head, Principal } from '../../../exchange.ts';
import { withoutZone } from '../../../http/address.ts';
import { type AddressSet, compileAddressSet } from '../../../http/address-set.ts';
import { ApiKeyStore } from '../../../stores/api-keys.ts';
import type { ApiKeyRecord } from '../../../stores/key-record.ts';
import { looksLikeKey } from '../../../stores/key-text.ts';
import { type Authenticator, type Rejected, rejected } from '../authenticator.ts';
import { CredentialCache } from '../cache.ts';
import { apiKeyChallenge, keyField } from '../challenges.ts';
import { Credential, several } from '../credential.ts';
import type { ApiKeyConfig } from '../schema.ts';
import { singleField, singleParameter } from '../token-place.ts';
import { withholdParameter } from './withheld.ts';

/** What was found is believed for so long, so a revocation takes effect within it. Milliseconds. */
const cached = 5_000;

interface Known {
  readonly outcome: Principal | Rejected;
  /** Where it may come from; undefined for anywhere. */
  readonly from: AddressSet | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
  /** Number of the secret in the store, while its use was not reported; as often as it is looked up is often enough. */
  unreported: number | undefined;
}

/** API keys of the store that `portcullis key` fills. */
export function apiKeyAuthenticator(
  name: string,
  config: ApiKeyConfig,
  environment: Environment,
): Authenticator {
  const store = new ApiKeyStore(environment.stateFolder, { readOnly: true });
  const cache = new CredentialCache<Known>();
  environment.onClose(() => store.close());

  function look(credential: string, now: number): Known {
    const found = store.find(credential, now);
    const fault = found === undefined ? 'unknown' : found.fault;
    if (found === undefined || fault !== undefined) {
      const outcome = rejected(`key-${fault}`);
      return { outcome, from: undefined, since: now, until: now + cached, unreported: undefined };
    }
    const { record, former, until } = found;
    return {
      outcome: principalOf(record, name),
      from: record.addresses.length === 0 ? undefined : compileAddressSet(record.addresses),
      since: now,
      until: Math.min(now + cached, until ?? Number.POSITIVE_INFINITY),
      unreported: former,
    };
  }

  function recall({ key, text }: Credential, now: number): Known {
    const known = cache.get(key);
    // A clock that was set back must not keep a revoked key alive until it has caught up.
    if (known !== undefined && now >= known.since && now < known.until) return known;
    const found = look(text, now);
    cache.set(key, found);
    return found;
  }

  return {
    name,
    kind: 'api-key',
    ...placeOf(config),
    verify(credential, request) {
      // Guesses that no key can be cost neither a hash nor a place in the cache.
      if (!looksLikeKey(credential.text)) return rejected('key-malformed');
      const now = environment.now();
      const known = recall(credential, now);
      const { outcome, from, unreported } = known;
      // What is remembered is the key: each request comes from somewhere else.
      if (from !== undefined && !from.has(withoutZone(request.clientAddress))) return rejected('key-address');
      if (unreported !== undefined && outcome.kind !== 'rejected') {
        known.unreported = undefined;
        environment.keyUsed(outcome.client!, unreported, now);
      }
      return outcome;
    },
    challenges: [apiKeyChallenge(config)],
  };
}

/** Where a request has its key, and what of it stays at the gateway. */
function placeOf({
  header,
  query,
}: ApiKeyConfig): Pick<Authenticator, 'place' | 'credential' | 'ownFields' | 'withhold'> {
  if (query === undefined) {
    const field = keyField(header);
    return {
      place: field,
      credential: ({ fields }) => credentialOf(singleField(fields, field)),
      ownFields: [field],
    };
  }
  return {
    place: `query ${query}`,
    credential(request: Head) {
      const found = credentialOf(singleParameter(request.query, query));
      // RFC 6750 section 2.3 says it of tokens: what a URL with a credential in it answers belongs into no cache.
      if (found !== undefined) request.setReplyField('cache-control', 'no-store');
      return found;
    },
    withhold: withholdParameter(query),
  };
}

function credentialOf(value: string | typeof several | undefined): Credential | typeof several | undefined {
  return value === undefined || value === several ? value : new Credential(value);
}

function principalOf(record: ApiKeyRecord, authenticator: string): Principal {
  const { id, subject, limits } = record;
  return {
    authenticator,
    kind: 'api-key',
    subject,
    client: id,
    scopes: new Set(record.scopes),
    roles: new Set(record.roles),
    claims: { sub: subject, name: record.name },
    ...(limits.length === 0
      ? {}
      : {
          limits: limits.map(({ quota, window }) => ({
            name: `key/${durationText(window)}`,
            quota,
            window,
            counter: id,
          })),
        }),
  };
}
