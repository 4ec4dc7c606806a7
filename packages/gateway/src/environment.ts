import type { Intermediates } from './certificates/intermediates.ts';
import type { SharedCounters } from './counters/shared-counters.ts';
import type { Documents } from './documents/documents.ts';
import type { AuthenticatorConfig } from './policies/authentication/schema.ts';
import type { RoleModel } from './policies/authorization/roles.ts';
import type { Api } from './routing/apis.ts';

/** That an API key was used: its id, the number of a former secret or 0 (FoundKey), milliseconds since the epoch. */
export type KeyUse = readonly [id: string, former: number, at: number];

/** What a policy may reach for besides its own configuration; given to `prepare`, so nothing is global. */
export interface Environment {
  /** Folder of the configuration file, which relative paths start from. */
  readonly folder: string;
  /** Folder for what the gateway keeps. */
  readonly stateFolder: string;
  /** Undefined for the policies of requests that no API takes. */
  readonly api: Api | undefined;
  readonly counters: SharedCounters;
  /** Reads key sets and metadata of issuers, for all data threads together. */
  readonly documents: Documents;
  /** Authorities that clients have brought the certificates of, for all data threads together. */
  readonly intermediates: Intermediates;
  /** 32 bytes that the threads of this process share and nobody else knows; others at each start. */
  readonly secret: Buffer;
  /** Milliseconds since the epoch; tests pass their own. */
  readonly now: () => number;
  /** One line for the operator, written by the main thread. */
  readonly warn: (message: string) => void;
  /** Opens a log, `stdout` or `file:` and an absolute path; the function takes whole lines. */
  readonly openLog: (destination: string) => (line: string) => void;
  /** Called when the configuration is put in force: what may be fetched ahead of the first request begins here. */
  readonly onStart: (start: () => void) => void;
  /** Called when the configuration that prepared the policy is let go: timers and sockets end here. */
  readonly onClose: (close: () => void) => void;
  /** Makes something once for the whole configuration, however many APIs and operations ask for it by this key. */
  readonly share: <T>(key: string, make: () => T) => T;
  /**
   * The same, once for the thread: it outlives the configuration, so that a reload forgets nothing. Only for what the
   * configuration has no say in.
   */
  readonly keep: <T>(key: string, make: () => T) => T;
  /** What `authenticators:` says, by name, for the policies that use it. */
  readonly authenticators: Readonly<Record<string, AuthenticatorConfig>>;
  /** Parameters of the query in which `authentication` looks for credentials, at the API or operation. */
  readonly credentialParameters: readonly string[];
  /** Has the store of API keys remember when a key was used; cheap, but not for every request. */
  readonly keyUsed: (...use: KeyUse) => void;
  /** What `roles:` amounts to. */
  readonly roles: RoleModel;
  /** Addresses whose forwarding fields are believed. */
  readonly trustedProxies: readonly string[];
}
