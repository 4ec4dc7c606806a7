import { errors } from 'oidc-provider';
import {
  type ClientKind,
  type NewClient,
  needsSecret,
  type OauthClient,
  signsUsersIn,
} from '../stores/oauth-clients.ts';
import type { Registration } from './settings.ts';

type Metadata = Readonly<Record<string, unknown>>;

/**
 * A client as oidc-provider wants it (RFC 7591 section 2).
 * @param standIn for the secret, which nobody has: comparing is done by the store
 */
export function metadataOf(client: OauthClient, standIn: string): Metadata {
  const { id, kind, name } = client;
  const forUsers = signsUsersIn(kind);
  return {
    client_id: id,
    client_name: name,
    application_type: kind === 'native' ? 'native' : 'web',
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.logoutUris,
    response_types: forUsers ? ['code'] : [],
    grant_types: grantTypes[kind],
    ...(forUsers ? { response_modes: ['query'] } : {}),
    token_endpoint_auth_method: needsSecret(kind) ? 'client_secret_basic' : 'none',
    ...(needsSecret(kind) ? { client_secret: standIn } : {}),
  };
}

const forUsers = ['authorization_code', 'refresh_token'];

const grantTypes: Readonly<Record<ClientKind, readonly string[]>> = {
  web: forUsers,
  spa: forUsers,
  native: forUsers,
  service: ['client_credentials'],
  resource: [],
};

/**
 * A client that registers itself: one that signs users in, with codes only, and with the scopes that the operator allows.
 * What it could have us fetch or show beside its name is not taken.
 * @throws InvalidClientMetadata
 */
export function registrationOf(metadata: Metadata, { scopes }: Registration): NewClient {
  const { application_type, token_endpoint_auth_method, client_name } = metadata;
  const refused = ['jwks', 'jwks_uri', 'sector_identifier_uri', 'initiate_login_uri'].find(
    (key) => key in metadata,
  );
  if (refused !== undefined) throw new errors.InvalidClientMetadata(`${refused} is not supported`);
  if (!within(metadata.grant_types, forUsers))
    throw new errors.InvalidClientMetadata(
      'grant_types can only contain authorization_code and refresh_token',
    );
  if (!within(metadata.response_types, ['code']) || listOf(metadata.response_types).length === 0)
    throw new errors.InvalidClientMetadata('response_types must be code');
  if (typeof client_name !== 'string')
    throw new errors.InvalidClientMetadata('client_name is mandatory, as users are asked about it');
  const isPublic = token_endpoint_auth_method === 'none';
  return {
    kind: isPublic ? (application_type === 'native' ? 'native' : 'spa') : 'web',
    name: client_name,
    redirectUris: listOf(metadata.redirect_uris),
    logoutUris: listOf(metadata.post_logout_redirect_uris),
    scopes,
    roles: [],
    firstParty: false,
    id: String(metadata.client_id),
  };
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function within(value: unknown, allowed: readonly string[]): boolean {
  return value === undefined || (Array.isArray(value) && value.every((each) => allowed.includes(each)));
}
