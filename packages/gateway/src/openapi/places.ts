import { escapePointer } from '../http/json-pointer.ts';
import { isJsonObject, type JsonObject } from './json-value.ts';
import type { Place } from './schema-resources.ts';

/** An extension, as the upgrade of older versions makes new objects and takes extensions along. */
const mark = 'x-portcullis-place';

/** No path of a file has it. */
const between = '\0';

/** Notes on a copied object where in the files it stands. */
export function markPlace(copy: JsonObject, { file, pointer }: Place): void {
  copy[mark] = file + between + pointer;
}

/** @param otherwise for an object that the upgrade has made out of others */
export function placeOf(value: unknown, otherwise: Place): Place {
  const marked = isJsonObject(value) ? value[mark] : undefined;
  if (typeof marked !== 'string') return otherwise;
  const end = marked.indexOf(between);
  return { file: marked.slice(0, end), pointer: marked.slice(end + 1) };
}

export function below(place: Place, key: string): Place {
  return { file: place.file, pointer: `${place.pointer}/${escapePointer(key)}` };
}
