import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  type BareValue,
  type DictionaryValue,
  type InnerList,
  type ItemValue,
  type ListValue,
  parseDictionaryField,
  parseItemField,
  parseListField,
} from '../../../packages/gateway/src/http/structured-field-parser.ts';
import type { Outcome, Suite } from '../suite.ts';

/** The vectors of the HTTP working group for RFC 9651: fields as they arrive, and what they amount to. */
export const structuredFields: Suite = {
  name: 'structured-fields',
  corpus: 'structured-fields',
  summary: 'structured fields of HTTP (RFC 9651), through the parser',
  parts: (folder) => readdirSync(folder).filter((file) => file.endsWith('.json')),
  outcomes(folder, part) {
    const vectors = JSON.parse(readFileSync(join(folder, part), 'utf8')) as Vector[];
    return vectors.map((vector, index) => outcomeOf(vector, index + 1));
  },
};

interface Vector {
  readonly name: string;
  readonly raw: readonly string[];
  readonly header_type: 'item' | 'list' | 'dictionary';
  readonly expected?: unknown;
  readonly must_fail?: boolean;
  readonly can_fail?: boolean;
}

function outcomeOf(vector: Vector, id: number): Outcome {
  const { name, raw, must_fail: mustFail = false, can_fail: canFail = false, expected } = vector;
  const value = read(vector.header_type, raw.join(', '));
  const isRight = value !== undefined && (mustFail || isDeepStrictEqual(value, expected));
  return {
    id,
    what: name,
    expected: mustFail ? 'invalid' : canFail ? 'either' : 'valid',
    actual: isRight ? 'valid' : 'invalid',
    reason: value === undefined ? 'refused' : isRight ? '' : `read as ${JSON.stringify(value)}`,
  };
}

/** In the notation of the vectors. */
function read(type: Vector['header_type'], text: string): unknown {
  switch (type) {
    case 'item': {
      const item = parseItemField(text);
      return item && memberOf(item);
    }
    case 'list': {
      const list: ListValue | undefined = parseListField(text);
      return list?.map(memberOf);
    }
    case 'dictionary': {
      const dictionary: DictionaryValue | undefined = parseDictionaryField(text);
      return dictionary && [...dictionary].map(([name, value]) => [name, memberOf(value)]);
    }
  }
}

function memberOf(member: ItemValue | InnerList): unknown {
  const parameters = [...member.parameters].map(([name, value]) => [name, bareOf(value)]);
  return [member.kind === 'item' ? bareOf(member.value) : member.items.map(memberOf), parameters];
}

function bareOf(bare: BareValue): unknown {
  switch (bare.type) {
    case 'token':
    case 'date':
      return { __type: bare.type, value: bare.value };
    case 'display-string':
      return { __type: 'displaystring', value: bare.value };
    case 'binary':
      return { __type: 'binary', value: base32(bare.value) };
    default:
      return bare.value;
  }
}

/** RFC 4648 section 6. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/g) ?? [];
  const text = digits.map((each) => alphabet[Number.parseInt(each.padEnd(5, '0'), 2)]).join('');
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=');
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
