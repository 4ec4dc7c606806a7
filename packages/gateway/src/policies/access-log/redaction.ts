/** Parameters that commonly carry what must not be kept: credentials, codes, tokens, and card data. */
const sensitive =
  /^(.*[_.-])?(access_?token|refresh_?token|id_?token|token|auth|authorization|api_?key|key|secret|client_?secret|password|passwd|pwd|passphrase|pin|otp|code|code_verifier|assertion|client_assertion|saml_?response|session|session_?id|sid|jwt|signature|sig|credential|credentials|ssn|card|card_?number|cvv|cvc|iban)$/;

const longestQuery = 2048;

/** @returns the query as it may be kept, or undefined where nothing of it is */
export type Redact = (query: string) => string | undefined;

/**
 * @param further names, in any case, whose values are hidden besides those that usually are secret
 */
export function compileRedaction(how: 'redacted' | 'names' | 'none', further: readonly string[]): Redact {
  if (how === 'none') return () => undefined;
  const hidden = new Set(further.map((name) => name.toLowerCase()));
  const isHidden = (name: string): boolean => how === 'names' || hidden.has(name) || sensitive.test(name);
  return (query) => {
    if (query === '') return undefined;
    // A cut value would still be a part of a secret, so that names are judged before anything is cut.
    let kept = '';
    for (const pair of query.split('&', 256)) {
      const equals = pair.indexOf('=');
      const name = equals === -1 ? pair : pair.slice(0, equals);
      const shown = equals !== -1 && isHidden(plainName(name)) ? `${name}=***` : pair;
      kept += kept === '' ? shown : `&${shown}`;
      if (kept.length > longestQuery) return `${kept.slice(0, longestQuery)}...`;
    }
    return kept;
  };
}

/** The name as a server reads it: encodings and bracket suffixes must not hide it from the list above. */
function plainName(name: string): string {
  if (name.length > 256) return '';
  let plain = name;
  if (/[%+]/.test(name)) {
    try {
      plain = decodeURIComponent(name.replaceAll('+', ' '));
    } catch {
      return name.toLowerCase();
    }
  }
  return plain.trim().toLowerCase().replace(/\[[^\]]*\]$/, '');
}
