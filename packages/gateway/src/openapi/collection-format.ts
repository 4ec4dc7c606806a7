import { isJsonObject, type JsonObject, objectOrEmpty } from './json-value.ts';

/** What the styles of OpenAPI 3 have for it; `multi` is repeated, and so for queries and forms alone. */
const inAnyPlace = ['csv'];
const inQuery = ['csv', 'ssv', 'pipes', 'multi'];
const places: Readonly<Record<string, readonly string[]>> = {
  path: inAnyPlace,
  header: inAnyPlace,
  query: inQuery,
  formData: inQuery,
};

/**
 * Makes the upgrade of a Swagger 2.0 document read arrays as they are meant: `csv` where nothing is stated (Swagger 2.0,
 * Parameter Object), which it takes fields of forms to repeat for; and what OpenAPI 3 has no style for is named as one, so
 * that it is reported instead of being read by a wrong one.
 */
export function stateCollectionFormats(document: JsonObject): void {
  for (const item of Object.values(objectOrEmpty(document.paths))) {
    if (!isJsonObject(item)) continue;
    for (const { parameters } of [item, ...Object.values(item).filter(isJsonObject)]) {
      for (const parameter of Array.isArray(parameters) ? parameters : []) {
        if (isJsonObject(parameter) && parameter.type === 'array') stateFormat(parameter);
      }
    }
  }
}

function stateFormat(parameter: JsonObject): void {
  parameter.collectionFormat ??= 'csv';
  const { in: place, collectionFormat } = parameter;
  const known = places[String(place)];
  if (known === undefined || known.includes(String(collectionFormat)) || place === 'formData') return;
  parameter.style = collectionFormat;
}
