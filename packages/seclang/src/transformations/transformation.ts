/**
 * Bytes to bytes, both as latin1 strings (a character for a byte, U+0000 to U+00FF). It never throws, takes time linear
 * in the length, and returns the very string that it was given when nothing changes, so that a cache can tell.
 */
export type Transformation = (value: string) => string;
