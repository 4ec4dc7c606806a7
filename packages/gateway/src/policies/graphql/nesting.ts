const quote = 0x22;
const hash = 0x23;
const backslash = 0x5c;
const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * How deep brackets of any kind are nested in a GraphQL document, looked up before it is parsed: the parser of graphql-js
 * calls itself for each, and has been seen to run out of stack at a thousand. Knows no more of the grammar than where
 * brackets are none: in strings, block strings and comments. For what is no GraphQL the answer does not matter, as long
 * as it is not too small up to the place where a lexer gives up.
 *
 * One pass; stops once the depth is beyond `limit`.
 */
export function nestingOf(text: string, limit: number): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x28: // (
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > deepest) deepest = depth;
        if (deepest > limit) return deepest;
        break;
      case 0x29: // )
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case quote:
        i = stringEnd(text, i);
        break;
      case hash:
        i = lineEnd(text, i);
        break;
    }
  }
  return deepest;
}

/** @returns the last character of the string that begins here */
function stringEnd(text: string, from: number): number {
  if (text.startsWith('"""', from)) {
    for (let i = from + 3; i < text.length; i++) {
      if (text.charCodeAt(i) === backslash && text.startsWith('"""', i + 1)) i += 3;
      else if (text.charCodeAt(i) === quote && text.startsWith('"""', i)) return i + 2;
    }
    return text.length;
  }
  for (let i = from + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) return i;
    if (code === backslash) i++;
    // A string does not go beyond its line: the lexer stops here, and so does all that could be nested.
    else if (code === newline || code === carriageReturn) return text.length;
  }
  return text.length;
}

function lineEnd(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charCodeAt(i) !== newline && text.charCodeAt(i) !== carriageReturn) i++;
  return i;
}
