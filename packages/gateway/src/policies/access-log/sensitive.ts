/** Parts of names that carry what must not be kept, wherever they stand: `newPassword`, `user[password]`, `x-amz-signature`. */
const inside =
  /token|secret|passw|pwd|passphrase|passcode|apikey|accesskey|privatekey|credential|session|sessid|signature|assertion|samlresponse|jwt|bearer|codeverifier|cardnumber|creditcard/;

/** The same as whole words only, as they are parts of harmless ones: `author`, `monkey`, `postcode`. */
const words =
  /(^|[^a-z0-9])(auth|authorization|key|pin|otp|totp|mfa|code|sid|sig|hmac|ssn|card|cvv|cvc|iban|ticket|pass)[0-9]*($|[^a-z0-9])/;

/** Longer names are not read to their end, and count as sensitive. */
const longestName = 256;

/** @param name decoded, in any case */
export function isSensitiveName(name: string): boolean {
  if (name.length > longestName) return true;
  const lower = name.toLowerCase();
  if (inside.test(lower.replace(/[^a-z0-9]+/g, ''))) return true;
  return words.test(lower) || words.test(name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase());
}

/** Each is linear, and only tried where its beginning is found, which is much cheaper to look for. */
const tokenShape = /eyJ[A-Za-z0-9_.-]{16}/;
const keyShape = /pck_[0-9A-Za-z]{16}/;
const userShape = /:\/\/[^/?#\s]*@/;
const authorizationShape = /\b(?:bearer|basic)[ +][A-Za-z0-9._~+/-]{8}/i;

/**
 * Whether there is a credential in the text that shows by itself: base64url of JSON, as tokens start with; an API key
 * of ours; a user and password in a URL; a value of Authorization.
 */
export function hidesSecret(text: string): boolean {
  if (text.includes('eyJ') && tokenShape.test(text)) return true;
  if (text.includes('pck_') && keyShape.test(text)) return true;
  if (text.includes('://') && userShape.test(text)) return true;
  return (text.includes(' ') || text.includes('+')) && authorizationShape.test(text);
}

const encoded = /%([0-9A-Fa-f]{2})/g;

/**
 * A piece of a query as a server may read it. Bytes are taken one by one, so that broken UTF-8 beside a name hides
 * nothing, and some servers decode twice.
 */
export function plainText(text: string): string {
  let plain = text;
  for (let round = 0; round < 3 && plain.includes('%'); round++) {
    plain = plain.replace(encoded, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  }
  if (plain.includes('+')) plain = plain.replaceAll('+', ' ');
  return plain.trim();
}
