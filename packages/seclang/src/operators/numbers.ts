import { type Matcher, matched } from './operator.ts';

/**
 * As C's atoi: white space, a sign, digits; whatever follows is ignored and what is no number is 0. Both sides are read
 * that way, as variables that are counters may hold anything.
 */
export function toInteger(text: string): number {
  // Scores and levels have a digit or two, and rules compare hundreds of them for each request.
  if (text.length <= 2) {
    const last = text.charCodeAt(text.length - 1) - 0x30;
    if (text.length === 1 && last >= 0 && last <= 9) return last;
    const first = text.charCodeAt(0) - 0x30;
    if (text.length === 2 && first >= 0 && first <= 9 && last >= 0 && last <= 9) return first * 10 + last;
  }
  const digits = /^[\t-\r ]*([+-]?\d{1,18})/.exec(text);
  return digits === null ? 0 : Number(digits[1]);
}

function comparison(holds: (value: number, argument: number) => boolean): (argument: string) => Matcher {
  return (argument) => {
    const number = toInteger(argument);
    return (value) => (holds(toInteger(value), number) ? matched : false);
  };
}

export const eq = comparison((value, argument) => value === argument);
export const ge = comparison((value, argument) => value >= argument);
export const gt = comparison((value, argument) => value > argument);
export const le = comparison((value, argument) => value <= argument);
export const lt = comparison((value, argument) => value < argument);
