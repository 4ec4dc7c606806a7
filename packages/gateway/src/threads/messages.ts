import type { Bundle } from '../compile.ts';
import type { Reading } from '../documents/documents.ts';
import type { KeyUse } from '../environment.ts';
import type { CertificatesByListener, ListenersSettings } from '../listener/listeners.ts';
import type { SeriesDelta } from '../metrics/delta.ts';
import type { ThreadReport } from '../metrics/totals.ts';

/** What a data thread is started with. */
export interface DataThreadStart {
  readonly bundle: Bundle;
  readonly listeners: ListenersSettings;
  readonly counters: SharedArrayBuffer;
  /** 32 bytes, the same for all threads. */
  readonly secret: Uint8Array;
}

/** From the main thread to a data thread. */
export type ToDataThread =
  /** Prepare this configuration beside the one in force. */
  | { readonly type: 'prepare'; readonly generation: number; readonly bundle: Bundle }
  /** Put the prepared configuration in force. */
  | { readonly type: 'swap'; readonly generation: number }
  /** Another thread could not prepare it, so that nobody uses it. */
  | { readonly type: 'discard'; readonly generation: number }
  | { readonly type: 'certificates'; readonly certificates: CertificatesByListener }
  | { readonly type: 'ticketKeys'; readonly keys: Uint8Array }
  /** What comes of `readDocument`. */
  | { readonly type: 'document'; readonly id: number; readonly reading: Reading }
  /** Send what was counted and logged now. */
  | { readonly type: 'flush'; readonly id: number }
  /** Finish what is in flight, then end. */
  | { readonly type: 'drain'; readonly timeout: number };

/** Why a thread cannot use a configuration, and where in it. */
export interface ThreadFault {
  readonly place: readonly (string | number)[];
  readonly message: string;
}

/** From a data thread to the main thread. */
export type FromDataThread =
  | { readonly type: 'listening' }
  | { readonly type: 'failed'; readonly faults: readonly ThreadFault[] }
  | { readonly type: 'prepared'; readonly generation: number; readonly faults: readonly ThreadFault[] }
  | { readonly type: 'swapped'; readonly generation: number }
  | Batch
  | { readonly type: 'flushed'; readonly id: number }
  /** A document of an issuer is wanted (documents/documents.ts). */
  | {
      readonly type: 'readDocument';
      readonly id: number;
      readonly location: string;
      readonly youngerThan: number;
    }
  | { readonly type: 'warning'; readonly message: string }
  /** Something that nobody caught: the thread finishes what it has and ends; another one is wanted at once. */
  | { readonly type: 'dying'; readonly message: string };

export interface Batch {
  readonly type: 'batch';
  /** Whole lines by destination, as UTF-8; handed over, not copied. */
  readonly logs: readonly (readonly [destination: string, lines: Uint8Array, count: number])[];
  readonly series: readonly SeriesDelta[];
  readonly clientErrors: readonly (readonly [string, number])[];
  /** Of each key and secret the last use. */
  readonly keyUses: readonly KeyUse[];
  readonly report: ThreadReport;
}
