/**
 * What content is by its first bytes (its "magic"), whatever it says of itself. A small table of what services take in,
 * and of what is dangerous when it comes in the place of that.
 */
export type Signature =
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'webp'
  | 'bmp'
  | 'tiff'
  | 'avif'
  | 'heic'
  | 'mp4'
  | 'mp3'
  | 'ogg'
  | 'wav'
  | 'pdf'
  | 'zip'
  | 'ole'
  | 'gzip'
  | 'rtf'
  | 'executable'
  | 'markup'
  | 'script';

/** Bytes that must be there for `signatureOf` to see all that it can. */
export const signatureBytes = 512;

const starts: readonly [signature: Signature, bytes: string][] = [
  ['png', '\x89PNG\r\n\x1a\n'],
  ['jpeg', '\xff\xd8\xff'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['bmp', 'BM'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
  ['mp3', 'ID3'],
  ['ogg', 'OggS'],
  ['pdf', '%PDF-'],
  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'],
  ['ole', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['gzip', '\x1f\x8b\x08'],
  ['rtf', '{\\rtf'],
  ['executable', '\x7fELF'],
  ['executable', 'MZ'],
  ['executable', '\xca\xfe\xba\xbe'],
  ['executable', '\xcf\xfa\xed\xfe'],
  ['script', '#!'],
  ['script', '<?php'],
];

/** Undefined for content that is none of these: text, JSON, CSV, and much else. */
export function signatureOf(content: Buffer): Signature | undefined {
  const head = content.toString('latin1', 0, signatureBytes);
  if (head.startsWith('RIFF')) {
    const form = head.slice(8, 12);
    return form === 'WEBP' ? 'webp' : form === 'WAVE' ? 'wav' : undefined;
  }
  if (head.slice(4, 8) === 'ftyp') return brandOf(head.slice(8, 12));
  for (const [signature, bytes] of starts) if (head.startsWith(bytes)) return signature;
  // What a browser would take for a page (WHATWG MIME Sniffing 7.1), or an XML document, SVG among them.
  return /^(?:\xef\xbb\xbf)?[\t\n\f\r ]*<(?:!|\?xml|[a-z][a-z0-9:-]*[\s/>])/i.test(head)
    ? 'markup'
    : undefined;
}

function brandOf(brand: string): Signature {
  if (brand.startsWith('avi')) return 'avif';
  return /^(?:hei|hev|mif|msf)/.test(brand) ? 'heic' : 'mp4';
}

const ofTypes: Readonly<Record<string, readonly Signature[]>> = {
  'image/png': ['png'],
  'image/apng': ['png'],
  'image/jpeg': ['jpeg'],
  'image/jpg': ['jpeg'],
  'image/gif': ['gif'],
  'image/webp': ['webp'],
  'image/bmp': ['bmp'],
  'image/tiff': ['tiff'],
  'image/avif': ['avif'],
  'image/heic': ['heic'],
  'image/heif': ['heic'],
  'image/svg+xml': ['markup'],
  'video/mp4': ['mp4'],
  'video/quicktime': ['mp4'],
  'audio/mp4': ['mp4'],
  'audio/mpeg': ['mp3'],
  'audio/ogg': ['ogg'],
  'video/ogg': ['ogg'],
  'audio/wav': ['wav'],
  'application/pdf': ['pdf'],
  'application/zip': ['zip'],
  'application/x-zip-compressed': ['zip'],
  'application/epub+zip': ['zip'],
  'application/java-archive': ['zip'],
  'application/gzip': ['gzip'],
  'application/x-gzip': ['gzip'],
  'application/msword': ['ole'],
  'application/vnd.ms-excel': ['ole'],
  'application/vnd.ms-powerpoint': ['ole'],
  'application/rtf': ['rtf'],
};

/** What content of a media type (lower case) must begin as; undefined where nothing is known of it. */
export function signaturesOf(type: string): readonly Signature[] | undefined {
  if (Object.hasOwn(ofTypes, type)) return ofTypes[type];
  if (/^application\/vnd\.(?:openxmlformats-officedocument|oasis\.opendocument)\./.test(type)) return ['zip'];
  return type === 'text/html' || type.endsWith('+xml') ? ['markup'] : undefined;
}

/** An MP3 may also begin with a frame, which is no more than eleven set bits. */
function isMp3Frame(content: Buffer): boolean {
  return content[0] === 0xff && (content[1]! & 0xe0) === 0xe0;
}

/** Whether the content can be of the type that it is said to be of. Without a signature of the type, text must be text. */
export function isOfType(content: Buffer, type: string): boolean {
  const expected = signaturesOf(type);
  const found = signatureOf(content);
  if (expected === undefined) {
    if (!type.startsWith('text/') && !type.endsWith('/json') && !type.endsWith('+json')) return true;
    // A text may well begin with `BM` or `MZ`; a NUL is in none.
    if (content.subarray(0, signatureBytes).includes(0)) return false;
    return found === undefined || weak.has(found) || (found === 'markup' && type !== 'text/plain');
  }
  if (found !== undefined && expected.includes(found)) return true;
  return expected.includes('mp3') && isMp3Frame(content);
}

/** Two or three letters, with which a text may begin too. */
const weak: ReadonlySet<Signature> = new Set(['bmp', 'mp3', 'executable']);

const directoryMark = Buffer.from('PK\x05\x06', 'latin1');

/**
 * Why content that begins as its type is something else as well: bytes behind the end of a PNG, GIF or WebP, or the
 * directory of a ZIP archive at the end of what is none: archives are read from behind, so that one file is a picture to
 * whoever shows it and an archive (a JAR, a document with macros) to whoever opens it. What hides in the middle of a
 * picture is not found: only encoding it anew would remove it.
 * @param content whole
 * @returns in words, undefined when nothing was found
 */
export function polyglotFault(content: Buffer): string | undefined {
  const signature = signatureOf(content);
  if (signature === 'png' && pngEnd(content) !== content.length) return 'does not end where the PNG ends';
  if (signature === 'gif' && content.at(-1) !== 0x3b) return 'does not end where the GIF ends';
  if (signature === 'webp') {
    const size = content.length < 12 ? -1 : content.readUInt32LE(4);
    if (8 + size + (size & 1) !== content.length) return 'does not end where the WebP ends';
  }
  if (signature !== 'zip' && hasArchiveAtEnd(content)) return 'is also a ZIP archive';
  return undefined;
}

/** Goes from chunk to chunk (PNG third edition, section 5.3); -1 without an end. */
function pngEnd(content: Buffer): number {
  for (let at = 8; at + 12 <= content.length; ) {
    const next = at + 12 + content.readUInt32BE(at);
    if (content.toString('latin1', at + 4, at + 8) === 'IEND') return next;
    at = next;
  }
  return -1;
}

/** The record stands 22 bytes before the end, and a comment of up to 65,535 bytes may follow. */
function hasArchiveAtEnd(content: Buffer): boolean {
  const tail = content.subarray(Math.max(0, content.length - 22 - 65_535));
  const start = content.length - tail.length;
  for (let at = tail.length - 22; at >= 0; at--) {
    at = tail.lastIndexOf(directoryMark, at);
    if (at < 0) return false;
    if (at + 22 <= tail.length && isDirectoryEnd(tail, at, start)) return true;
  }
  return false;
}

/** Enough of the record makes sense that it did not come about by chance (APPNOTE 4.3.16). */
function isDirectoryEnd(tail: Buffer, at: number, start: number): boolean {
  const entries = tail.readUInt16LE(at + 8);
  return (
    tail.readUInt32LE(at + 4) === 0 &&
    entries > 0 &&
    tail.readUInt16LE(at + 10) === entries &&
    tail.readUInt32LE(at + 12) <= start + at &&
    at + 22 + tail.readUInt16LE(at + 20) <= tail.length
  );
}
