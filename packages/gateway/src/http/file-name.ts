export type FileNameReason =
  /** Slashes, a drive, `..`, encoded ones too. */
  | 'path'
  /** Control characters, and those that turn the direction of writing and so hide an extension. */
  | 'character'
  /** Begins with a dot, ends with one or a blank: hidden, or another file on some systems. */
  | 'ends'
  /** A device of Windows. */
  | 'reserved'
  | 'length'
  /** An extension that makes a server or a browser run it, anywhere in the name. */
  | 'active';

/** Of a name, for most file systems. */
export const mostNameBytes = 255;
const paths = /[/\\:]|^\.\.?$/;
const unseen = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]/;
const reserved = /^(?:con|prn|aux|nul|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]|conin\$|conout\$)(?:\.|$)/i;
const active: ReadonlySet<string> = new Set(
  (
    'php php3 php4 php5 php7 php8 phps pht phtm phtml phar asp aspx ashx asmx ascx cer asa jsp jspx jspf jsw jsv cfm cfml ' +
    'cgi pl py rb sh bash exe com dll msi scr bat cmd ps1 psm1 vbs vbe js mjs jse wsf wsh hta htm html xhtml shtml svg ' +
    'svgz xht swf jar war ear lnk htaccess config ini'
  ).split(' '),
);

/**
 * What is wrong with the name of a file that a client sends; undefined when a server could use it as it is. Encoded
 * characters (`%2e%2e%2f`, `%00`) are looked at as well, as somebody may decode them.
 * @param strict refuses active extensions too: a `photo.php.png` is run by servers that look for any of them
 */
export function fileNameFault(name: string, strict: boolean): FileNameReason | undefined {
  if (name === '' || Buffer.byteLength(name) > mostNameBytes) return 'length';
  const plain = plainFault(name, strict);
  if (plain !== undefined || !name.includes('%')) return plain;
  return plainFault(percentDecoded(percentDecoded(name)), strict);
}

function plainFault(name: string, strict: boolean): FileNameReason | undefined {
  if (paths.test(name)) return 'path';
  if (unseen.test(name)) return 'character';
  if (/^\.|[. ]$/.test(name)) return 'ends';
  if (reserved.test(name)) return 'reserved';
  if (!strict) return undefined;
  const [, ...extensions] = name.toLowerCase().split('.');
  return extensions.some((extension) => active.has(extension.trim())) ? 'active' : undefined;
}

/** Byte by byte, so that half an encoding is no way past. */
function percentDecoded(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** For each reason, in words behind the name of a part. */
export const fileNameReasons: Readonly<Record<FileNameReason, string>> = {
  path: 'must have a file name without a path',
  character: 'must have a file name of visible characters',
  ends: 'must have a file name that neither begins nor ends with a dot or a blank',
  reserved: 'must have a file name that is no device of any system',
  length: `must have a file name of 1 to ${mostNameBytes} bytes`,
  active: 'must have a file name without an extension that servers or browsers run',
};
