/** A number below, from a seed. */
export type Next = (below: number) => number;

/** Below 1e21: from there on ajv takes no number for a multiple of anything, and refuses. */
const others: readonly unknown[] = [
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
const unknownNames = ['role', 'isAdmin', 'ID', 'Name', 'constructor', 'valueOf', 'id ', 'kind', '$where', ''];

/** The value changed in one place. */
export function mutant(value: unknown, next: Next): unknown {
  if (next(8) === 0) return others[next(others.length)];
  if (Array.isArray(value)) return mutantArray(value as unknown[], next);
  if (typeof value === 'object' && value !== null)
    return mutantObject(value as Readonly<Record<string, unknown>>, next);
  if (typeof value === 'number') return number(value, next);
  if (typeof value === 'string') return text(value, next);
  return others[next(others.length)];
}

function mutantArray(items: readonly unknown[], next: Next): unknown {
  const at = next(items.length + 1);
  const isThere = at < items.length;
  switch (next(6)) {
    case 0:
      return items.toSpliced(at, 1);
    case 1:
      return items.toSpliced(at, 0, others[next(others.length)]);
    case 2:
      return isThere ? items.toSpliced(at, 0, items[at]) : [];
    case 3:
      return [...items, ...items];
    default:
      return isThere ? items.with(at, mutant(items[at], next)) : [...items, null];
  }
}

function mutantObject(object: Readonly<Record<string, unknown>>, next: Next): unknown {
  const names = Object.keys(object);
  const name = names[next(Math.max(1, names.length))];
  const more = unknownNames[next(unknownNames.length)]!;
  if (name === undefined || next(4) === 0) return { ...object, [more]: others[next(others.length)] };
  const { [name]: inner, ...rest } = object;
  switch (next(5)) {
    case 0:
      return rest;
    case 1:
      return { ...rest, [name.toUpperCase()]: inner };
    default:
      return { ...object, [name]: mutant(inner, next) };
  }
}

function number(value: number, next: Next): number {
  const changes = [
    value + 1,
    value - 1,
    value + 0.5,
    -value,
    value * 100,
    value + 50,
    value - 50,
    2 ** 31,
    0,
  ];
  return changes[next(changes.length)]!;
}

function text(value: string, next: Next): string {
  const characters = [...value];
  const changes = [
    `${value}x`,
    ` ${value}`,
    `${value}\n`,
    value + value,
    characters.slice(1).join(''),
    characters.slice(0, -1).join(''),
    value.toUpperCase(),
    `${value}😀`,
    value.replace(/[0-9]/, 'x'),
  ];
  return changes[next(changes.length)]!;
}

/** Texts of a JSON document that no reader, or not every reader, understands as the value. */
export function brokenTexts(json: string): readonly Buffer[] {
  const texts = [
    `${json} x`,
    `${json},`,
    json.slice(0, -1),
    `\ufeff${json}`,
    `{"a":${json},"a":${json}}`,
    `{"a":${json},"\\u0061":${json}}`,
    `[${json},]`,
    `{"__proto__":${json}}`,
    `["\\ud800",${json}]`,
    `/**/${json}`,
    `[01,${json}]`,
    `[NaN,${json}]`,
    `[9007199254740993,${json}]`,
    `'a'`,
  ];
  const spoilt = Buffer.concat([Buffer.from('["'), Buffer.from([0xc0, 0xaf]), Buffer.from(`",${json}]`)]);
  return [
    ...texts.filter((text) => text !== '' && !isNumberCut(json, text)).map((text) => Buffer.from(text)),
    spoilt,
  ];
}

/** A number without its last digit is one. */
function isNumberCut(json: string, text: string): boolean {
  return /^-?[0-9]/.test(json) && /^-?[0-9.]*[0-9]$/.test(text);
}
