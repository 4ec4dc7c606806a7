/** What a body may have at most. Beyond, it has a fault, and the rest of it is not taken apart. */
export interface BodyLimits {
  /** `SecArgumentsLimit`. */
  readonly arguments: number;
  /**
   * Bytes of all names of arguments together. The name of a JSON value repeats the names of all that it is in, so that
   * without it a body of 64 KiB could have gigabytes of names.
   */
  readonly nameBytes: number;
  /** Of arrays and objects, or elements, in one another: `SecRequestBodyJsonDepthLimit`. */
  readonly depth: number;
  /** `SecUploadFileLimit`. */
  readonly files: number;
  readonly parts: number;
  /** Lines of the head of one part. */
  readonly partFields: number;
  /** Bytes of the head of one part. */
  readonly partHead: number;
  /** Elements, attributes, and pieces of text between them. */
  readonly nodes: number;
}

export const usualLimits: BodyLimits = {
  arguments: 10_000,
  nameBytes: 1_048_576,
  depth: 200,
  files: 100,
  parts: 1_000,
  partFields: 16,
  partHead: 8_192,
  nodes: 20_000,
};
