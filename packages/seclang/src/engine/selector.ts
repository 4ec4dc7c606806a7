import { type Selector, selectorOptions } from '../parse/targets.ts';
import { compilePattern } from '../regex/compile.ts';
import { lowercase } from '../transformations/letters.ts';

/** Whether a member of a collection is meant, by its name. */
export function compileSelector(selector: Selector): (key: string) => boolean {
  switch (selector.kind) {
    case 'name': {
      const name = lowercase(selector.name);
      return (key) => key.length === name.length && (key === name || lowercase(key) === name);
    }
    case 'pattern':
      return compilePattern(selector.source, selectorOptions).test;
    case 'xpath':
      return (key) => key === selector.path;
  }
}
