import type { Path } from '../config/fault-text.ts';
import type { Configuration, PolicySet } from '../config/schema.ts';
import { nearest } from '../config/suggest.ts';
import { namedPlaces } from '../policies/authentication/combination.ts';
import type { Misfit } from './faults.ts';

/** The name of an authenticator where some `authentication` accepts it. */
export interface AcceptedName {
  readonly name: string;
  readonly place: Path;
}

/** Every name in every `authentication` of a configuration. */
export function acceptedNames({ policies, apis }: Configuration): AcceptedName[] {
  const found = namesIn(policies, ['policies']);
  for (const [api, { policies: own, operations }] of Object.entries(apis)) {
    found.push(...namesIn(own, ['apis', api, 'policies']));
    for (const [written, special] of Object.entries(operations ?? {})) {
      found.push(...namesIn(special.policies, ['apis', api, 'operations', written, 'policies']));
    }
  }
  return found;
}

function namesIn(set: PolicySet | undefined, place: Path): AcceptedName[] {
  return namedPlaces(set?.authentication).map(({ name, path }) => ({
    name,
    place: [...place, 'authentication', ...path],
  }));
}

/** All names that mean nothing; preparing the policy ends at the first fault. */
export function unknownNames(configuration: Configuration): Misfit[] {
  const known = Object.keys(configuration.authenticators ?? {});
  return acceptedNames(configuration)
    .filter(({ name }) => !known.includes(name))
    .map(({ name, place }) => {
      const near = nearest(name, known);
      const hint =
        near === undefined ? `there are: ${known.join(', ') || 'none'}` : `did you mean "${near}"?`;
      return { place, message: `there is no authenticator "${name}"; ${hint}` };
    });
}
