import type { Environment } from '../../../environment.ts';
import type { Principal } from '../../../exchange.ts';
import { looksLikeKey } from '../../../stores/api-key-format.ts';
import { type ApiKeyRecord, ApiKeyStore } from '../../../stores/api-keys.ts';
import { type Authenticator, type Rejected, rejected } from '../authenticator.ts';
import { CredentialCache } from '../cache.ts';
import { apiKeyChallenge, keyField } from '../challenges.ts';
import { Credential, several } from '../credential.ts';
import type { ApiKeyConfig } from '../schema.ts';
import { singleField } from '../token-place.ts';

/** What was found is believed for so long, so a revocation takes effect within it. Milliseconds. */
const cached = 5_000;

interface Known {
  readonly outcome: Principal | Rejected;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly until: number;
}

/** API keys of the store that `portcullis key` fills. */
export function apiKeyAuthenticator(
  name: string,
  config: ApiKeyConfig,
  environment: Environment,
): Authenticator {
  const field = keyField(config.header);
  const store = new ApiKeyStore(environment.stateFolder, { readOnly: true });
  const cache = new CredentialCache<Known>();
  environment.onClose(() => store.close());

  function look(credential: string, now: number): Known {
    const record = store.find(credential, now);
    if (record === undefined) return { outcome: rejected('key-unknown'), since: now, until: now + cached };
    const until = Math.min(now + cached, record.expiresAt ?? Number.POSITIVE_INFINITY);
    return { outcome: principalOf(record, name), since: now, until };
  }

  return {
    name,
    kind: 'api-key',
    place: field,
    credential({ fields }) {
      const value = singleField(fields, field);
      return value === undefined || value === several ? value : new Credential(value);
    },
    verify(credential) {
      // Guesses that no key can be cost neither a hash nor a place in the cache.
      if (!looksLikeKey(credential.text)) return rejected('key-malformed');
      const now = environment.now();
      const { key } = credential;
      const known = cache.get(key);
      // A clock that was set back must not keep a revoked key alive until it has caught up.
      if (known !== undefined && now >= known.since && now < known.until) return known.outcome;
      const found = look(credential.text, now);
      cache.set(key, found);
      return found.outcome;
    },
    challenges: [apiKeyChallenge(field)],
    ownFields: [field],
  };
}

function principalOf(record: ApiKeyRecord, authenticator: string): Principal {
  return {
    authenticator,
    kind: 'api-key',
    subject: record.subject,
    client: record.id,
    scopes: new Set(record.scopes),
    roles: new Set(record.roles),
    claims: { sub: record.subject, name: record.name },
  };
}
