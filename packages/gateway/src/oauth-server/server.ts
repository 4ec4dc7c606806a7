import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import type { Provider } from 'oidc-provider';
import type { SharedCounters } from '../counters/shared-counters.ts';
import type { SigningKey } from '../signing-keys/key-plan.ts';
import { OauthArtifactStore } from '../stores/oauth-artifacts.ts';
import { OauthClientStore } from '../stores/oauth-clients.ts';
import { OauthConsentStore } from '../stores/oauth-consents.ts';
import { OauthUserStore } from '../stores/oauth-users.ts';
import { discovery } from './discovery.ts';
import { compileEndpoints, endpointsOf } from './endpoints.ts';
import { pagePolicy, pageSecurity } from './page-security.ts';
import { notFoundPage } from './pages/error-page.ts';
import type { PageContext } from './pages/layout.ts';
import { pages } from './pages.ts';
import { makeProvider } from './provider.ts';
import type { ProviderParts } from './provider-parts.ts';
import type { OauthSecrets } from './secrets.ts';
import type { OauthSettings } from './settings.ts';
import { SignIn } from './sign-in.ts';

export interface ServerParts {
  readonly settings: OauthSettings;
  readonly database: DatabaseSync;
  readonly secrets: OauthSecrets;
  readonly counters: SharedCounters;
  readonly notice: (message: string) => void;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The OAuth server behind its socket. */
export class OauthServer {
  readonly http: Server;
  readonly artifacts: OauthArtifactStore;
  readonly consents: OauthConsentStore;
  readonly #parts: Omit<ProviderParts, 'keys'>;
  readonly #signIn: SignIn;
  readonly #page: PageContext;
  readonly #serves: (method: string, path: string) => boolean;
  #answer: Answer;

  /** @param keys the one that signs first */
  constructor({ settings, database, secrets, counters, notice }: ServerParts, keys: readonly SigningKey[]) {
    this.artifacts = new OauthArtifactStore(database, secrets.artifacts);
    this.consents = new OauthConsentStore(database);
    const users = new OauthUserStore(database);
    this.#parts = {
      settings,
      secrets,
      notice,
      users,
      artifacts: this.artifacts,
      consents: this.consents,
      clients: new OauthClientStore(database, secrets.clientSecrets),
    };
    this.#signIn = new SignIn(users, counters);
    const { pathname } = new URL(settings.issuer);
    this.#page = { settings, basePath: pathname === '/' ? '' : pathname };
    this.#serves = compileEndpoints(endpointsOf({ registration: settings.registration !== undefined }));
    this.#answer = this.#prepare(keys);
    this.http = createServer({ requestTimeout: 20_000, headersTimeout: 10_000 }, (request, response) => {
      this.#handle(request, response).catch((error: Error) => {
        notice(`fault: ${error.stack ?? error.message}`);
        response.destroy();
      });
    });
    // The gateway's threads keep their connections; a pause of theirs is not ours to end first.
    this.http.keepAliveTimeout = 60_000;
  }

  /** From now on signs with the first of these. Requests in hand finish with those before. */
  useKeys(keys: readonly SigningKey[]): void {
    this.#answer = this.#prepare(keys);
  }

  #prepare(keys: readonly SigningKey[]): Answer {
    const provider: Provider = makeProvider({ ...this.#parts, keys });
    provider
      .use(pageSecurity)
      .use(discovery(this.#parts.settings))
      .use(pages({ ...this.#parts, keys, provider, signIn: this.#signIn, page: this.#page }));
    return provider.callback();
  }

  /**
   * What the request says of where it was sent counts for nothing: the issuer does. A Host that a client made up must not
   * end up in a link, a redirect or the metadata.
   */
  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { basePath } = this.#page;
    const { host, protocol } = new URL(this.#parts.settings.issuer);
    const [path, query] = split(this.#fromMetadataPath(request.url ?? ''));
    const below = path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
    if (below === undefined || !this.#serves(request.method ?? '', below)) {
      response.writeHead(404, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-security-policy': pagePolicy,
      });
      response.end(notFoundPage(this.#page));
      return;
    }
    request.headers.host = host;
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    delete request.headers['x-forwarded-host'];
    // So do applications that are mounted below a path tell oidc-provider which one.
    Object.assign(request, { originalUrl: `${basePath}${below}${query}` });
    request.url = `${below}${query}`;
    await this.#answer(request, response);
  }

  /** RFC 8414 section 3.1: `/.well-known/oauth-authorization-server` and then the path of the issuer. */
  #fromMetadataPath(target: string): string {
    const { basePath } = this.#page;
    return target === `${metadataPath}${basePath}` ? `${basePath}${metadataPath}` : target;
  }
}

const metadataPath = '/.well-known/oauth-authorization-server';

function split(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at)];
}
