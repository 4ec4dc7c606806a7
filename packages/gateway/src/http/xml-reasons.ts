export type XmlReason =
  | 'utf-8'
  /** A character that no document has (XML 1.0 section 2.2). */
  | 'character'
  /** The declaration states another version or another encoding than the bytes have. */
  | 'declaration'
  /** A document type: with it come entities, and what they do. */
  | 'doctype'
  | 'instruction'
  /** An entity other than the five of XML itself. */
  | 'entity'
  | 'syntax'
  /** A tag that does not close what is open. */
  | 'tag'
  | 'attribute'
  | 'duplicate-attribute'
  /** A prefix that nobody declared, or a declaration that none may make. */
  | 'namespace'
  /** Text beside elements, or in pieces: around a comment, or partly in CDATA. Readers differ on which piece counts. */
  | 'mixed'
  | 'depth'
  | 'size'
  /** Nothing, or more, behind the one element. */
  | 'root';

/** Deeper documents are no data (the same as for JSON). */
export const maximumDepth = 64;
/** Of one element, declarations of namespaces included. */
export const maximumAttributes = 64;
/** Elements, attributes, comments and references of a document, which take up to 1 µs each by our measurement. */
export const maximumNodes = 10_000;

/** For each reason, what the caller has to change. */
export const xmlReasons: Readonly<Record<XmlReason, string>> = {
  'utf-8': 'The body is not valid UTF-8.',
  character: 'The body has a character that is none of XML.',
  declaration: 'The XML declaration must state version 1.0, and UTF-8 or no encoding.',
  doctype: 'The body must have no document type.',
  instruction: 'The body must have no processing instructions.',
  entity: 'The body has an entity other than the five of XML itself.',
  syntax: 'The body is not well-formed XML.',
  tag: 'The body has a tag that does not close what is open.',
  attribute: 'The body has an attribute that is not well-formed.',
  'duplicate-attribute': 'The body has an attribute twice in an element.',
  namespace: 'The body has a prefix that is not declared, or a declaration that must not be made.',
  mixed: 'The body has text beside elements, or in pieces.',
  depth: `The body is nested deeper than ${maximumDepth} levels.`,
  size: 'The body has too many elements or attributes.',
  root: 'The body must be one element.',
};
