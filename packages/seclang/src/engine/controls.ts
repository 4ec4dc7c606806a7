import { chooser } from '../model/choice.ts';
import type { Rule } from '../model/rule.ts';
import type { Control } from '../parse/control.ts';
import type { Choice } from '../parse/statement.ts';
import type { Change } from './effects.ts';
import { compileExclusion, type Exclusions } from './exclusions.ts';

export type ControlCompiler = (control: Control) => Change;

/**
 * `ctl:`. Which rules one means is known beforehand, so that a request only notes their numbers.
 * @param rules of all phases, in the order of their numbers
 */
export function controlCompiler(rules: readonly Rule[]): ControlCompiler {
  const chosen = (choice: Choice): readonly number[] => {
    const chooses = chooser(choice);
    return rules.flatMap((rule, index) => (chooses(rule) ? [index] : []));
  };
  return (control) => {
    const choice = choiceOf(control);
    if (choice === undefined) return setting(control);
    return 'targets' in control
      ? targetRemoval(chosen(choice), control.targets.map(compileExclusion))
      : removal(chosen(choice));
  };
}

function choiceOf(control: Control): Choice | undefined {
  switch (control.option) {
    case 'ruleRemoveById':
    case 'ruleRemoveTargetById':
      return { by: 'id', ids: control.ids };
    case 'ruleRemoveByTag':
    case 'ruleRemoveTargetByTag':
      return { by: 'tag', pattern: control.pattern };
    case 'ruleRemoveByMsg':
    case 'ruleRemoveTargetByMsg':
      return { by: 'msg', pattern: control.pattern };
    default:
      return undefined;
  }
}

function removal(indexes: readonly number[]): Change {
  return (state) => {
    state.removed ??= new Uint8Array(state.setup.ruleCount);
    for (const index of indexes) state.removed[index] = 1;
  };
}

function targetRemoval(indexes: readonly number[], exclusions: Exclusions): Change {
  return (state) => {
    state.exclusions ??= new Map();
    for (const index of indexes)
      state.exclusions.set(index, [...(state.exclusions.get(index) ?? []), ...exclusions]);
  };
}

function setting(control: Control): Change {
  switch (control.option) {
    case 'ruleEngine':
      return (state) => state.switchTo(control.mode);
    case 'requestBodyProcessor':
      return (state) => {
        state.processor = control.processor;
      };
    case 'requestBodyAccess':
      return (state) => {
        state.requestBodyAccess = control.on;
      };
    case 'responseBodyAccess':
      return (state) => {
        state.responseBodyAccess = control.on;
      };
    case 'forceRequestBodyVariable':
      return (state) => {
        state.forceRequestBody = control.on;
      };
    case 'forceResponseBodyVariable':
      return (state) => {
        state.forceResponseBody = control.on;
      };
    case 'requestBodyLimit':
      return (state) => {
        state.requestBodyLimit = control.value;
      };
    case 'responseBodyLimit':
      return (state) => {
        state.responseBodyLimit = control.value;
      };
    case 'auditEngine':
      return (state) => {
        state.auditMode = control.mode;
      };
    default:
      // Parts of an audit log and the level of a debug log concern what is not here.
      return () => {};
  }
}
