import type { Principal } from '../../exchange.ts';
import { claimAt } from '../claim-at.ts';
import { HandOnFault } from './fault.ts';

/** Characters of all values together. */
const longestFields = 8192;

/** Gives what a field says of a caller, as it is written; undefined where there is nothing to say. */
type ReadField = (principal: Principal) => string | undefined;

/**
 * Chosen fields, name and value by turns. What is known of a principal never changes, so that they are written once for each.
 * @param sources by name of the field; what they are is in the schema
 * @returns a function that throws HandOnFault for a caller of whom something cannot be written
 */
export function compileFields(
  sources: Readonly<Record<string, string>>,
): (principal: Principal) => readonly string[] {
  const readers = Object.entries(sources).map(([name, source]): readonly [string, ReadField] => [
    name.toLowerCase(),
    compileSource(source),
  ]);
  const known = new WeakMap<Principal, readonly string[]>();
  return (principal) => {
    let fields = known.get(principal);
    if (fields === undefined) {
      fields = writeFields(principal, readers);
      known.set(principal, fields);
    }
    return fields;
  };
}

function writeFields(
  principal: Principal,
  readers: readonly (readonly [name: string, read: ReadField])[],
): readonly string[] {
  const fields: string[] = [];
  let length = 0;
  for (const [name, read] of readers) {
    const value = read(principal);
    if (value === undefined) continue;
    length += value.length;
    fields.push(name, value);
  }
  if (length > longestFields)
    throw new HandOnFault(
      `the fields of the caller would have ${length} characters, above ${longestFields}: choose fewer, or hand claims on by jwt`,
    );
  return fields;
}

/** @param source `subject`, `client`, `scopes`, `roles`, `authenticator`, `kind` or `claims.` and a path */
function compileSource(source: string): ReadField {
  switch (source) {
    case 'subject':
      return ({ subject }) => encodeValue(subject);
    case 'client':
      return ({ client }) => (client === undefined ? undefined : encodeValue(client));
    case 'scopes':
      return ({ scopes }) => encodeList([...scopes]);
    case 'roles':
      return ({ roles }) => encodeList([...roles]);
    case 'authenticator':
      return ({ authenticator }) => encodeValue(authenticator);
    case 'kind':
      return ({ kind }) => kind;
    default: {
      const path = source.slice('claims.'.length);
      return ({ claims }) => encodeClaim(claimAt(claims, path), path);
    }
  }
}

function encodeClaim(claim: unknown, path: string): string | undefined {
  if (claim === undefined || claim === null) return undefined;
  if (Array.isArray(claim)) return encodeList(claim.map((each) => textOf(each, path)));
  return encodeValue(textOf(claim, path));
}

/** A claim that says something is never left out: whoever stands behind may take its absence for permission. */
function textOf(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  // Beyond 2^53 numbers were rounded when the claims were read.
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  throw new HandOnFault(
    `claims.${path} of the caller is no text, whole number or list of these, and cannot be a field: hand it on by jwt`,
  );
}

/** A role with a comma must not become two, so that it is written `%2C`; the comma between two values has no space. */
function encodeList(values: readonly string[]): string | undefined {
  const list = values.filter((each) => each !== '').map(encodeValue);
  return list.length === 0 ? undefined : list.join(',');
}

/**
 * Percent-encodes what is no plain part of a value: everything outside visible ASCII, as UTF-8, so that nothing breaks a
 * line or gets lost at its ends; the comma, semicolon, quote and backslash, at which readers divide and unquote values;
 * and the percent sign, so that decoding gives back what was there.
 */
export function encodeValue(text: string): string {
  if (plain.test(text)) return text;
  // Two texts that are none would become the same one.
  if (!text.isWellFormed())
    throw new HandOnFault('a value of the caller is no well-formed Unicode, and cannot be a field');
  return text.replace(special, (part) => {
    let encoded = '';
    for (const byte of Buffer.from(part)) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return encoded;
  });
}

const plain = /^[\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const special = /[^\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+/g;
