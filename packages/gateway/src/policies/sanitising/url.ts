import { withoutEnds } from './characters.ts';

/** WHATWG URL 4.4: taken off both ends, and tab and line ends anywhere. Readers that follow it see the rest. */
const stripped = /[\t\n\r]/g;

/** What a URL is not written with; readers disagree about a backslash, the others end it for some, and some are not
 * seen or turn it around. */
const odd = /[\x00-\x20\x7f-\x9f\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"<>\\^`{|}]/;

/**
 * A link to a page or an address of mail, in the bytes that it came in, less what every browser takes out of it.
 * Undefined for everything else: `javascript:`, `data:` and relative references have no clean form.
 */
export function cleanUrl(text: string): string | undefined {
  const url = withoutEnds(text, isC0ControlOrSpace).replace(stripped, '');
  if (odd.test(url)) return undefined;
  if (!/^(?:https?:\/\/[^/?#]|mailto:.)/i.test(url)) return undefined;
  const parsed = URL.parse(url);
  if (parsed === null) return undefined;
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:' && parsed.protocol !== 'mailto:')
    return undefined;
  // https://shop.example@evil.example: what people read is not where it leads.
  return parsed.username === '' && parsed.password === '' ? url : undefined;
}

function isC0ControlOrSpace(character: string): boolean {
  return character <= ' ';
}
