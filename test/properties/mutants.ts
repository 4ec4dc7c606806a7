/** A number below, from a seed. */
export type Next = (below: number) => number;

/** What was changed in one place, and how: for whoever reads a failure. */
export interface Mutant<T> {
  readonly what: string;
  readonly value: T;
}

/** Below 1e21: from there on ajv takes no number for a multiple of anything, and refuses. */
export const otherValues: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  1e20,
  '',
  '1',
  'true',
  'a'.repeat(40),
  [],
  [1],
  {},
  { $gt: '' },
];
const moreNames = [
  'role',
  'isAdmin',
  'ID',
  'Name',
  'constructor',
  'valueOf',
  'id ',
  'kind',
  '$where',
  '',
  'created',
];

const another = (next: Next): unknown => otherValues[next(otherValues.length)];

/** The value changed in one place. */
export function mutant(value: unknown, next: Next): Mutant<unknown> {
  if (next(8) !== 0) {
    if (Array.isArray(value)) return mutantArray(value as unknown[], next);
    if (typeof value === 'object' && value !== null)
      return mutantObject(value as Readonly<Record<string, unknown>>, next);
    if (typeof value === 'number') return mutantNumber(value, next);
    if (typeof value === 'string') return mutantText(value, next);
  }
  return { what: 'another value', value: another(next) };
}

function mutantArray(items: readonly unknown[], next: Next): Mutant<unknown> {
  const at = next(items.length + 1);
  const isThere = at < items.length;
  switch (next(6)) {
    case 0:
      return { what: `item ${at} left out`, value: items.toSpliced(at, 1) };
    case 1:
      return { what: `one more item at ${at}`, value: items.toSpliced(at, 0, another(next)) };
    case 2:
      return { what: `item ${at} twice`, value: isThere ? items.toSpliced(at, 0, items[at]) : [] };
    case 3:
      return { what: 'all items twice', value: [...items, ...items] };
    default:
      if (!isThere) return { what: 'null at the end', value: [...items, null] };
      return within(String(at), mutant(items[at], next), (value) => items.with(at, value));
  }
}

function mutantObject(object: Readonly<Record<string, unknown>>, next: Next): Mutant<unknown> {
  const names = Object.keys(object);
  const name = names[next(Math.max(1, names.length))];
  if (name === undefined || next(4) === 0) {
    const more = moreNames[next(moreNames.length)]!;
    return { what: `member "${more}" set`, value: { ...object, [more]: another(next) } };
  }
  const { [name]: inner, ...rest } = object;
  switch (next(5)) {
    case 0:
      return { what: `member "${name}" left out`, value: rest };
    case 1:
      return {
        what: `member "${name}" in upper case`,
        value: { ...rest, [name.toUpperCase()]: inner },
      };
    default:
      return within(name, mutant(inner, next), (value) => ({ ...object, [name]: value }));
  }
}

function within(
  step: string,
  { what, value }: Mutant<unknown>,
  put: (value: unknown) => unknown,
): Mutant<unknown> {
  return { what: `${step}: ${what}`, value: put(value) };
}

function mutantNumber(value: number, next: Next): Mutant<number> {
  return one(
    {
      'one more': value + 1,
      'one less': value - 1,
      'a half more': value + 0.5,
      'of the other sign': -value,
      'a hundredfold': value * 100,
      '50 more': value + 50,
      '50 less': value - 50,
      'above 32 bits': 2 ** 31,
      zero: 0,
    },
    next,
  );
}

function mutantText(value: string, next: Next): Mutant<string> {
  const characters = [...value];
  return one(
    {
      'an x behind': `${value}x`,
      'a space before': ` ${value}`,
      'a line end behind': `${value}\n`,
      'written twice': value + value,
      'the first character left out': characters.slice(1).join(''),
      'the last character left out': characters.slice(0, -1).join(''),
      'in upper case': value.toUpperCase(),
      'two code units behind': `${value}😀`,
      'an x for a digit': value.replace(/[0-9]/, 'x'),
    },
    next,
  );
}

/** One of several changes, by what they are called. */
export function one<T>(changes: Readonly<Record<string, T>>, next: Next): Mutant<T> {
  const all = Object.entries(changes);
  const [what, value] = all[next(all.length)]!;
  return { what, value };
}

/** Texts of a JSON document that no reader, or not every reader, understands as the value. */
export function brokenTexts(json: string): readonly Mutant<Buffer>[] {
  const texts = {
    'a word behind': `${json} x`,
    'a comma behind': `${json},`,
    'cut off': json.slice(0, -1),
    'a byte order mark': `\ufeff${json}`,
    'a name twice': `{"a":${json},"a":${json}}`,
    'a name twice, once escaped': `{"a":${json},"\\u0061":${json}}`,
    'a comma at the end of a list': `[${json},]`,
    __proto__named: `{"__proto__":${json}}`,
    'a lone surrogate': `["\\ud800",${json}]`,
    'a comment': `/**/${json}`,
    'a leading zero': `[01,${json}]`,
    NaN: `[NaN,${json}]`,
    'a number that a double does not hold': `[9007199254740993,${json}]`,
    'single quotes': `'a'`,
  };
  const spoilt = Buffer.concat([Buffer.from('["'), Buffer.from([0xc0, 0xaf]), Buffer.from(`",${json}]`)]);
  return [
    ...Object.entries(texts)
      .filter(([, text]) => text !== '' && !isNumberCut(json, text))
      .map(([what, text]) => ({ what, value: Buffer.from(text) })),
    { what: 'UTF-8 that is too long', value: spoilt },
  ];
}

/** A number without its last digit is one. */
function isNumberCut(json: string, text: string): boolean {
  return /^-?[0-9]/.test(json) && /^-?[0-9.]*[0-9]$/.test(text);
}
