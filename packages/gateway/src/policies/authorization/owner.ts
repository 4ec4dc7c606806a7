import type { Principal } from '../../exchange.ts';
import { claimAt } from '../claim-at.ts';

/** What identifies whoever calls: one text, or several, of which any one does. */
export interface Owner {
  /** As it is written. */
  readonly text: string;
  /** The texts; empty when the principal has no such thing, and then nothing is theirs. */
  textsOf(principal: Principal): readonly string[];
}

/** How `to:` of a binding is written. */
export const ownerPattern = /^(?:claims\.[^\s]{1,200}|principal\.(?:subject|client))$/;

const none: readonly string[] = Object.freeze([]);

/** @param text `claims.sub`, `claims.realm.customer` (dots lead into objects), `principal.subject`, `principal.client` */
export function compileOwner(text: string): Owner {
  if (text === 'principal.subject') return { text, textsOf: ({ subject }) => textsIn(subject) };
  if (text === 'principal.client') return { text, textsOf: ({ client }) => textsIn(client) };
  const name = text.slice('claims.'.length);
  const known = new WeakMap<Principal, readonly string[]>();
  return {
    text,
    textsOf(principal) {
      let texts = known.get(principal);
      if (texts === undefined) {
        texts = textsIn(claimAt(principal.claims, name));
        known.set(principal, texts);
      }
      return texts;
    },
  };
}

/** A list stands for each of its items: a caller that acts for several customers. */
function textsIn(claim: unknown): readonly string[] {
  if (!Array.isArray(claim)) {
    const text = textOf(claim);
    return text === undefined ? none : [text];
  }
  const texts: string[] = [];
  for (const each of claim) {
    const text = textOf(each);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}

/**
 * Text is itself, a whole number its digits. Nothing else identifies anybody: `true`, `1.5` and objects have spellings
 * on which two readers may differ, beyond 2^53 numbers were rounded when the claims were read, and an empty text is
 * what a service makes of a value that is missing.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : undefined;
}
