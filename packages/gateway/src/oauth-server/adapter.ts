import { randomBytes } from 'node:crypto';
import { errors } from 'oidc-provider';
import { type OauthArtifactStore, type Payload, StoreFull } from '../stores/oauth-artifacts.ts';
import type { OauthClientStore } from '../stores/oauth-clients.ts';
import { metadataOf, registrationOf } from './client-metadata.ts';
import type { OauthSettings } from './settings.ts';

/** What oidc-provider keeps things by. Everything happens at once, as the store is in this process. */
export interface Adapter {
  upsert(id: string, payload: Payload, seconds: number): Promise<void>;
  find(id: string): Promise<Payload | undefined>;
  findByUid(uid: string): Promise<Payload | undefined>;
  findByUserCode(code: string): Promise<undefined>;
  consume(id: string): Promise<void>;
  destroy(id: string): Promise<void>;
  revokeByGrantId(grantId: string): Promise<void>;
}

export interface AdapterParts {
  readonly artifacts: OauthArtifactStore;
  readonly clients: OauthClientStore;
  readonly settings: Pick<OauthSettings, 'registration'>;
  /** A code or refresh token was used by two requests at once. */
  readonly onReuse: (model: string, clientId: string) => void;
}

/** The factory that oidc-provider asks for one of each model. */
export function adapters(parts: AdapterParts): (model: string) => Adapter {
  // Of this process only, so that nothing can be signed with it even if a way were found to have it used as a key.
  const standIn = randomBytes(32).toString('base64url');
  return (model) => (model === 'Client' ? clientAdapter(parts, standIn) : artifactAdapter(model, parts));
}

/** Lifetimes where the model has none of its own: replay detection is given one, everything else too. */
const withoutLifetime = 3600;

function artifactAdapter(model: string, { artifacts, onReuse }: AdapterParts): Adapter {
  return {
    async upsert(id, payload, seconds = withoutLifetime) {
      try {
        // Two proofs that come at once must not both find that none was there before (RFC 9449 section 11.1).
        if (model !== 'ReplayDetection') artifacts.put(model, id, payload, seconds);
        else if (!artifacts.putNew(model, id, payload, seconds))
          throw new errors.InvalidGrant('replay detected');
      } catch (error) {
        if (error instanceof StoreFull) throw new errors.TemporarilyUnavailable('there are too many at once');
        throw error;
      }
    },
    async find(id) {
      return artifacts.get(model, id);
    },
    async findByUid(uid) {
      return artifacts.sessionByUid(uid);
    },
    async findByUserCode() {
      return undefined;
    },
    /** oidc-provider looks whether it was used before it calls this; between the two another request may have come. */
    async consume(id) {
      if (artifacts.consume(model, id)) return;
      const { grantId, clientId } = artifacts.get(model, id) ?? {};
      if (typeof grantId === 'string') artifacts.endGrant(grantId);
      onReuse(model, String(clientId));
      throw model === 'PushedAuthorizationRequest'
        ? new errors.InvalidRequestUri('request_uri was used already')
        : new errors.InvalidGrant('used by another request at the same time');
    },
    async destroy(id) {
      artifacts.delete(model, id);
    },
    async revokeByGrantId(grantId) {
      artifacts.endTokensOf(grantId);
    },
  };
}

function clientAdapter({ clients, settings, artifacts }: AdapterParts, standIn: string): Adapter {
  const never = async (): Promise<never> => {
    throw new Error('clients are found by their id only');
  };
  return {
    async upsert(id, metadata) {
      if (settings.registration === undefined) throw new errors.InvalidClientMetadata('registration is off');
      const wanted = registrationOf(metadata, settings.registration);
      const secret = wanted.kind === 'web' ? String(metadata.client_secret) : undefined;
      try {
        clients.insert({ ...wanted, id }, 'registration', secret);
      } catch (error) {
        if (error instanceof RangeError) throw new errors.InvalidClientMetadata(error.message);
        throw error;
      }
    },
    async find(id) {
      const client = clients.find(id);
      return client === undefined ? undefined : { ...metadataOf(client, standIn) };
    },
    async destroy(id) {
      if (clients.revoke(id)) artifacts.endClient(id);
    },
    findByUid: never,
    findByUserCode: never,
    consume: never,
    revokeByGrantId: never,
  };
}
