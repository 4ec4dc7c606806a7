import { macroText } from '../../model/choice.ts';
import { type Item, itemName } from '../item.ts';
import type { State } from '../state.ts';
import { collection, type Entry, numeric, scalar } from './entry.ts';

/** What rules have matched and set so far. */
export function evaluationVariables(): Entry[] {
  return [
    scalar('MATCHED_VAR', 'always', ({ matched }) => matched?.value),
    scalar('MATCHED_VAR_NAME', 'always', ({ matched }) => matched && itemName(matched)),
    collection('MATCHED_VARS', 'always', ({ matchedItems }) =>
      matchedItems.map((item) => ({ variable: 'MATCHED_VARS', key: itemName(item), value: item.value })),
    ),
    collection('MATCHED_VARS_NAMES', 'always', ({ matchedItems }) =>
      matchedItems.map((item) => {
        const name = itemName(item);
        return { variable: 'MATCHED_VARS_NAMES', key: name, value: name };
      }),
    ),
    scalar('HIGHEST_SEVERITY', 'always', ({ highestSeverity }) => String(highestSeverity)),
    collection('RULE', 'always', ruleItems),
    collection('TX', 'always', ({ tx }) => tx.all()),
    collection('ENV', 'always', environment),
    scalar('SESSIONID', 'always', ({ sessionId }) => sessionId),
    scalar('USERID', 'always', ({ userId }) => userId),
  ];
}

function ruleItems({ rule }: State): Item[] {
  if (rule === undefined) return [];
  const { id, rev, severity, links } = rule.source;
  const [{ message, logdata } = {}] = links;
  const members: [string, string | undefined][] = [
    ['id', String(id)],
    ['rev', rev],
    ['severity', numeric(severity)],
    ['msg', message && macroText(message)],
    ['logdata', logdata && macroText(logdata)],
  ];
  return members.flatMap(([key, value]) => (value === undefined ? [] : [{ variable: 'RULE', key, value }]));
}

function environment({ setup, variables: set }: State): Item[] {
  const all = new Map([...Object.entries(setup.environment), ...set]);
  return [...all].map(([key, value]) => ({ variable: 'ENV', key, value }));
}
