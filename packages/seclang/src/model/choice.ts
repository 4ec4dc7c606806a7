import type { Macro } from '../parse/macro.ts';
import type { Choice } from '../parse/statement.ts';
import { compilePattern } from '../regex/compile.ts';
import { rxOptions } from '../regex/translate.ts';

/** What rules are chosen by. */
interface Chosen {
  readonly id: number | undefined;
  readonly tags: readonly Macro[];
  readonly links: readonly { readonly message: Macro | undefined }[];
}

/** Whether a directive or a `ctl:` that chooses rules means this one. The pattern is compiled once. */
export function chooser(choice: Choice): (rule: Chosen) => boolean {
  if (choice.by === 'id') {
    return ({ id }) => id !== undefined && choice.ids.some(({ from, to }) => id >= from && id <= to);
  }
  const { test } = compilePattern(choice.pattern, rxOptions);
  if (choice.by === 'tag') return ({ tags }) => tags.some((tag) => test(macroText(tag)));
  return ({ links }) => links[0]?.message !== undefined && test(macroText(links[0].message));
}

/** As it was written. */
export const macroText = (macro: Macro): string =>
  macro
    .map((part) => {
      if (typeof part === 'string') return part;
      return part.key === undefined ? `%{${part.variable}}` : `%{${part.variable}.${part.key}}`;
    })
    .join('');
