import type { Action, Disruptive, Effect, Phase } from './action.ts';
import { oneOf, parseControl, wholeNumber } from './control.ts';
import { parseMacro } from './macro.ts';
import { SyntaxProblem } from './problem.ts';
import { parseTransformation } from './transformations.ts';
import { writableCollections } from './variables.ts';
import { excerpt } from './words.ts';

/**
 * The third word of a SecRule: `name`, `name:value` or `name:'value'`, separated by commas.
 * @throws SyntaxProblem for an action that there is not, or a value that it does not take
 */
export function parseActions(text: string): Action[] {
  return splitActions(text).map(({ name, value }) => {
    const read = readers.get(name.toLowerCase());
    if (read === undefined) throw new SyntaxProblem(`unknown action ${excerpt(name)}`);
    return read(value, name);
  });
}

interface Written {
  readonly name: string;
  /** Undefined without a colon. */
  readonly value: string | undefined;
}

function splitActions(text: string): Written[] {
  const actions: Written[] = [];
  const expression = /[\s,]*(?:([A-Za-z]\w*)\s*(?::\s*(?:'((?:[^'\\]|\\.)*)'|(?!')([^,]*)))?\s*(?=,|$)|$)/sy;
  let at = 0;
  while (at < text.length) {
    expression.lastIndex = at;
    const match = expression.exec(text);
    if (match === null)
      throw new SyntaxProblem(`not an action: ${excerpt(text.slice(at).replace(/^[\s,]+/, ''))}`);
    at = expression.lastIndex;
    if (match[1] === undefined) break;
    const quoted = match[2]?.replaceAll("\\'", "'");
    actions.push({ name: match[1], value: quoted ?? match[3]?.trim() });
  }
  return actions;
}

type Reader = (value: string | undefined, name: string) => Action;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['id', needed((value) => ({ kind: 'id', id: wholeNumber(value) }))],
  ['phase', needed((value) => ({ kind: 'phase', phase: parsePhase(value) }))],
  ['t', needed((value) => ({ kind: 'transformation', name: parseTransformation(value) }))],
  ['msg', needed((value) => ({ kind: 'msg', text: parseMacro(value) }))],
  ['logdata', needed((value) => ({ kind: 'logdata', text: parseMacro(value) }))],
  ['tag', needed((value) => ({ kind: 'tag', text: parseMacro(value) }))],
  ['ver', needed((text) => ({ kind: 'ver', text }))],
  ['rev', needed((text) => ({ kind: 'rev', text }))],
  ['xmlns', needed((text) => ({ kind: 'xmlns', text }))],
  ['skipafter', needed((text) => ({ kind: 'skipAfter', text }))],
  ['skip', needed((value) => ({ kind: 'skip', value: wholeNumber(value, 100_000) }))],
  ['severity', needed((value) => ({ kind: 'severity', value: parseSeverity(value) }))],
  ['maturity', needed((value) => ({ kind: 'maturity', value: wholeNumber(value, 10) }))],
  ['accuracy', needed((value) => ({ kind: 'accuracy', value: wholeNumber(value, 10) }))],
  ['status', needed((value) => ({ kind: 'status', value: parseStatus(value) }))],
  ['log', bare({ kind: 'log', on: true })],
  ['nolog', bare({ kind: 'log', on: false })],
  ['auditlog', bare({ kind: 'auditlog', on: true })],
  ['noauditlog', bare({ kind: 'auditlog', on: false })],
  ['capture', bare({ kind: 'capture' })],
  ['chain', bare({ kind: 'chain' })],
  ['multimatch', bare({ kind: 'multiMatch' })],
  ['pass', bare(disruptive({ kind: 'pass' }))],
  ['deny', bare(disruptive({ kind: 'deny' }))],
  ['drop', bare(disruptive({ kind: 'drop' }))],
  ['block', bare(disruptive({ kind: 'block' }))],
  ['allow', (value) => disruptive({ kind: 'allow', scope: parseAllow(value) })],
  ['redirect', needed((value) => disruptive({ kind: 'redirect', location: parseMacro(value) }))],
  ['setvar', needed((value) => effect(parseSetvar(value)))],
  ['expirevar', needed((value) => effect(parseExpirevar(value)))],
  ['initcol', needed((value) => effect(parseInitcol(value)))],
  ['setenv', needed((value) => effect(parseSetenv(value)))],
  ['setsid', needed((value) => effect({ kind: 'setsid', value: parseMacro(value) }))],
  ['setuid', needed((value) => effect({ kind: 'setuid', value: parseMacro(value) }))],
  ['setrsc', needed((value) => effect({ kind: 'setrsc', value: parseMacro(value) }))],
  ['ctl', needed((value) => effect({ kind: 'ctl', control: parseControl(value) }))],
  ['exec', refused('it would run a program')],
  ['proxy', refused('it would send the request elsewhere')],
  ['pause', refused('it would hold the connection')],
  ['deprecatevar', refused('use expirevar')],
  ['append', refused('it would change responses')],
  ['prepend', refused('it would change responses')],
  ['sanitisearg', refused('records hold no values')],
  ['sanitisematched', refused('records hold no values')],
  ['sanitisematchedbytes', refused('records hold no values')],
  ['sanitiserequestheader', refused('records hold no values')],
  ['sanitiseresponseheader', refused('records hold no values')],
]);

function needed(read: (value: string) => Action): Reader {
  return (value, name) => {
    if (value === undefined || value === '') throw new SyntaxProblem(`${name} needs a value`);
    return read(value);
  };
}

function bare(action: Action): Reader {
  return (value, name) => {
    if (value !== undefined) throw new SyntaxProblem(`${name} takes no value`);
    return action;
  };
}

function refused(because: string): Reader {
  return (_value, name) => {
    throw new SyntaxProblem(`action ${name} is refused: ${because}`);
  };
}

function disruptive(action: Disruptive): Action {
  return { kind: 'disruptive', action };
}

function effect(what: Effect): Action {
  return { kind: 'effect', effect: what };
}

const phaseNames: ReadonlyMap<string, Phase> = new Map<string, Phase>([
  ['1', 1],
  ['2', 2],
  ['3', 3],
  ['4', 4],
  ['5', 5],
  ['request', 2],
  ['response', 4],
  ['logging', 5],
]);

function parsePhase(text: string): Phase {
  const phase = phaseNames.get(text.toLowerCase());
  if (phase === undefined) throw new SyntaxProblem(`not a phase: ${excerpt(text)}`);
  return phase;
}

/** Of syslog: 0 is the worst. */
export const severities = [
  'EMERGENCY',
  'ALERT',
  'CRITICAL',
  'ERROR',
  'WARNING',
  'NOTICE',
  'INFO',
  'DEBUG',
] as const;

function parseSeverity(text: string): number {
  if (/^[0-7]$/.test(text)) return Number(text);
  return severities.indexOf(oneOf(text, severities));
}

function parseStatus(text: string): number {
  const status = wholeNumber(text, 599);
  if (status < 100) throw new SyntaxProblem(`not a status: ${text}`);
  return status;
}

function parseAllow(value: string | undefined): 'transaction' | 'phase' | 'request' {
  return value === undefined ? 'transaction' : oneOf(value, ['phase', 'request']);
}

/** `tx.name`, the name with variables perhaps. */
function parseMember(text: string): [collection: string, key: ReturnType<typeof parseMacro>] {
  const match = /^([A-Za-z]+)[.:](.+)$/s.exec(text.trim());
  const collection = match?.[1]?.toUpperCase() ?? '';
  if (match === null || !writableCollections.has(collection))
    throw new SyntaxProblem(`not a variable that rules can write: ${excerpt(text)}`);
  return [collection, parseMacro(match[2]!)];
}

function parseSetvar(text: string): Effect {
  if (text.startsWith('!')) {
    const [collection, key] = parseMember(text.slice(1));
    return { kind: 'setvar', collection, key, operation: 'remove', value: [''] };
  }
  const [name, value] = atEquals(text);
  const [collection, key] = parseMember(name);
  // Without a value it is 1.
  if (value === undefined) return { kind: 'setvar', collection, key, operation: 'set', value: ['1'] };
  const operation = value.startsWith('+') ? 'add' : value.startsWith('-') ? 'subtract' : 'set';
  return {
    kind: 'setvar',
    collection,
    key,
    operation,
    value: parseMacro(operation === 'set' ? value : value.slice(1)),
  };
}

function parseExpirevar(text: string): Effect {
  const [name, value] = atEquals(text);
  const [collection, key] = parseMember(name);
  if (value === undefined) throw new SyntaxProblem('expirevar needs seconds');
  return { kind: 'expirevar', collection, key, seconds: parseMacro(value) };
}

const initialised = ['GLOBAL', 'IP', 'RESOURCE', 'SESSION', 'USER'] as const;

function parseInitcol(text: string): Effect {
  const [name, value] = atEquals(text);
  if (value === undefined) throw new SyntaxProblem('initcol needs a key');
  return { kind: 'initcol', collection: oneOf(name, initialised), key: parseMacro(value) };
}

function parseSetenv(text: string): Effect {
  const [name, value = '1'] = atEquals(text);
  if (!/^\w+$/.test(name)) throw new SyntaxProblem(`not a name for setenv: ${excerpt(name)}`);
  return { kind: 'setenv', name, value: parseMacro(value) };
}

/** At the first equals sign outside `%{…}`. */
function atEquals(text: string): [name: string, value: string | undefined] {
  const match = /^((?:%\{[^}]*\}|[^=])*)=(.*)$/s.exec(text);
  return match === null ? [text.trim(), undefined] : [match[1]!.trim(), match[2]!];
}
