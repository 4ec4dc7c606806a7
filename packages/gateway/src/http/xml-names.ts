const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

/** NCName (Namespaces 1.0 section 3): NameStartChar and NameChar of XML 1.0 section 2.3 without the colon. */
const starts = String.raw`A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\u{10000}-\u{effff}`;
const ncName = new RegExp(String.raw`^[${starts}][${starts}\-.0-9\xb7\u0300-\u036f\u203f\u2040]*$`, 'u');
const asciiName = /^[A-Z_a-z][-.\w]*$/;

/** A qualified name in its two parts, the prefix empty where there is none; undefined where it is no such name. */
export function splitName(raw: string): { readonly prefix: string; readonly local: string } | undefined {
  const colon = raw.indexOf(':');
  const prefix = colon < 0 ? '' : raw.slice(0, colon);
  const local = raw.slice(colon + 1);
  if (colon >= 0 && !isName(prefix)) return undefined;
  return isName(local) ? { prefix, local } : undefined;
}

function isName(text: string): boolean {
  return asciiName.test(text) || ncName.test(text);
}

/**
 * What prefixes stand for at one place of a document. A stack for each prefix, so that a look-up takes the same time
 * however many declarations are open.
 */
export class Namespaces {
  readonly #bindings = new Map<string, string[]>();

  /** @returns false where the declaration is not allowed (Namespaces 1.0 sections 2.2 and 3) */
  enter(prefix: string, namespace: string): boolean {
    if (prefix === 'xmlns' || namespace === xmlnsNamespace) return false;
    if ((prefix === 'xml') !== (namespace === xmlNamespace)) return false;
    if (prefix !== '' && (namespace === '' || !isName(prefix))) return false;
    const stack = this.#bindings.get(prefix);
    if (stack === undefined) this.#bindings.set(prefix, [namespace]);
    else stack.push(namespace);
    return true;
  }

  leave(prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.#bindings.get(prefix)!.pop();
  }

  /** Undefined for a prefix that nobody declared. Without one: empty where there is no default. */
  of(prefix: string): string | undefined {
    const namespace = this.#bindings.get(prefix)?.at(-1);
    if (namespace !== undefined) return namespace;
    return prefix === '' ? '' : prefix === 'xml' ? xmlNamespace : undefined;
  }
}
