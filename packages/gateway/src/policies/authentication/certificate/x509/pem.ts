const block = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g;

/**
 * The DER of all blocks of a kind (RFC 7468). What stands between blocks is a comment.
 * @param labels such as `CERTIFICATE`
 */
export function pemBlocks(text: string, labels: readonly string[]): Buffer[] {
  return [...text.matchAll(block)]
    .filter(([, label]) => labels.includes(label!))
    .map(([, , base64]) => Buffer.from(base64!.replace(/\s+/g, ''), 'base64'));
}
