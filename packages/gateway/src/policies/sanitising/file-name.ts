import { fileNameFault, mostNameBytes } from '../../http/file-name.ts';
import { isBlank, withoutControls, withoutEnds } from './characters.ts';

/** Longer ones are no file names, and there is no sense in normalising them. */
const longest = 4096;

/**
 * The name of a file as any system could store it: the last step of a path, in NFC, without characters that are not seen,
 * without dots and blanks at its beginning and its end, no device of Windows, at most 255 bytes.
 * Undefined where nothing is left, or where what is left hides a path in an encoding: `..%2f..%2fetc`.
 */
export function cleanFileName(text: string): string | undefined {
  if (text.length > longest) return undefined;
  const whole = withoutControls(text)
    .normalize('NFC')
    .replace(/[\t\n\u200c-\u200f\u2028\u2029\ufffd]/g, '');
  let name = whole.slice(Math.max(whole.lastIndexOf('/'), whole.lastIndexOf('\\')) + 1).replaceAll(':', '_');
  name = withoutEnds(name, isEnd);
  if (fileNameFault(name, false) === 'length' && name !== '') name = withoutEnds(shortened(name), isEnd);
  if (fileNameFault(name, false) === 'reserved') name = `_${name}`;
  return fileNameFault(name, false) === undefined ? name : undefined;
}

function isEnd(character: string): boolean {
  return character === '.' || isBlank(character);
}

/** Cut before its extension, where it has a short one. */
function shortened(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  // Room for the underscore before a device.
  const room = mostNameBytes - 1 - Buffer.byteLength(extension);
  let kept = '';
  let bytes = 0;
  for (const character of name.slice(0, name.length - extension.length)) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    kept += character;
  }
  return kept + extension;
}
