import { type Rejected, rejected } from '../authenticator.ts';
import { CredentialCache } from '../cache.ts';
import type { Credential } from '../credential.ts';
import type { ClaimRules } from '../jwt/claims.ts';
import type { Introspector } from './introspection.ts';
import { type ActiveToken, judgeAnswer } from './introspection-answer.ts';

export interface IntrospectionRules {
  readonly claims: ClaimRules;
  readonly needsAudience: boolean;
  /** Whether JWTs are asked about too. */
  readonly always: boolean;
  /** Milliseconds for which an answer is believed. */
  readonly cache: number;
  readonly now: () => number;
}

/** An answer, and how long it holds. Milliseconds since the epoch. */
export interface Answered extends ActiveToken {
  readonly since: number;
  readonly until: number;
  /** Characters. */
  readonly size: number;
}

/** A token that is refused is refused for so long without asking again. Milliseconds. */
const refusedFor = 10_000;
/** RFC 6750 section 2.1: what a token may be made of; nothing else is sent on. */
const b64token = /^[A-Za-z0-9._~+/-]+=*$/;

/** What the issuer says of tokens, and whether that is good enough here. */
export class IntrospectionJudge {
  readonly always: boolean;
  readonly #introspector: Introspector;
  readonly #rules: IntrospectionRules;
  /** Apart from good tokens, so that a flood of bad ones does not push those out. */
  readonly #refused = new CredentialCache<{ readonly outcome: Rejected; readonly since: number }>(5_000);

  constructor(introspector: Introspector, rules: IntrospectionRules) {
    this.#introspector = introspector;
    this.#rules = rules;
    this.always = rules.always;
  }

  async judge(credential: Credential): Promise<Answered | Rejected> {
    const { text, key } = credential;
    if (!b64token.test(text)) return rejected('malformed');
    const { now, cache } = this.#rules;
    const refused = this.#refused.get(key);
    if (refused !== undefined) {
      const age = now() - refused.since;
      if (age >= 0 && age < Math.min(refusedFor, cache)) return refused.outcome;
      this.#refused.delete(key);
    }
    const asked = now();
    const answer = await this.#introspector.ask(text, key);
    if ('reason' in answer) {
      if (answer.unavailable !== true) this.#refused.set(key, { outcome: answer, since: asked });
      return answer;
    }
    const { claims: rules, needsAudience } = this.#rules;
    const outcome = judgeAnswer(answer.members, rules, needsAudience, now() / 1000);
    if ('reason' in outcome) {
      this.#refused.set(key, { outcome, since: asked });
      return outcome;
    }
    const end = outcome.expiresAt === undefined ? Number.POSITIVE_INFINITY : outcome.expiresAt * 1000;
    return { ...outcome, size: answer.size, since: asked, until: Math.min(end, asked + cache) };
  }
}
