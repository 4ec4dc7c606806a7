import { hexValue } from './percent.ts';

/** An IP address. An IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) is always given as the IPv4 address. */
export interface Address {
  readonly family: 4 | 6;
  /** 32-bit words, most significant first: one for IPv4, four for IPv6. */
  readonly words: Uint32Array;
}

const dot = 0x2e;
const colon = 0x3a;

// The longest text, "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".
const maxLength = 45;

/**
 * Parses an address: dotted IPv4 without leading zeros (some readers take `010` as octal 8), or IPv6 text of
 * RFC 4291 2.2, without zone or brackets. Undefined for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  const words = new Uint32Array(4);
  const family = readAddress(text, words);
  if (family === 0) return undefined;
  return { family, words: family === 4 ? words.slice(0, 1) : words };
}

/** The text of an address: dotted for IPv4, RFC 5952 4 for IPv6. */
export function formatAddress(address: Address): string {
  const [first = 0] = address.words;
  if (address.family === 4) return formatIpv4(first);
  return formatIpv6(address.words);
}

/** The canonical text of the address that `text` spells, or undefined if it is none. Canonical IPv4 is free. */
export function canonicalAddress(text: string): string | undefined {
  if (readIpv4(text, 0) >= 0) return text;
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

/**
 * An address without its zone. The socket names a link-local peer `fe80::1%eth0` (RFC 4007 section 11); the zone is
 * ours and no part of the address, and with it no list of networks would know the address.
 */
export function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/** Reads `text` into `words` without allocating; the family, or 0 if the text is not an address. */
export function readAddress(text: string, words: Uint32Array): 0 | 4 | 6 {
  const ipv4 = readIpv4(text, 0);
  if (ipv4 >= 0) {
    words[0] = ipv4;
    return 4;
  }
  if (!readIpv6(text, groups)) return 0;
  for (let word = 0; word < 4; word++) words[word] = groups[2 * word]! * 0x10000 + groups[2 * word + 1]!;
  if (words[0] !== 0 || words[1] !== 0 || words[2] !== 0xffff) return 6;
  words[0] = words[3]!;
  return 4;
}

// Scratch of readAddress; nothing here is asynchronous.
const groups = new Uint16Array(8);

/** The dotted address from `from` to the end of `text` as a number from 0 to 2^32-1, or -1. */
function readIpv4(text: string, from: number): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) {
      if (octet === 0) return -1;
      octet = (octet < 0 ? 0 : octet * 10) + code - 0x30;
      if (octet > 255) return -1;
    } else {
      if (code !== dot || octet < 0 || dots === 3) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    }
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

/** Reads IPv6 text into eight 16-bit groups; false if it is none. */
function readIpv6(text: string, into: Uint16Array): boolean {
  if (text.length > maxLength) return false;
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (count === 8) return false;
    const start = at;
    let value = 0;
    for (let digit = hexValue(text.charCodeAt(at)); digit >= 0; digit = hexValue(text.charCodeAt(at))) {
      value = value * 16 + digit;
      at++;
    }
    if (at === start || at - start > 4) return false;
    if (text.charCodeAt(at) === dot) {
      const tail = count <= 6 ? readIpv4(text, start) : -1;
      if (tail < 0) return false;
      into[count++] = tail >>> 16;
      into[count++] = tail & 0xffff;
      break;
    }
    into[count++] = value;
    if (at === text.length) break;
    if (text.charCodeAt(at) !== colon) return false;
    at++;
    if (text.charCodeAt(at) === colon) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    } else if (at === text.length) {
      return false;
    }
  }
  if (gap < 0) return count === 8;
  if (count === 8) return false;
  // Loops, because copyWithin and fill cost more than all of the above for eight groups.
  const tailAt = 8 - (count - gap);
  for (let from = count - 1, to = 7; from >= gap; from--, to--) into[to] = into[from]!;
  for (let zero = gap; zero < tailAt; zero++) into[zero] = 0;
  return true;
}

function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

function formatIpv6(words: Uint32Array): string {
  const parts: string[] = [];
  for (const word of words) parts.push((word >>> 16).toString(16), (word & 0xffff).toString(16));
  // RFC 5952 4.2: "::" replaces the longest run of zeros, the first of equals, never a single one.
  let longest = 0;
  let longestAt = -1;
  for (let at = 0, run = 0; at < 8; at++) {
    run = parts[at] === '0' ? run + 1 : 0;
    if (run > 1 && run > longest) {
      longest = run;
      longestAt = at - run + 1;
    }
  }
  if (longestAt < 0) return parts.join(':');
  return `${parts.slice(0, longestAt).join(':')}::${parts.slice(longestAt + longest).join(':')}`;
}
