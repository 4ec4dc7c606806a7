import { emptyContent, type NamedValue } from '../../body/content.ts';
import type { BodyParser } from '../../body/processors.ts';

/** Stands in for a reader of JSON: flat names as rules know them, `json.a.b`. No bounds, as nobody but tests feeds it. */
export const jsonArguments: BodyParser = (body) => {
  const found: NamedValue[] = [];
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null)
      for (const [key, member] of Object.entries(value)) add(`${name}.${key}`, member);
    else found.push({ name, value: Buffer.from(String(value)).toString('latin1') });
  };
  try {
    add('json', JSON.parse(Buffer.from(body, 'latin1').toString()));
    return { ...emptyContent, arguments: found };
  } catch {
    return { ...emptyContent, fault: 'no JSON' };
  }
};
