/**
 * What a body processor finds in a request body. All texts are latin1 strings, one character for each byte.
 */
export interface BodyContent {
  /** In the order of the body: what ARGS_POST holds. */
  readonly arguments: readonly NamedValue[];
  readonly files: readonly UploadedFile[];
  /** MULTIPART_PART_HEADERS: the name of the part, and a whole field line of its head. */
  readonly partHeaders: readonly NamedValue[];
  /** The MULTIPART_ flags that are set, without their prefix: `UNMATCHED_BOUNDARY`. */
  readonly flags: ReadonlySet<MultipartFlag>;
  readonly xml: XmlContent | undefined;
  /** Why the body could not be read to its end: REQBODY_ERROR_MSG. What was read until then is there nevertheless. */
  readonly fault: string | undefined;
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

export interface UploadedFile {
  /** The name of the form field. */
  readonly name: string;
  readonly fileName: string;
  /** In bytes. */
  readonly size: number;
  /** FILES_TMP_CONTENT: the content, or its beginning. */
  readonly head: string;
}

/** How much of a file rules look at: what is found by its beginning is there, and a film costs no more than a picture. */
export const fileHeadLength = 65_536;

export interface XmlContent {
  /** `XML:/*`: all text of the document. */
  readonly text: string;
  /** The same one by one, as it stands between tags. */
  readonly pieces: readonly string[];
  /** `XML://@*`: the value of each attribute. */
  readonly attributes: readonly string[];
}

export type MultipartFlag =
  | 'STRICT_ERROR'
  | 'UNMATCHED_BOUNDARY'
  | 'BOUNDARY_QUOTED'
  | 'BOUNDARY_WHITESPACE'
  | 'DATA_BEFORE'
  | 'DATA_AFTER'
  | 'HEADER_FOLDING'
  | 'LF_LINE'
  | 'CRLF_LF_LINES'
  | 'MISSING_SEMICOLON'
  | 'INVALID_QUOTING'
  | 'INVALID_PART'
  | 'INVALID_HEADER_FOLDING'
  | 'FILE_LIMIT_EXCEEDED';

export const emptyContent: BodyContent = {
  arguments: [],
  files: [],
  partHeaders: [],
  flags: new Set(),
  xml: undefined,
  fault: undefined,
};
