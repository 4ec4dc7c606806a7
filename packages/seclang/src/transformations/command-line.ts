import { scratch, written } from './bytes.ts';

const changing = /[A-Z"'\\^,;\t\n\r]/;
const blanks = / [ (/]/;

/**
 * What shells read over: `\`, quotes and `^` go; commas, semicolons and white space become one blank, which goes before
 * `/` and `(`; upper case becomes lower case.
 */
export function cmdLine(value: string): string {
  if (!changing.test(value) && !blanks.test(value)) return value;
  const { length } = value;
  const target = scratch(length);
  let at = 0;
  let isAfterBlank = false;
  for (let index = 0; index < length; index++) {
    const byte = value.charCodeAt(index);
    switch (byte) {
      case 0x22: // "
      case 0x27: // '
      case 0x5c: // \
      case 0x5e: // ^
        break;
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
      case 0x2c: // ,
      case 0x3b: // ;
        if (!isAfterBlank) target[at++] = 0x20;
        isAfterBlank = true;
        break;
      case 0x2f: // /
      case 0x28: // (
        if (isAfterBlank) at--;
        target[at++] = byte;
        isAfterBlank = false;
        break;
      default:
        target[at++] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
        isAfterBlank = false;
    }
  }
  return written(target, at);
}
