import { type Groups, type Network, parseIpv4, parseIpv6, parseNetwork } from './ip-address.ts';
import { type Matcher, matched, type OperatorEnvironment, OperatorFault } from './operator.ts';

/** Addresses and networks, separated by commas. A value that is no address matches nothing. */
export function ipMatch(argument: string): Matcher {
  return matcherOf(argument.split(','));
}

/** The same from files, an address or network a line; `#` begins a comment. */
export function ipMatchFromFile(argument: string, { readFile }: OperatorEnvironment): Matcher {
  const names = argument.split(/\s+/).filter((name) => name !== '');
  if (names.length === 0) throw new OperatorFault('it needs the name of a file with addresses');
  return matcherOf(
    names.flatMap((name) =>
      readFile(name)
        .split('\n')
        .map((line) => line.replace(/#.*/, '')),
    ),
  );
}

function matcherOf(texts: readonly string[]): Matcher {
  const networks = texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(parseNetwork);
  if (networks.length === 0) throw new OperatorFault('it needs an address or network at least');
  const sets = [2, 8].map((size) => networksBySize(networks, size));
  return (value) => {
    const groups = parseIpv4(value) ?? parseIpv6(value);
    if (groups === undefined) return false;
    const set = sets[groups.length === 2 ? 0 : 1]!;
    return set.some(({ prefix, keys }) => keys.has(keyOf(groups, prefix))) ? matched : false;
  };
}

/** A lookup for each length of prefix that occurs, so that lists of thousands cost no more than those of a few. */
function networksBySize(networks: readonly Network[], size: number): { prefix: number; keys: Set<string> }[] {
  const byPrefix = new Map<number, Set<string>>();
  for (const { groups, prefix } of networks) {
    if (groups.length !== size) continue;
    const keys = byPrefix.get(prefix) ?? new Set<string>();
    keys.add(keyOf(groups, prefix));
    byPrefix.set(prefix, keys);
  }
  return [...byPrefix].map(([prefix, keys]) => ({ prefix, keys }));
}

/** What an address has in common with all others of its network. */
function keyOf(groups: Groups, prefix: number): string {
  let key = '';
  for (let index = 0, left = prefix; left > 0; index++, left -= 16)
    key += String.fromCharCode(groups[index]! & (0xffff << Math.max(0, 16 - left)));
  return key;
}
