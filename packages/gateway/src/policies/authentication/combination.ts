import type { AuthenticationRules } from './schema.ts';

/** Names of authenticators that together are enough. */
export type NamedAlternative = readonly string[];

/** The name of an authenticator, and where in `authentication` it stands. */
export interface NamedPlace {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

/** Every name that a configuration of the policy has, in the order of the file. */
export function namedPlaces(config: unknown): readonly NamedPlace[] {
  const { anyOf, allOf } = (config ?? {}) as Partial<AuthenticationRules>;
  return [...placesIn(anyOf, 'anyOf'), ...placesIn(allOf, 'allOf')];
}

type Listed = string | { readonly allOf: readonly string[] } | { readonly anyOf: readonly string[] };

function placesIn(list: readonly Listed[] | undefined, key: string): NamedPlace[] {
  return (list ?? []).flatMap((each, index): NamedPlace[] => {
    if (typeof each === 'string') return [{ name: each, path: [key, index] }];
    const [inner, names] = 'allOf' in each ? ['allOf', each.allOf] : ['anyOf', each.anyOf];
    return names.map((name, at) => ({ name, path: [key, index, inner, at] }));
  });
}

/** More ways in than these nobody keeps in mind, and each request with several credentials goes through them. */
const mostAlternatives = 32;

/**
 * The ways in which a request may be vouched for, the preferred ones first. Of those that a way names, the first says
 * who calls.
 * @throws Error when there are too many
 */
export function alternativesOf({ anyOf = [], allOf }: AuthenticationRules): readonly NamedAlternative[] {
  const all =
    allOf === undefined
      ? anyOf.map((each) => (typeof each === 'string' ? [each] : each.allOf))
      : combined(allOf.map((each) => (typeof each === 'string' ? [each] : each.anyOf)));
  const unique = new Map(all.map((names) => [...new Set(names)]).map((names) => [names.join(' '), names]));
  return [...unique.values()];
}

function combined(choices: readonly (readonly string[])[]): readonly NamedAlternative[] {
  let alternatives: readonly NamedAlternative[] = [[]];
  for (const choice of choices) {
    alternatives = alternatives.flatMap((before) => choice.map((name) => [...before, name]));
    if (alternatives.length > mostAlternatives)
      throw new Error(`authentication: allOf comes to more than ${mostAlternatives} combinations`);
  }
  return alternatives;
}
