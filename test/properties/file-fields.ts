import fc from 'fast-check';
import type { FormPart } from './multipart-writing.ts';
import type { PartField } from './part-fields.ts';
import type { Dialect, JsonSchema } from './schemas.ts';

export const maxFileSize = 64;

interface Stored {
  readonly type: string;
  readonly extension: string;
  /** Of a size; those that are only good at one have it anyway. */
  readonly content: (size: number) => Buffer;
  readonly hasAnySize: boolean;
}

const kinds: readonly Stored[] = [
  {
    type: 'application/octet-stream',
    extension: 'bin',
    content: (size) => Buffer.alloc(size, 7),
    hasAnySize: true,
  },
  { type: 'image/gif', extension: 'gif', content: () => Buffer.from('GIF89a;'), hasAnySize: false },
  {
    type: 'application/pdf',
    extension: 'pdf',
    content: (size) => Buffer.from('%PDF-1.7'.padEnd(size)),
    hasAnySize: true,
  },
];

/** A property that is a file, or a list of files, with bounds of size and number. */
export function fileField(dialect: Dialect, name: string): fc.Arbitrary<PartField> {
  const cases = fc.record({
    kind: fc.constantFrom(...kinds),
    required: fc.boolean(),
    isList: fc.boolean(),
    isTyped: fc.boolean(),
    least: fc.integer({ min: 0, max: 7 }),
    more: fc.integer({ min: 10, max: 40 }),
    count: fc.integer({ min: 1, max: 3 }),
  });
  return cases.map(({ kind, required, isList, isTyped, least, more, count }): PartField => {
    const most = least + more;
    const isOld = dialect === '2.0';
    const isMany = isList && !isOld;
    const one: JsonSchema = isOld
      ? { type: 'file' }
      : { type: 'string', format: 'binary', minLength: least, maxLength: most };
    const parts = Array.from({ length: isMany ? count : 1 }, (_, index) =>
      part(kind, `${name}${index}.${kind.extension}`, kind.content(most)),
    );
    return {
      name,
      required,
      written: isMany ? { type: 'array', items: one, maxItems: 3 } : one,
      ...(isTyped && !isOld && { encoding: { contentType: kind.type } }),
      isRepeated: isMany,
      parts: parts.map((each) => ({ ...each, name })),
      change: (next) => {
        const at = next(parts.length);
        const all = [...changes(kind), ...(kind.hasAnySize && !isOld ? sizes(kind, least, most) : [])];
        const { what, value, isGood } = all[next(all.length)]!;
        const changed = { ...parts[at]!, ...value };
        return { what, value: parts.with(at, changed).map((each) => ({ ...each, name })), isGood };
      },
    };
  });
}

interface FileChange {
  readonly what: string;
  readonly value: Partial<FormPart>;
  readonly isGood: boolean;
}

function sizes({ content, type }: Stored, least: number, most: number): readonly FileChange[] {
  const shortest = type === 'application/pdf' ? 8 : 0;
  return [least - 1, least, least + 1, most, most + 1, maxFileSize, maxFileSize + 1]
    .filter((size) => size >= shortest)
    .map((size) => ({
      what: `${size} bytes`,
      value: { content: content(size) },
      isGood: size >= least && size <= most && size <= maxFileSize,
    }));
}

function changes({ type, extension }: Stored): readonly FileChange[] {
  const picture = { fields: ['Content-Type: image/png'] };
  const named = (filename: string, isGood = false): FileChange => ({
    what: `the file name ${filename}`,
    value: { filename },
    isGood,
  });
  const page = Buffer.from('<html>alert</html>');
  return [
    named(`photo.php.${extension}`),
    named(`../a.${extension}`),
    named(`a%2fb.${extension}`),
    named(`.${extension}`),
    named(`con.${extension}`),
    named(`a.${extension}.`),
    named('a'.repeat(300)),
    named(`b c.${extension}`, true),
    { what: 'the type of a picture that it is not', value: picture, isGood: false },
    ...(type === 'application/octet-stream'
      ? []
      : [{ what: 'something else inside', value: { content: page }, isGood: false }]),
  ];
}

function part(kind: Stored, filename: string, content: Buffer): FormPart {
  return { name: '', filename, fields: [`Content-Type: ${kind.type}`], content };
}
