import { type XmlSpan, xmlText } from '../http/xml.ts';

/** A document without some of its elements and attributes; everything else stays as it is written. */
export function xmlWithout(bytes: Buffer, spans: readonly XmlSpan[]): Buffer {
  const text = xmlText(bytes);
  const pieces: string[] = [];
  let at = 0;
  for (const { from, to } of [...spans].sort((one, other) => one.from - other.from)) {
    // Within one that is taken out already.
    if (to <= at) continue;
    pieces.push(text.slice(at, from));
    at = to;
  }
  return Buffer.from(pieces.join('') + text.slice(at));
}
