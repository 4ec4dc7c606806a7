import type { SanitisingConfig } from './schema.ts';

/** What markup may be left in. */
interface HtmlOptions {
  readonly allowedTags: readonly string[];
  /** By tag, or `*` for all. */
  readonly allowedAttributes: Readonly<Record<string, readonly string[]>>;
  readonly allowedSchemes: readonly string[];
  /** Characters of a text that is cleaned. */
  readonly longest: number;
}

const htmlDefaults: HtmlOptions = {
  allowedTags: ['p', 'br', 'b', 'i', 'em', 'strong', 'ul', 'ol', 'li', 'a', 'blockquote', 'code', 'pre'],
  allowedAttributes: { a: ['href'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  longest: 32_768,
};

/**
 * Elements that no list can allow: they run or load something, or their content is read by rules of its own, which the
 * parser of the library and a browser do not share, so that what was text for one is markup for the other.
 */
const neverTags: ReadonlySet<string> = new Set(
  (
    'script style template noscript noembed noframes iframe frame frameset object embed applet param base link meta title ' +
    'head html body svg math textarea option select xmp plaintext listing form input button portal fencedframe slot'
  ).split(' '),
);

/** Attributes that hold a script, a document, or styles. */
const neverAttributes =
  /^on|^(?:style|srcdoc|srcset|imagesrcset|action|formaction|background|ping|is|slot)$/i;
const neverSchemes: ReadonlySet<string> = new Set([
  'javascript',
  'vbscript',
  'data',
  'blob',
  'file',
  'about',
]);

/** What may not be allowed, with the place in the option `html`. */
export function htmlFaults(
  html: NonNullable<SanitisingConfig['html']>,
): (readonly [place: (string | number)[], message: string])[] {
  const faults: (readonly [(string | number)[], string])[] = [];
  const isName = /^[a-z][a-z0-9]*$/;
  for (const [index, tag] of (html.allowedTags ?? []).entries()) {
    if (!isName.test(tag))
      faults.push([['allowedTags', index], 'expected the name of an element in lower case']);
    else if (neverTags.has(tag))
      faults.push([['allowedTags', index], `${tag} cannot be allowed: no list makes it safe`]);
  }
  for (const [tag, names] of Object.entries(html.allowedAttributes ?? {})) {
    for (const [index, name] of names.entries()) {
      const place = ['allowedAttributes', tag, index];
      if (!/^[a-z][a-z-]*$/.test(name))
        faults.push([place, 'expected the name of an attribute in lower case']);
      else if (neverAttributes.test(name))
        faults.push([place, `${name} cannot be allowed: no list makes it safe`]);
    }
  }
  for (const [index, scheme] of (html.allowedSchemes ?? []).entries()) {
    if (!/^[a-z][a-z0-9+.-]*$/.test(scheme))
      faults.push([['allowedSchemes', index], 'expected a scheme such as https']);
    else if (neverSchemes.has(scheme))
      faults.push([['allowedSchemes', index], `${scheme} cannot be allowed: it brings content of its own`]);
  }
  if ((html.longest ?? 0) > htmlDefaults.longest)
    faults.push([['longest'], 'must be at most 32KiB, as more takes too long']);
  return faults;
}

/**
 * Open elements are a stack that the library goes through for every end tag: 64 KiB of `<i>` and `</b>` took 115 ms. With
 * so many `<` and `&` the slowest text of 32 KiB takes 8 ms (bench/micro/sanitising.ts).
 */
const mostMarks = 2_000;
const deepest = 50;

export type CleanHtml = (text: string) => string | undefined;

/**
 * Loads sanitize-html, which takes 70 ms, and makes a function that cleans: undefined for a text that is too long, or has
 * too much markup to be gone through in time.
 */
export async function htmlCleaner(written: NonNullable<SanitisingConfig['html']>): Promise<CleanHtml> {
  const {
    allowedTags = htmlDefaults.allowedTags,
    allowedAttributes = htmlDefaults.allowedAttributes,
    allowedSchemes = htmlDefaults.allowedSchemes,
    longest = htmlDefaults.longest,
  } = written;
  const { default: sanitizeHtml } = await import('sanitize-html');
  const asked = {
    allowedTags,
    allowedAttributes,
    allowedSchemes,
    // All attributes that can be allowed and hold a URL.
    allowedSchemesAppliedToAttributes: ['href', 'src', 'cite', 'longdesc', 'poster', 'data', 'usemap'],
    // Otherwise `//evil.example` goes by the scheme of the page.
    allowProtocolRelative: false,
    disallowedTagsMode: 'discard',
    nestingLimit: deepest,
    // The parser of CSS is not started, as no styles are let through.
    parseStyleAttributes: false,
  } as const;
  // The first text would wait 40 ms for all of this to be compiled.
  for (let run = 0; run < 20; run++) sanitizeHtml(sample, asked);
  return (text) => {
    if (text.length > longest) return undefined;
    let clean = text;
    for (let turn = 0; turn < mostTurns; turn++) {
      // What was open is closed then.
      if (hasMoreMarks(clean, turn === 0 ? mostMarks : 2 * mostMarks)) return undefined;
      const before = clean;
      clean = sanitizeHtml(before, asked);
      if (clean === before) return clean;
    }
    return undefined;
  };
}

/**
 * What is clean is cleaned again until it stays as it is: a `<li>` in a `<template>` in a `<li>` is in a `<li>` once the
 * template is gone, which a parser reads as two. What does not settle is read differently each time, and refused.
 */
const mostTurns = 4;

const sample =
  '<p title="x">a &amp; b <a href="https://shop.example/">c</a><br><script>d</script><ul><li>e</p>';

function hasMoreMarks(text: string, most: number): boolean {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code === 0x3c || code === 0x26) && ++count > most) return true;
  }
  return false;
}
