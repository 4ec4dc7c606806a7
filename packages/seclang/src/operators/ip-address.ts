import { OperatorFault } from './operator.ts';

/** Sixteen-bit groups: two of an IPv4 address, eight of an IPv6 one. */
export type Groups = readonly number[];

export interface Network {
  readonly groups: Groups;
  readonly prefix: number;
}

/** Four decimal numbers without leading zeros, which some read as octal. @returns undefined for anything else */
export function parseIpv4(text: string): Groups | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const bytes = match.slice(1).map(Number);
  if (bytes.some((byte, index) => byte > 255 || String(byte) !== match[index + 1])) return undefined;
  return [bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!];
}

/** RFC 4291 section 2.2, with `::` for one group or more, and the last four bytes in decimal if one likes. */
export function parseIpv6(text: string): Groups | undefined {
  if (text.length > 45 || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function groupsOf(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const ipv4 = isEnd && index === parts.length - 1 ? parseIpv4(part) : undefined;
      if (ipv4 === undefined) return undefined;
      groups.push(...ipv4);
    }
  }
  return groups;
}

/** An address, with a prefix length if one likes. @throws OperatorFault */
export function parseNetwork(text: string): Network {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const groups = parseIpv4(address) ?? parseIpv6(address);
  if (groups === undefined) throw new OperatorFault(`“${text}” is no IPv4 or IPv6 address and no network`);
  const bits = groups.length * 16;
  const length = slash < 0 ? String(bits) : text.slice(slash + 1);
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefix <= bits)) throw new OperatorFault(`“${text}” has no prefix length from 0 to ${bits}`);
  return { groups, prefix };
}
