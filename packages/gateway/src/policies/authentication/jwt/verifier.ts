import type { MaybePromise } from '../../../policy.ts';
import { type Rejected, rejected, unavailable } from '../authenticator.ts';
import type { Algorithm } from '../token-schema.ts';
import { type ClaimRules, checkClaims } from './claims.ts';
import { candidates } from './key-set.ts';
import type { KeySource, Keys } from './key-source.ts';
import { signatureHolds } from './signature.ts';
import { type ParsedToken, parseToken, plainType } from './token.ts';

export interface VerifierRules {
  readonly claims: ClaimRules;
  readonly algorithms: ReadonlyMap<string, Algorithm>;
  /** As `plainType` writes them. */
  readonly types: ReadonlySet<string>;
  /** Whether a token may go without a type. */
  readonly untyped: boolean;
}

/** @param written as in the configuration */
export function compileTypes(written: readonly string[]): Pick<VerifierRules, 'types' | 'untyped'> {
  return {
    types: new Set(written.filter((each) => each !== 'untyped').map(plainType)),
    untyped: written.includes('untyped'),
  };
}

export function compileAlgorithms(accepted: readonly Algorithm[]): ReadonlyMap<string, Algorithm> {
  return new Map(accepted.map((each) => [each, each]));
}

/** Keys that are tried where the token names none; each costs a signature check. */
const mostTried = 4;

/** Judges signed tokens (RFC 7519, RFC 8725, RFC 9068 section 4). It remembers nothing. */
export class JwtVerifier {
  readonly #rules: VerifierRules;
  readonly #source: KeySource;

  constructor(rules: VerifierRules, source: KeySource) {
    this.#rules = rules;
    this.#source = source;
  }

  /**
   * @param keys those in force; undefined when they are not to be had
   * @param now seconds since the epoch
   */
  verify(token: string, keys: Keys | undefined, now: number): MaybePromise<ParsedToken | Rejected> {
    const parsed = parseToken(token);
    if ('reason' in parsed) return parsed;
    const { alg, typ, kid } = parsed.header;
    const algorithm = this.#rules.algorithms.get(alg);
    if (algorithm === undefined) return rejected('alg-not-accepted');
    const accepted = typ === undefined ? this.#rules.untyped : this.#rules.types.has(plainType(typ));
    if (!accepted) return rejected('typ-not-accepted');
    // Claims are cheap to judge and most bad tokens are merely expired, so the signature comes last.
    const fault = checkClaims(parsed.claims, this.#rules.claims, now);
    if (fault !== undefined) return rejected(fault, fault === 'expired' ? expired : undefined);
    const outcome = keys === undefined ? undefined : settle(parsed, algorithm, keys);
    return outcome ?? this.#source.lookAgain(kid).then((fresh) => afterLook(parsed, algorithm, keys, fresh));
  }
}

const expired = { problem: 'credential-expired' } as const;

/** Undefined when the keys do not tell: the one that is named is not among them, or none is named and none fits. */
function settle(parsed: ParsedToken, algorithm: Algorithm, keys: Keys): ParsedToken | Rejected | undefined {
  const { header, signed, signature } = parsed;
  const possible = candidates(keys, algorithm, header.kid);
  if (possible.length === 0) return undefined;
  const holds = possible
    .slice(0, mostTried)
    .some((each) => signatureHolds(algorithm, each.key, signed, signature));
  if (holds) return parsed;
  return header.kid === undefined ? undefined : rejected('signature-wrong');
}

function afterLook(
  parsed: ParsedToken,
  algorithm: Algorithm,
  before: Keys | undefined,
  keys: Keys | undefined,
): ParsedToken | Rejected {
  if (keys === undefined) return unavailable('keys-unavailable');
  const outcome = keys === before ? undefined : settle(parsed, algorithm, keys);
  return outcome ?? rejected(parsed.header.kid === undefined ? 'no-key-fits' : 'kid-unknown');
}
