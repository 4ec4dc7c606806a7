import type { Kind, Lexer } from './lexer.ts';
import { tableWords } from './words.ts';

/**
 * Whether a statement of its own begins here: its first words have to stand in order. Prose and code behind a semicolon have
 * such a first word now and then (`; delete it`), but hardly what has to follow.
 */
export function statementIsHostile(kind: Kind, lexer: Lexer): boolean {
  const verb = lexer.text;
  switch (kind) {
    case 'drop':
      return isThing(lexer) || (verb === 'truncate' && lexer.kind === 'name' && isOver(lexer));
    case 'insert':
      return lexer.next() === 'into' && isName(lexer.next());
    case 'update':
      return isName(lexer.next()) && lexer.next() === 'declare' && lexer.text === 'set';
    case 'delete':
      return lexer.next() === 'from' && isName(lexer.next());
    case 'exec':
      return isProcedure(lexer);
    case 'declare':
      return lexer.next() === 'variable';
    case 'waitfor':
      return lexer.next() === 'delay' && ['string', 'variable'].includes(lexer.next());
    case 'shutdown':
      return isOver(lexer) || lexer.text === 'with';
    case 'statement':
      return isFurther(verb, lexer);
    default:
      return false;
  }
}

function isName(kind: Kind): boolean {
  return kind === 'name' || kind === 'table';
}

/** `TABLE users`, `DATABASE IF EXISTS x`. */
function isThing(lexer: Lexer): boolean {
  lexer.next();
  if (!tableWords.has(lexer.text) || lexer.quote !== '') return false;
  const kind = lexer.next();
  return isName(kind) || kind === 'if' || kind === 'string';
}

function isOver(lexer: Lexer): boolean {
  const kind = lexer.next();
  return kind === 'end of input' || kind === 'semicolon';
}

function isProcedure(lexer: Lexer): boolean {
  let kind = lexer.next();
  if (kind === 'open') {
    kind = lexer.next();
    return (
      kind === 'variable' ||
      (kind === 'string' &&
        /^\s*(?:select|insert|drop|exec|xp_|sp_|declare|create|alter|update|delete)/i.test(lexer.text))
    );
  }
  if (kind === 'variable') return true;
  return isName(kind) && /^(?:xp_|sp_|master|msdb|sys|dbo|immediate)/.test(lexer.text);
}

function isFurther(verb: string, lexer: Lexer): boolean {
  const kind = lexer.next();
  switch (verb) {
    case 'copy':
      return (isName(kind) || kind === 'open') && ['from', 'reserved', 'select'].includes(lexer.next());
    case 'attach':
    case 'backup':
    case 'rename':
      return tableWords.has(lexer.text) && lexer.next() !== 'end of input';
    case 'load':
      return lexer.text === 'data' || lexer.text === 'xml';
    case 'grant':
    case 'revoke':
      return ['all', 'select', 'insert', 'update', 'delete'].includes(kind);
    case 'handler':
      return isName(kind) && lexer.next() === 'name' && lexer.text === 'open';
    case 'prepare':
      return isName(kind) && lexer.next() === 'from';
    case 'do':
      return kind === 'name' && lexer.next() === 'open';
    default:
      return false;
  }
}
