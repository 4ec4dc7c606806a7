import { withoutQuery } from '../../../documents/location.ts';
import { readText } from '../../../documents/read-text.ts';
import { type Rejected, rejected, unavailable } from '../authenticator.ts';
import type { Claims } from '../jwt/claims.ts';
import { parseObject } from '../jwt/json-object.ts';

export interface IntrospectorOptions {
  /** @throws Error when it cannot be found out */
  readonly endpoint: () => Promise<string>;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Questions under way at once. */
  readonly concurrency: number;
  /** Milliseconds for an answer. */
  readonly timeout: number;
  readonly now: () => number;
  readonly warn: (message: string) => void;
}

export interface Answer {
  /** What the issuer said, judged by nobody yet. */
  readonly members: Claims;
  /** Characters of it. */
  readonly size: number;
}

/** Bytes of an answer. */
const largestAnswer = 65_536;
/**
 * After so many questions in a row that nobody answered, none is asked for a while, as each would wait for its timeout.
 * Not after one: somebody may have found a token that the issuer stumbles over. Milliseconds.
 */
const mostFailures = 5;
const afterFailures = 1_000;
/** Milliseconds. */
const betweenWarnings = 60_000;
/** The issuer looked at this very token and would not judge it (RFC 7662 section 2.3); others are none the worse for it. */
const aboutTheToken: ReadonlySet<number> = new Set([400, 413, 414, 422]);
/** A connection that was kept open may be closed just when it is used. */
const stale: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Asks the issuer about tokens (RFC 7662). Each token once at a time, and not more at once than is configured.
 * Nothing is believed because nobody answered: then the outcome is `unavailable`.
 */
export class Introspector {
  readonly #options: IntrospectorOptions;
  readonly #authorization: string;
  readonly #asking = new Map<string, Promise<Answer | Rejected>>();
  #failures = 0;
  #failedAt = Number.NEGATIVE_INFINITY;
  #toldAt = Number.NEGATIVE_INFINITY;
  #failing = false;
  #closed = false;

  constructor(options: IntrospectorOptions) {
    this.#options = options;
    this.#authorization = basicAuthorization(options.clientId, options.clientSecret);
  }

  /** @param key what tells tokens apart */
  ask(token: string, key: string): Promise<Answer | Rejected> {
    const under = this.#asking.get(key);
    if (under !== undefined) return under;
    if (this.#asking.size >= this.#options.concurrency) return Promise.resolve(busy);
    if (this.#failures >= mostFailures) {
      const since = this.#options.now() - this.#failedAt;
      if (since >= 0 && since < afterFailures) return Promise.resolve(failed);
    }
    const asking = this.#ask(token).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  close(): void {
    this.#closed = true;
  }

  async #ask(token: string): Promise<Answer | Rejected> {
    try {
      const answer = await this.#post(token).catch((error: unknown) => {
        if (!stale.has((error as NodeJS.ErrnoException).code)) throw error;
        return this.#post(token);
      });
      if (this.#failing) this.#warn('answers again');
      this.#failing = false;
      this.#failures = 0;
      return answer;
    } catch (error) {
      this.#failures++;
      this.#failedAt = this.#options.now();
      this.#tellOf(error as Error);
      return failed;
    }
  }

  async #post(token: string): Promise<Answer | Rejected> {
    const { endpoint, timeout } = this.#options;
    const location = await endpoint();
    // Loaded by the first question: it is large, and most gateways ask none.
    const { request } = await import('undici');
    const reply = await request(location, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        authorization: this.#authorization,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      headersTimeout: timeout,
      bodyTimeout: timeout,
      signal: AbortSignal.timeout(timeout),
    });
    if (reply.statusCode !== 200) {
      await reply.body.dump();
      if (aboutTheToken.has(reply.statusCode)) return rejected('introspection-refused');
      throw new Error(`${withoutQuery(location)}: status ${reply.statusCode}`);
    }
    const text = await readText(reply.body as AsyncIterable<Buffer>, largestAnswer);
    const members = parseObject(text);
    if (typeof members === 'string')
      throw new Error(`${withoutQuery(location)}: the answer is no good JSON object (${members})`);
    return { members, size: text.length };
  }

  /** Who sends tokens must not be able to fill the log with what becomes of them. */
  #tellOf({ message }: Error): void {
    const since = this.#failedAt - this.#toldAt;
    if (this.#failing || (since >= 0 && since < betweenWarnings)) return;
    this.#failing = true;
    this.#toldAt = this.#failedAt;
    this.#warn(`cannot be used (${message}); tokens that it has to judge are answered with 503`);
  }

  #warn(message: string): void {
    if (!this.#closed) this.#options.warn(`the introspection endpoint ${message}`);
  }
}

const busy = unavailable('introspection-busy');
const failed = unavailable('introspection-unavailable');

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
function basicAuthorization(id: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}
