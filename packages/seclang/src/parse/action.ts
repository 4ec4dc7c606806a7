import type { Control } from './control.ts';
import type { Macro } from './macro.ts';

export type Phase = 1 | 2 | 3 | 4 | 5;

/** What a matching rule does to the transaction. `block` is what the default action of its phase says. */
export type Disruptive = Outcome | { readonly kind: 'block' };

export type Outcome =
  | { readonly kind: 'pass' | 'deny' | 'drop' }
  /** `allow` ends this transaction's rules, `allow:phase` those of the phase, `allow:request` those of phases 1 and 2. */
  | { readonly kind: 'allow'; readonly scope: 'transaction' | 'phase' | 'request' }
  | { readonly kind: 'redirect'; readonly location: Macro };

/** What a matching rule changes. */
export type Effect =
  | SetVariable
  | { readonly kind: 'expirevar'; readonly collection: string; readonly key: Macro; readonly seconds: Macro }
  | { readonly kind: 'initcol'; readonly collection: string; readonly key: Macro }
  | { readonly kind: 'setenv'; readonly name: string; readonly value: Macro }
  | { readonly kind: 'setsid' | 'setuid' | 'setrsc'; readonly value: Macro }
  | { readonly kind: 'ctl'; readonly control: Control };

/** `setvar:tx.score=+%{tx.critical}`: `set` for `=`, `add` and `subtract` for `=+` and `=-`, `remove` for `!tx.score`. */
export interface SetVariable {
  readonly kind: 'setvar';
  /** In capitals. */
  readonly collection: string;
  readonly key: Macro;
  readonly operation: 'set' | 'add' | 'subtract' | 'remove';
  readonly value: Macro;
}

/** One action as it is written. */
export type Action =
  | { readonly kind: 'id'; readonly id: number }
  | { readonly kind: 'phase'; readonly phase: Phase }
  /** Undefined is `t:none`. */
  | { readonly kind: 'transformation'; readonly name: string | undefined }
  | { readonly kind: 'disruptive'; readonly action: Disruptive }
  | { readonly kind: 'effect'; readonly effect: Effect }
  | { readonly kind: 'msg' | 'logdata' | 'tag'; readonly text: Macro }
  | { readonly kind: 'ver' | 'rev' | 'xmlns' | 'skipAfter'; readonly text: string }
  | { readonly kind: 'severity' | 'maturity' | 'accuracy' | 'status' | 'skip'; readonly value: number }
  | { readonly kind: 'log' | 'auditlog'; readonly on: boolean }
  | { readonly kind: 'capture' | 'chain' | 'multiMatch' };
