import type { OauthSettings } from './settings.ts';

/** What the thread of the OAuth server is started with. */
export interface OauthThreadStart {
  readonly settings: OauthSettings;
  readonly stateFolder: string;
  /** Where to listen. */
  readonly socket: string;
  readonly counters: SharedArrayBuffer;
}

/** From the thread to the main thread. */
export type FromOauthThread =
  | { readonly type: 'listening' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'notice'; readonly message: string };

/** To the thread: let requests in hand finish, for at most so many milliseconds, then end. */
export interface ToOauthThread {
  readonly type: 'end';
  readonly timeout: number;
}
