/** oidc-provider brings no types of its own; these are of what is used here. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  /** A request and its reply as Koa has them. */
  export interface Context {
    readonly req: IncomingMessage;
    readonly res: ServerResponse;
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string | string[] | undefined>>;
    /** Only on the paths of oidc-provider. */
    readonly oidc: OidcContext;
    readonly state: { redirectUri?: string | undefined };
    readonly cookies: {
      get(name: string, options?: object): string | undefined;
      set(name: string, value: string | null, options?: object): void;
    };
    readonly response: { readonly type: string };
    body: unknown;
    status: number;
    type: string;
    readonly request: { readonly url: string };
    get(field: string): string;
    set(field: string, value: string): void;
    redirect(url: string): void;
  }

  export interface OidcContext {
    readonly route: string;
    readonly provider: Provider;
    readonly client?: Client;
    readonly account?: Account;
    readonly grant?: Grant;
    readonly session?: Session;
    readonly entities: {
      readonly Interaction?: Interaction;
      readonly AuthorizationCode?: Source;
      readonly RefreshToken?: Source;
      readonly AccessToken?: Token;
    };
    readonly result?: { readonly consent?: { readonly grantId?: string } };
    readonly params?: Readonly<Record<string, string | undefined>>;
    readonly requestParamScopes: ReadonlySet<string>;
    readonly requestParamOIDCScopes: ReadonlySet<string>;
    readonly resourceServers: Readonly<Record<string, { readonly scopes: ReadonlySet<string> }>>;
  }

  export interface Account {
    readonly accountId: string;
    claims(use: string, scope: string): Record<string, unknown>;
  }

  export interface Client {
    readonly clientId: string;
    readonly clientName?: string;
    readonly clientSecret?: string;
    readonly clientAuthMethod: string;
    readonly applicationType: string;
    readonly redirectUris: readonly string[];
    redirectUriAllowed(uri: string): boolean;
    grantTypeAllowed(type: string): boolean;
    metadata(): Record<string, unknown>;
  }

  /** A code or refresh token that new tokens come from. */
  export interface Source {
    readonly authTime?: number;
    readonly amr?: readonly string[];
    readonly scopes: ReadonlySet<string>;
  }

  export interface Token {
    readonly kind: string;
    readonly accountId?: string;
    readonly clientId: string;
    readonly grantId?: string;
  }

  export interface Interaction {
    readonly uid: string;
    readonly params: Readonly<Record<string, string | undefined>> & {
      readonly resource?: string | readonly string[] | undefined;
    };
    readonly prompt: {
      readonly name: string;
      readonly reasons: readonly string[];
      readonly details: PromptDetails;
    };
    readonly session?: { readonly accountId: string };
    readonly grantId?: string;
  }

  export interface PromptDetails {
    readonly missingOIDCScope?: readonly string[];
    readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
    readonly login_hint?: string;
  }

  export class Grant {
    constructor(properties: { accountId: string; clientId: string });
    static find(id: string): Promise<Grant | undefined>;
    readonly jti: string;
    readonly accountId: string;
    readonly clientId: string;
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    getOIDCScope(): string;
    getResourceScope(resource: string): string;
    getOIDCScopeEncountered(): string;
    getResourceScopeEncountered(resource: string): string;
    save(): Promise<string>;
  }

  export class Session {
    constructor();
    static get(context: Context): Promise<Session>;
    readonly uid: string;
    readonly id: string;
    readonly accountId?: string;
    readonly exp?: number;
    readonly state?: { readonly postLogoutRedirectUri?: string };
    grantIdFor(clientId: string): string | undefined;
    loginAccount(details: { accountId: string; amr?: readonly string[]; transient?: boolean }): void;
    resetIdentifier(): void;
    save(seconds: number): Promise<string>;
    destroy(): Promise<void>;
  }

  export type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

  export class Provider {
    constructor(issuer: string, configuration: object);
    proxy: boolean;
    silent: boolean;
    readonly issuer: string;
    readonly Client: { prototype: Client; find(id: string): Promise<Client | undefined> };
    readonly Grant: typeof Grant;
    readonly Session: typeof Session;
    readonly Interaction: { find(id: string): Promise<Interaction | undefined> };
    use(middleware: Middleware): this;
    // biome-ignore lint/suspicious/noExplicitAny: each event has parameters of its own
    on(event: string, listener: (...parameters: any[]) => void): this;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    cookieName(type: 'session' | 'interaction' | 'resume'): string;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionResult(
      request: IncomingMessage,
      response: ServerResponse,
      result: object,
      options?: { mergeWithLastSubmission?: boolean },
    ): Promise<string>;
  }

  type ErrorOf = new (description?: string) => Error & { readonly error: string };

  export const errors: {
    readonly InvalidGrant: ErrorOf;
    readonly InvalidRequestUri: ErrorOf;
    readonly InvalidRequest: ErrorOf;
    readonly InvalidTarget: ErrorOf;
    readonly InvalidClientMetadata: ErrorOf;
    readonly SessionNotFound: ErrorOf;
    readonly TemporarilyUnavailable: ErrorOf;
  };

  export interface Prompt {
    readonly checks: Check[] & {
      add(check: Check): void;
      remove(reason: string): void;
    };
  }

  export class Check {
    constructor(
      reason: string,
      description: string,
      error: string,
      check: (context: Context) => boolean | Promise<boolean>,
      details?: (context: Context) => object,
    );
  }

  export const interactionPolicy: {
    readonly base: () => { get(name: 'login' | 'consent'): Prompt };
    readonly Check: typeof Check;
  };
}
