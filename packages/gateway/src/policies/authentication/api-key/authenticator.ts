import type { Environment } from '../../../environment.ts';
import type { Principal } from '../../../exchange.ts';
import { ApiKeyStore } from '../../../stores/api-keys.ts';
import { type Authenticator, rejected, type Rejected } from '../authenticator.ts';
import { cacheKey, CredentialCache } from '../cache.ts';
import type { ApiKeyConfig } from '../schema.ts';

/** What was found is believed for so long, so a revocation takes effect within it. Milliseconds. */
const cached = 5_000;

/** Two keys in one field, or the field twice, leave open which one counts. */
function single(values: readonly string[]): string | 'ambiguous' | undefined {
  return values.length > 1 ? 'ambiguous' : values[0];
}

/** API keys of the store that `portcullis key` fills. */
export function apiKeyAuthenticator(name: string, config: ApiKeyConfig, environment: Environment): Authenticator {
  const field = (config.header ?? 'x-api-key').toLowerCase();
  const store = new ApiKeyStore(environment.stateFolder, { readOnly: true });
  const cache = new CredentialCache<{ readonly outcome: Principal | Rejected; readonly until: number }>();
  environment.onClose(() => store.close());

  function look(credential: string, now: number): Principal | Rejected {
    const record = store.find(credential, now);
    if (record === undefined) return rejected('key-unknown');
    return {
      authenticator: name,
      kind: 'api-key',
      subject: record.subject,
      client: record.id,
      scopes: new Set(record.scopes),
      roles: new Set(record.roles),
      claims: { sub: record.subject, name: record.name },
    };
  }

  return {
    name,
    kind: 'api-key',
    credential: ({ fields }) => single(fields.getAll(field)),
    verify(credential) {
      if (credential.length > 256) return rejected('key-malformed');
      const now = environment.now();
      const key = cacheKey(credential);
      const known = cache.get(key);
      if (known !== undefined && now < known.until) return known.outcome;
      const outcome = look(credential, now);
      cache.set(key, { outcome, until: now + cached });
      return outcome;
    },
    challenge: () => `ApiKey header="${field}"`,
  };
}
