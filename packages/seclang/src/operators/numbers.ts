import { type Matcher, matched } from './operator.ts';

/**
 * As C's atoi: white space, a sign, digits; whatever follows is ignored and what is no number is 0. Both sides are read
 * that way, as variables that are counters may hold anything.
 */
export function toInteger(text: string): number {
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
