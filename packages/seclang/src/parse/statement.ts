import type { Action } from './action.ts';
import type { IdRange } from './control.ts';
import type { Operator } from './operator.ts';
import type { Position } from './problem.ts';
import type { Settings } from './settings.ts';
import type { Target } from './targets.ts';

/** A directive, read by itself: what it means together with others is for the model. */
export type Statement = Position &
  (
    | {
        readonly kind: 'rule';
        readonly targets: readonly Target[];
        readonly operator: Operator;
        readonly actions: readonly Action[];
      }
    | { readonly kind: 'action'; readonly actions: readonly Action[] }
    | { readonly kind: 'default'; readonly actions: readonly Action[] }
    | { readonly kind: 'marker'; readonly name: string }
    | { readonly kind: 'setting'; readonly apply: (settings: Settings) => void }
    | {
        readonly kind: 'update-target';
        readonly rules: Choice;
        readonly targets: readonly Target[];
        readonly replaced: readonly Target[];
      }
    | {
        readonly kind: 'update-action';
        readonly id: number;
        readonly link: number;
        readonly actions: readonly Action[];
      }
    | { readonly kind: 'remove'; readonly rules: Choice }
    | { readonly kind: 'include'; readonly pattern: string; readonly optional: boolean }
    | { readonly kind: 'ignored'; readonly name: string }
  );

/** Which rules a directive is about. Patterns (PCRE) are searched for in tags and messages. */
export type Choice =
  | { readonly by: 'id'; readonly ids: readonly IdRange[] }
  | { readonly by: 'tag' | 'msg'; readonly pattern: string };
