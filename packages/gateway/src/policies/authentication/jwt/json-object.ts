/** Deeper JSON is no token that an issuer makes; the bound keeps recursion over it harmless. */
const deepest = 16;

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Why a text is no object that two readers read alike. */
export type ObjectFault = 'json' | 'member-twice' | 'too-deep';

/**
 * Parses a JSON object and refuses what two readers may read differently: a member that is there twice (RFC 7515
 * section 4, RFC 7519 section 4), as JSON.parse takes the last one and others the first.
 *
 * One pass counts the colons outside of strings, one for each member as written. If an object that was parsed has
 * fewer members, some were given twice; that sees through escapes in names too, and costs no parser of our own.
 */
export function parseObject(text: string): Record<string, unknown> | ObjectFault {
  const written = countMembers(text);
  if (written < 0) return 'too-deep';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'json';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'json';
  return membersOf(value) === written ? (value as Record<string, unknown>) : 'member-twice';
}

/** Members at all depths of what should be JSON, or -1 when it is nested too deep. */
function countMembers(text: string): number {
  let members = 0;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === backslash) at++;
      else if (code === quote) inString = false;
    } else if (code === quote) inString = true;
    else if (code === colon) members++;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > deepest) return -1;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return members;
}

function membersOf(value: object): number {
  let members = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) members += membersOf(inner);
  }
  return members;
}
