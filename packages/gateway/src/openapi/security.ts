import type {
  SecurityAlternative,
  SecurityRequirement,
  SecurityScheme,
  SharedDefinition,
} from './definition.ts';
import type { DefinitionFaults } from './definition-faults.ts';
import { likeliest } from './fixed-fields.ts';
import { emptyObject, isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';
import { below, placeOf } from './places.ts';
import type { Place } from './schema-resources.ts';

/** Reads what operations say of who may call them: alternatives, of each of which all is asked. */
export class SecurityReader {
  readonly #document: JsonObject;
  readonly #schemes: SharedDefinition['securitySchemes'];
  /** Those of a type that nobody knows are told of where they are defined. */
  readonly #declared: JsonObject;
  readonly #faults: DefinitionFaults;
  readonly #root: Place;

  constructor(document: JsonObject, shared: SharedDefinition, faults: DefinitionFaults, root: string) {
    this.#document = document;
    this.#schemes = shared.securitySchemes;
    this.#declared = objectOrEmpty(objectOrEmpty(document.components).securitySchemes);
    this.#faults = faults;
    this.#root = { file: root, pointer: '' };
  }

  /** Undefined where neither the operation nor the definition as a whole says anything. */
  read(operation: JsonObject, place: Place): SecurityAlternative[] | undefined {
    const own = operation.security ?? undefined;
    const source = own ?? this.#document.security ?? undefined;
    if (source === undefined) return undefined;
    const at = below(own === undefined ? this.#root : place, 'security');
    // What is no alternative must not be left out: without any an operation is for everybody.
    if (!Array.isArray(source)) return [this.#nobody(at, '"security" is not a list.')];
    return source.map((alternative, index) => this.#alternative(alternative, below(at, String(index))));
  }

  #alternative(source: unknown, place: Place): SecurityAlternative {
    if (!isJsonObject(source))
      return this.#nobody(place, 'It is no object that names a scheme and its scopes.');
    return Object.entries(source).map(([scheme, scopes]) => {
      const known = Object.hasOwn(this.#schemes, scheme) ? this.#schemes[scheme] : undefined;
      if (known === undefined && !Object.hasOwn(this.#declared, scheme)) {
        const meant = likeliest(scheme, Object.keys(this.#schemes));
        const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
        const message = `The security scheme "${scheme}" is not defined${hint}.`;
        this.#faults.add(below(place, scheme), 'nothing-satisfies', message);
      }
      return {
        scheme,
        type: known?.type ?? ('unknown' as const),
        scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
      };
    });
  }

  #nobody(place: Place, message: string): readonly SecurityRequirement[] {
    this.#faults.add(place, 'nothing-satisfies', message);
    return [{ scheme: 'unknown', type: 'unknown', scopes: [] }];
  }
}

const types: readonly unknown[] = [
  'apiKey',
  'http',
  'oauth2',
  'openIdConnect',
  'mutualTLS',
] satisfies SecurityScheme['type'][];

export function readSecuritySchemes(
  source: unknown,
  faults: DefinitionFaults,
  root: string,
): Readonly<Record<string, SecurityScheme>> {
  const schemes = emptyObject() as Record<string, SecurityScheme>;
  for (const [key, value] of Object.entries(objectOrEmpty(source))) {
    if (!isJsonObject(value)) continue;
    if (!types.includes(value.type)) {
      const place = placeOf(value, { file: root, pointer: '' });
      const stated =
        value.type === undefined ? 'It says nothing of' : `${JSON.stringify(value.type)} is none of`;
      const message = `${stated} the types of security schemes (${types.join(', ')}).`;
      faults.add(below(place, 'type'), 'nothing-satisfies', message);
      continue;
    }
    if (value.type === 'apiKey') keyMistakes(value, placeOf(value, { file: root, pointer: '' }), faults);
    const name = typeof value.name === 'string' ? value.name : undefined;
    const where =
      value.in === 'query' || value.in === 'header' || value.in === 'cookie' ? value.in : undefined;
    schemes[key] = {
      type: value.type as SecurityScheme['type'],
      ...(where !== undefined && { in: where }),
      ...(name !== undefined && { name: where === 'header' ? name.toLowerCase() : name }),
      ...(typeof value.scheme === 'string' && { scheme: value.scheme.toLowerCase() }),
    };
  }
  return schemes;
}

function keyMistakes({ in: where, name }: JsonObject, place: Place, faults: DefinitionFaults): void {
  if (where !== 'query' && where !== 'header' && where !== 'cookie')
    faults.add(below(place, 'in'), 'not-checked', 'An API key is in "query", "header" or "cookie".');
  if (typeof name !== 'string') faults.add(below(place, 'name'), 'not-checked', 'An API key needs a "name".');
}
