/** Longer patterns are refused; the longest of CRS has 8 KiB. */
export const maximumPatternLength = 64 * 1024;
/** Groups in groups. The parser and everything behind it recurses. */
export const maximumNesting = 250;
/** PCRE's own bound for `{n,m}`. */
export const maximumRepeat = 65_535;
