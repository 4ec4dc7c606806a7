import type { Matcher } from './operator.ts';

/** Matches and captures as the expression does: the whole, then its groups, those without a part as empty. */
export function rx(pattern: RegExp): Matcher {
  return (value) => {
    pattern.lastIndex = 0;
    const match = pattern.exec(value);
    return match !== null && captures(match, []);
  };
}

/** How often rxGlobal looks on in one value: an expression that matches nothing would otherwise capture at every byte. */
const maxMatches = 1_000;

/** As rx, through the whole value; the captures of every match, one after the other. Matches of nothing count only as the first. */
export function rxGlobal(pattern: RegExp): Matcher {
  const global = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`);
  return (value) => {
    global.lastIndex = 0;
    const all: string[] = [];
    for (let count = 0; count < maxMatches; count++) {
      const match = global.exec(value);
      if (match === null) break;
      if (match[0] !== '' || count === 0) captures(match, all);
      if (match[0] === '') global.lastIndex++;
    }
    return all.length > 0 && all;
  };
}

function captures(match: RegExpExecArray, into: string[]): string[] {
  for (let group = 0; group < match.length; group++) into.push(match[group] ?? '');
  return into;
}
