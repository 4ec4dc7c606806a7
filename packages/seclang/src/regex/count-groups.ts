/** How many capturing groups there are at most, needed before the end to tell `\10` from an octal number. */
export function countGroups(source: string): number {
  let count = 0;
  const tokens =
    /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]|\((?!\?|\*)|\(\?(?:P?<(?![=!])|')/gs;
  for (const [token] of source.matchAll(tokens)) if (token.startsWith('(')) count++;
  return count;
}
