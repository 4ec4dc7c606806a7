import { bytesOf, newline, verticalSpaces } from './byte-set.ts';
import type { Node } from './syntax.ts';

/** `\R` is atomic: CR LF is taken together and not given back in part. */
export const anyNewline: Node = {
  kind: 'atomic',
  item: {
    kind: 'alternatives',
    items: [
      {
        kind: 'sequence',
        items: [
          { kind: 'byte', set: bytesOf('\r') },
          { kind: 'byte', set: newline },
        ],
      },
      { kind: 'byte', set: verticalSpaces },
    ],
  },
};
