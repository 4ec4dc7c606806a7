import { type AST, RegExpParser } from '@eslint-community/regexpp';
import { Steps, TooManySteps } from '../steps.ts';
import { backtrackingCost, isAnchored } from './cost.ts';
import { compileProgram, type Program } from './program.ts';
import { runProgram } from './run.ts';

/** Longer strings never match. */
export const maximumPatternLength = 64 * 1024;

/** A `pattern` of a definition, ready to run on what a client sent. */
export interface Pattern {
  /** @throws what `steps` throws, when the text is too much work for what is left of them */
  test(text: string, steps: Steps): boolean;
  /** The same for the name of a property; `otherwise` when that is too much work. */
  takesName(name: string, otherwise: boolean): boolean;
}

/**
 * Compiles a `pattern` (JSON Schema 2020-12 validation section 6.3.3: ECMA-262 with "u"). Many in the wild are
 * none with "u" (`[\w-\.]`); they are taken as they stand.
 *
 * A pattern comes from the operator, and V8 can take exponential time for it on a string that a client chooses: 169 s
 * for 8,000 characters and `\S+@\S+\.\S+` with "u". So V8 runs it on strings for which it can be shown to take little more
 * than a look at each character, and our own engine, which takes time linear in the length, on all others.
 * @throws SyntaxError
 */
export function compilePattern(source: string): Pattern {
  const isUnicode = isPattern(source, 'u');
  if (!isUnicode) new RegExp(source);
  return new Choice(source, isUnicode);
}

/** The steps of V8 that a check may take as a matter of course: so many for each character, and so many more. */
const cheap = { each: 16, more: 128 };

/** So many steps of V8 take about as long as one step of a check. */
const comparisonsOfStep = 128;

const lengths = [16, 32, 64, 128, 256, 1024, 4096, maximumPatternLength];

class Choice implements Pattern {
  readonly #source: string;
  readonly #unicode: boolean;
  /** Made by the first string: a definition can have thousands of patterns that no request needs. */
  #plan: Plan | undefined;

  constructor(source: string, unicode: boolean) {
    this.#source = source;
    this.#unicode = unicode;
  }

  test(text: string, steps: Steps): boolean {
    if (text.length > maximumPatternLength) return false;
    this.#plan ??= planFor(this.#source, this.#unicode);
    const cost = this.#plan.costs.find(({ length }) => text.length <= length);
    if (cost !== undefined) {
      steps.take(cost.steps / comparisonsOfStep);
      return this.#plan.expression.test(text);
    }
    this.#plan.program ??= compileProgram(this.#plan.pattern, this.#unicode) ?? 'none';
    if (this.#plan.program === 'none') {
      steps.take(Infinity);
      return false;
    }
    return runProgram(this.#plan.program, text, this.#unicode, steps);
  }

  takesName(name: string, otherwise: boolean): boolean {
    ofNames.refill();
    try {
      return this.test(name, ofNames);
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      return otherwise;
    }
  }
}

const ofNames = new Steps();

interface Plan {
  /** As V8 runs it. */
  readonly expression: RegExp;
  readonly pattern: AST.Pattern;
  /** What strings up to some length cost in V8, as long as that is little. */
  readonly costs: readonly { readonly length: number; readonly steps: number }[];
  /** Our own, compiled when first needed; `none` for a pattern that it does not know. */
  program: Program | 'none' | undefined;
}

function planFor(source: string, unicode: boolean): Plan {
  const pattern = new RegExpParser({ ecmaVersion: 2025 }).parsePattern(source, 0, source.length, { unicode });
  const costs = [];
  for (const length of lengths) {
    const steps = backtrackingCost(pattern, unicode, length);
    if (steps > cheap.each * length + cheap.more) break;
    costs.push({ length, steps });
  }
  // From "[^a]$" V8 concludes that a match is one unit long, and misses the character of two at the end.
  const written = pattern.alternatives.every(isAnchored) ? source : `^[^]*?(?:${source})`;
  return { expression: new RegExp(written, unicode ? 'u' : ''), pattern, costs, program: undefined };
}

function isPattern(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}
