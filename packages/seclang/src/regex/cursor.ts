import { PatternError } from './syntax.ts';

/** Reads a pattern from left to right. */
export class Cursor {
  readonly source: string;
  at = 0;

  constructor(source: string) {
    this.source = source;
  }

  get done(): boolean {
    return this.at >= this.source.length;
  }

  sees(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  /** Whether what was read last ends so. */
  behind(text: string): boolean {
    return this.source.slice(this.at - text.length, this.at) === text;
  }

  next(): string {
    if (this.done) this.fail('unexpected end of pattern');
    return this.source[this.at++]!;
  }

  take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  /** @param expression with the flag `y` */
  takeMatch(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.source);
    if (match === null) return undefined;
    this.at += match[0].length;
    return match;
  }

  /** What stands before `end`, which is passed too. */
  takeUntil(end: string): string | undefined {
    const found = this.source.indexOf(end, this.at);
    if (found < 0) return undefined;
    const text = this.source.slice(this.at, found);
    this.at = found + end.length;
    return text;
  }

  rest(): string {
    const text = this.source.slice(this.at);
    this.at = this.source.length;
    return text;
  }

  fail(message: string): never {
    throw new PatternError(message, this.at);
  }
}
