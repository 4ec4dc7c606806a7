import { isBlank, withoutControls, withoutEnds } from './characters.ts';
import { cleanFileName } from './file-name.ts';
import type { CleanHtml } from './html.ts';
import { withoutTags } from './plain-text.ts';
import { cleanUrl } from './url.ts';

/** How a text can be cleaned, as it is written in a definition or configuration. */
export const kinds = ['html', 'text', 'strip-control', 'trim', 'url', 'filename'] as const;
export type Kind = (typeof kinds)[number];

export function isKind(value: unknown): value is Kind {
  return (kinds as readonly unknown[]).includes(value);
}

/** A text that has no clean form, and what the caller has to change. */
export interface Unclean {
  readonly kind: Kind;
  readonly message: string;
}

/** What cleaning a text came to: the text, and which kinds changed something. */
export interface Cleaned {
  readonly text: string;
  readonly changedBy: readonly Kind[];
}

/** Characters of a text that is cleaned, of any kind: the slowest takes 10 ms for so many. */
const longestCleaned = 262_144;

const messages: Readonly<Record<Kind, string>> = {
  html: 'must be HTML that is short and simple enough to be cleaned',
  text: 'must be text',
  'strip-control': 'must be text',
  trim: 'must be text',
  url: 'must be a URL with http, https or mailto',
  filename: 'must be a file name',
};

/** Cleans texts of all kinds. */
export class Cleaner {
  readonly #html: CleanHtml | undefined;

  /** @param html undefined where nothing asks for that kind */
  constructor(html: CleanHtml | undefined) {
    this.#html = html;
  }

  clean(text: string, wanted: readonly Kind[]): Cleaned | Unclean {
    if (text.length > longestCleaned) return { kind: wanted[0]!, message: 'must be shorter, to be cleaned' };
    let clean = text;
    const changedBy: Kind[] = [];
    for (const kind of wanted) {
      const next = this.#cleanBy(kind, clean);
      if (next === undefined) return { kind, message: messages[kind] };
      if (next !== clean) changedBy.push(kind);
      clean = next;
    }
    return { text: clean, changedBy };
  }

  #cleanBy(kind: Kind, text: string): string | undefined {
    switch (kind) {
      case 'html':
        if (this.#html === undefined) throw new Error('sanitize-html was not loaded');
        return this.#html(text);
      case 'text':
        return withoutTags(text);
      case 'strip-control':
        return withoutControls(text);
      case 'trim':
        return withoutEnds(text, isBlank);
      case 'url':
        return cleanUrl(text);
      case 'filename':
        return cleanFileName(text);
    }
  }
}
