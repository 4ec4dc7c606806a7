import type { AST } from '@eslint-community/regexpp';

/** An element of a pattern that takes one character. */
export type CharacterElement = AST.Character | AST.CharacterSet | AST.CharacterClass;

/** Which characters an element takes. */
export interface CharacterSet {
  has(character: number): boolean;
  /** Of ASCII, a bit for each character. */
  readonly ascii: bigint;
  /** Whether others may be taken too. */
  readonly others: boolean;
}

const asciiEnd = 0x80;

export function isCharacterElement(element: AST.Element): element is CharacterElement {
  return element.type === 'Character' || element.type === 'CharacterSet' || element.type === 'CharacterClass';
}

/** Flags that the groups around a node turn on, such as `(?i:a)`; the nearest that names a flag decides. */
export function flagsAt(node: AST.Node): string {
  const said = new Map<keyof AST.ModifierFlags, boolean>();
  for (let around = node.parent; around !== null; around = around.parent) {
    if (around.type !== 'Group' || around.modifiers === null) continue;
    const { add, remove } = around.modifiers;
    for (const flag of modifierFlags)
      if (!said.has(flag) && (add[flag] || remove?.[flag])) said.set(flag, add[flag]);
  }
  return modifierFlags.map((flag) => (said.get(flag) === true ? letters[flag] : '')).join('');
}

const letters = { ignoreCase: 'i', multiline: 'm', dotAll: 's' } as const;
const modifierFlags = ['ignoreCase', 'multiline', 'dotAll'] as const;

/** V8 decides what is in a class, one character at a time, so nothing about Unicode is written here a second time. */
export function characterSet(element: CharacterElement, unicode: boolean): CharacterSet {
  const flags = flagsAt(element);
  const ignoresCase = flags.includes('i');
  if (element.type === 'Character' && !ignoresCase) return single(element.value);
  const expression = new RegExp(`^${element.raw}$`, unicode ? `u${flags}` : flags);
  const matches = (character: number): boolean => expression.test(String.fromCodePoint(character));
  const table = Uint8Array.from({ length: asciiEnd }, (_, character) => Number(matches(character)));
  return {
    has: (character) => (character < asciiEnd ? table[character] === 1 : matches(character)),
    ascii: table.reduceRight((bits, bit) => (bits << 1n) | BigInt(bit), 0n),
    // The sign for kelvin is a k where case makes no difference.
    others: ignoresCase || mayTakeOthers(element),
  };
}

function single(value: number): CharacterSet {
  const isAscii = value < asciiEnd;
  return {
    has: (character) => character === value,
    ascii: isAscii ? 1n << BigInt(value) : 0n,
    others: !isAscii,
  };
}

function mayTakeOthers(element: CharacterElement | AST.CharacterClassElement): boolean {
  switch (element.type) {
    case 'Character':
      return element.value >= asciiEnd;
    case 'CharacterClassRange':
      return element.max.value >= asciiEnd;
    case 'CharacterSet':
      return element.kind === 'digit' || element.kind === 'word' ? element.negate : true;
    case 'CharacterClass':
      return element.negate || element.elements.some(mayTakeOthers);
    default:
      return true;
  }
}
