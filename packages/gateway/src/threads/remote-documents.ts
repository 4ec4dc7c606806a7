import type { Documents, Reading } from '../documents/documents.ts';

/** Longer than a fetch may take: the main thread answers in any case, unless it is at its end. Milliseconds. */
const answerTimeout = 15_000;

/** The documents that the main thread reads for all data threads, as one of these sees them. */
export class RemoteDocuments implements Documents {
  readonly #ask: (id: number, location: string, youngerThan: number) => void;
  readonly #waiting = new Map<number, (reading: Reading) => void>();
  #nextId = 1;

  constructor(ask: (id: number, location: string, youngerThan: number) => void) {
    this.#ask = ask;
  }

  read(location: string, youngerThan: number): Promise<Reading> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.answered(id, unanswered()), answerTimeout);
      this.#waiting.set(id, (reading) => {
        clearTimeout(late);
        resolve(reading);
      });
      this.#ask(id, location, youngerThan);
    });
  }

  answered(id: number, reading: Reading): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.(reading);
  }
}

function unanswered(): Reading {
  return { document: undefined, failure: 'the main thread does not answer', next: 0 };
}
