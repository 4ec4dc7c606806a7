import type { Head } from '../../../exchange.ts';
import { type Rejected, rejected } from '../authenticator.ts';
import type { Credential } from '../credential.ts';
import type { Confirmation } from './confirmation.ts';
import type { ProofJudge } from './dpop-proof.ts';

/** What the configuration asks of tokens; those that are bound are only good with what they are bound to anyway. */
export type Binding = 'optional' | 'required' | 'dpop' | 'mtls';

/** Whether whoever sends a token is the one that it was issued to. */
export class SenderCheck {
  readonly #binding: Binding;
  readonly #proofs: ProofJudge;

  constructor(binding: Binding, proofs: ProofJudge) {
    this.#binding = binding;
    this.#proofs = proofs;
  }

  /** True when nothing is asked of the sender of a token: the usual case, and a quick answer. */
  isFree(bound: Confirmation | undefined, { scheme }: Credential): boolean {
    return bound === undefined && scheme !== 'DPoP' && this.#binding === 'optional';
  }

  /**
   * @param now milliseconds since the epoch
   * @returns why the token does not count from this sender; undefined when it does
   */
  judge(
    bound: Confirmation | undefined,
    credential: Credential,
    request: Head,
    now: number,
  ): Rejected | undefined {
    const missing = this.#missing(bound);
    if (missing !== undefined) return rejected(missing);
    const isProof = credential.scheme === 'DPoP';
    if (bound?.jkt === undefined) {
      // A client that takes its token for a bound one learns that anybody could use it (RFC 9449 section 7.1).
      if (isProof) return rejected('token-not-dpop-bound');
    } else if (!isProof) return rejected('dpop-bound-as-bearer', unproved);
    if (bound === undefined) return undefined;
    return certificateFault(bound, request) ?? this.#proofFault(bound, credential, request, now);
  }

  #missing(bound: Confirmation | undefined): string | undefined {
    switch (this.#binding) {
      case 'optional':
        return undefined;
      case 'required':
        return bound === undefined ? 'token-not-bound' : undefined;
      case 'dpop':
        return bound?.jkt === undefined ? 'token-not-dpop-bound' : undefined;
      case 'mtls':
        return bound?.x5t === undefined ? 'token-not-certificate-bound' : undefined;
    }
  }

  #proofFault(bound: Confirmation, credential: Credential, request: Head, now: number): Rejected | undefined {
    return bound.jkt === undefined ? undefined : this.#proofs.judge(request, credential.text, bound, now);
  }
}

/** RFC 8705 section 3: the certificate of this very connection, whoever issued it. */
function certificateFault({ x5t }: Confirmation, { clientCertificate }: Head): Rejected | undefined {
  if (x5t === undefined) return undefined;
  if (clientCertificate === undefined) return rejected('certificate-missing', unproved);
  return clientCertificate.thumbprint === x5t ? undefined : rejected('certificate-other', unproved);
}

const unproved = { problem: 'proof-invalid' } as const;
