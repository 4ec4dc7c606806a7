import { keyLength, keyPrefix, looksLikeKey } from '../stores/key-text.ts';

/** A key in a text. */
export interface KeyPlace {
  readonly key: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Finds API keys in bytes that come piece by piece, by prefix and checksum. Whatever stands around a key does not hide
 * it, nor does UTF-16: bytes that are 0 are passed over, in text and in files that are none. It keeps one key's length of
 * what it has seen.
 */
export class KeyFinder {
  #rest = '';
  #line = 1;

  /** Keys that end in this piece. */
  *take(piece: Buffer): Generator<KeyPlace> {
    const bytes = piece.toString('latin1');
    const text = this.#rest + (bytes.includes('\0') ? bytes.replaceAll('\0', '') : bytes);
    let counted = 0;
    let from = 0;
    for (;;) {
      const at = text.indexOf(keyPrefix, from);
      if (at < 0 || at + keyLength > text.length) break;
      const key = text.slice(at, at + keyLength);
      if (looksLikeKey(key)) {
        this.#line += linesIn(text, counted, at);
        counted = at;
        yield { key, line: this.#line };
        from = at + keyLength;
      } else from = at + 1;
    }
    const kept = Math.max(from, text.length - (keyLength - 1));
    this.#line += linesIn(text, counted, kept);
    this.#rest = text.slice(kept);
  }
}

function linesIn(text: string, from: number, to: number): number {
  // Cut first: else each key of a long line would have the search go on to its end.
  const part = text.slice(from, to);
  let lines = 0;
  for (let at = part.indexOf('\n'); at >= 0; at = part.indexOf('\n', at + 1)) lines++;
  return lines;
}
