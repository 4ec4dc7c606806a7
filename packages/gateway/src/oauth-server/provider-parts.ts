import type { SigningKey } from '../signing-keys/key-plan.ts';
import type { OauthArtifactStore } from '../stores/oauth-artifacts.ts';
import type { OauthClientStore } from '../stores/oauth-clients.ts';
import type { OauthConsentStore } from '../stores/oauth-consents.ts';
import type { OauthUserStore } from '../stores/oauth-users.ts';
import type { OauthSecrets } from './secrets.ts';
import type { OauthSettings } from './settings.ts';

/** What the protocol needs to know of this server. */
export interface ProviderParts {
  readonly settings: OauthSettings;
  readonly artifacts: OauthArtifactStore;
  readonly clients: OauthClientStore;
  readonly consents: OauthConsentStore;
  readonly users: OauthUserStore;
  readonly secrets: OauthSecrets;
  /** The one that signs first. */
  readonly keys: readonly SigningKey[];
  /** A line for the operator. */
  readonly notice: (message: string) => void;
}
