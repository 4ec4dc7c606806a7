import { type Matcher, matched } from '../operator.ts';
import { Judge } from './judge.ts';
import { endOfString } from './lexer.ts';
import type { Context } from './state.ts';

/** Matches what would change a query of SQL that a service builds with it: bare, or in a string of either quote. */
export function detectSQLi(): Matcher {
  return (value) => (isSqlInjection(value) ? matched : false);
}

/**
 * What an injection has at least: a quote, a bracket, a comparison, a comment, a semicolon, or a word that goes on with a
 * query. Names, numbers, dates and most prose have neither, and are not read any further.
 */
const possible =
  /[^\w .,:+%?\x80-\xff-]|--|(?:\b|\d)(?:or|and|xor|union|except|intersect|minus|order|group|drop|truncate|exec|shutdown|is)\b/i;

/** Where a backslash that escapes makes a string end elsewhere. */
const escapedQuote = /\\['"\\]/;

export function isSqlInjection(value: string): boolean {
  if (!possible.test(value)) return false;
  const text = plainQuotes(value);
  if (inContexts(text, false)) return true;
  return escapedQuote.test(text) && inContexts(text, true);
}

/** Full-width and modifier quotes become `'` when a database converts to its own character set. */
function plainQuotes(value: string): string {
  return /\xef\xbc\x87|\xca\xbc/.test(value) ? value.replace(/\xef\xbc\x87|\xca\xbc/g, "'") : value;
}

function inContexts(value: string, hasEscapes: boolean): boolean {
  const bare = { start: 0, quote: '', isSimple: true, hasEscapes } as const;
  return (
    judge(value, { ...bare, isAfterOperand: false }) ||
    judge(value, { ...bare, isAfterOperand: true }) ||
    inString(value, "'", hasEscapes) ||
    inString(value, '"', hasEscapes)
  );
}

function inString(value: string, quote: "'" | '"', hasEscapes: boolean): boolean {
  if (!value.includes(quote)) return false;
  const end = endOfString(value, 0, quote, hasEscapes);
  if (end < 0) return false;
  const isSimple = end <= 64 && !/["'`=(){}<>\n\r;]/.test(value.slice(0, end));
  return judge(value, { start: end + 1, quote, isAfterOperand: true, isSimple, hasEscapes });
}

function judge(value: string, context: Context): boolean {
  return new Judge(value, context).isInjection();
}
