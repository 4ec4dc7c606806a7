import { type Matcher, matched } from './operator.ts';

/** All compare bytes, with regard to case. */

export function streq(argument: string): Matcher {
  return (value) => (value === argument ? matched : false);
}

export function contains(argument: string): Matcher {
  return (value) => (value.includes(argument) ? matched : false);
}

export function beginsWith(argument: string): Matcher {
  return (value) => (value.startsWith(argument) ? matched : false);
}

export function endsWith(argument: string): Matcher {
  return (value) => (value.endsWith(argument) ? matched : false);
}

/** Whether the value stands in the argument. */
export function within(argument: string): Matcher {
  return (value) => (argument.includes(value) ? matched : false);
}

/** Contained, with no ASCII letter directly before or after; digits and `_` part words here. */
export function containsWord(argument: string): Matcher {
  if (argument === '') return () => matched;
  return (value) => {
    for (let at = value.indexOf(argument); at >= 0; at = value.indexOf(argument, at + 1))
      if (!isOfWord(value.charCodeAt(at - 1)) && !isOfWord(value.charCodeAt(at + argument.length)))
        return matched;
    return false;
  };
}

/** NaN, as `charCodeAt` gives beyond the ends, is none. */
function isOfWord(byte: number): boolean {
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x7a;
}

export function unconditionalMatch(): Matcher {
  return () => matched;
}

export function noMatch(): Matcher {
  return () => false;
}
