import type { DefinitionFault } from './definition.ts';
import type { Place } from './schema-resources.ts';

/** What the gateway does about a mistake, in the words that `portcullis check` has for it. */
const effects = {
  'operation-not-served': 'the operation is not served',
  'path-not-served': 'the operations of the path are not served',
  'no-value': 'no value is taken there',
  required: 'it is required all the same',
  'any-value': 'any value is taken there',
  'value-refused': 'bodies with this value are refused',
  'reply-not-judged': 'this part of replies is not judged',
  'nothing-satisfies': 'no credential satisfies it',
  'keyword-ignored': 'the keyword is ignored',
  'not-checked': 'it is not checked',
  ignored: 'it is ignored',
  'as-reference': 'it is followed as if it were a $ref',
  'as-written': 'it is enforced as it is written',
  'first-counts': 'the first one counts',
  'last-counts': 'the last one counts',
  'own-id': 'the operation goes by its method and path',
  unlisted: 'the others are not listed',
  'both-served': 'both are served',
} as const satisfies Readonly<Record<string, string>>;

export type Effect = keyof typeof effects;

/** A fault as a line: where, what, and what comes of it. */
export function faultText({ place, message, effect }: DefinitionFault): string {
  return `${place}: ${message.replace(/\.$/, '')}; ${effects[effect]}`;
}

/** Tells of a mistake. @param message a sentence */
export type ReportFault = (effect: Effect, message: string) => void;

/** Nobody reads as many. */
const mostFaults = 10_000;

const longestText = 1_000;

/** A definition is often somebody else's, and what is in it is shown on terminals and in logs. */
function legible(text: string): string {
  const cut = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return cut.toWellFormed().replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** The mistakes of one definition. What several operations share is looked at for each, and told once. */
export class DefinitionFaults {
  readonly #shown: (file: string) => string;
  readonly #found = new Map<string, DefinitionFault>();
  #isMore = false;

  /** @param shown the name of a file as the operator knows it */
  constructor(shown: (file: string) => string) {
    this.#shown = shown;
  }

  get all(): readonly DefinitionFault[] {
    const all = [...this.#found.values()];
    if (!this.#isMore) return all;
    const message = `The definition has above ${mostFaults} mistakes.`;
    return [...all, { place: all[0]!.place.split(' at ', 1)[0]!, message, effect: 'unlisted' }];
  }

  add(place: Place, effect: Effect, message: string): void {
    this.addShown(this.#shown(place.file), place.pointer, effect, message);
  }

  /** @param file as the operator knows it */
  addShown(file: string, pointer: string, effect: Effect, message: string): void {
    const place = legible(pointer === '' ? file : `${file} at ${pointer}`);
    const said = legible(message);
    if (this.#found.size < mostFaults) this.#found.set(`${place}\n${said}`, { place, message: said, effect });
    else this.#isMore ||= !this.#found.has(`${place}\n${said}`);
  }

  /** For what stands at one place, and below it. */
  at(place: Place): ReportFault {
    return (effect, message) => this.add(place, effect, message);
  }
}
