import { request } from 'undici';
import { readText, withoutQuery } from '../../../documents/fetch-json.ts';
import { type Rejected, unavailable } from '../authenticator.ts';
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
}

/** Bytes of an answer. */
const largestAnswer = 65_536;
/** After a question that nobody answered, others are not asked for so long: each would wait for its timeout. Milliseconds. */
const afterFailure = 1_000;

/**
 * Asks the issuer about tokens (RFC 7662). Each token once at a time, and not more at once than is configured.
 * Nothing is believed because nobody answered: then the outcome is `unavailable`.
 */
export class Introspector {
  readonly #options: IntrospectorOptions;
  readonly #authorization: string;
  readonly #asking = new Map<string, Promise<Answer | Rejected>>();
  #failedAt = Number.NEGATIVE_INFINITY;
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
    const since = this.#options.now() - this.#failedAt;
    if (since >= 0 && since < afterFailure) return Promise.resolve(failed);
    const asking = this.#ask(token).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  close(): void {
    this.#closed = true;
  }

  async #ask(token: string): Promise<Answer | Rejected> {
    try {
      const members = await this.#post(token);
      if (this.#failing) this.#warn('answers again');
      this.#failing = false;
      return { members };
    } catch (error) {
      this.#failedAt = this.#options.now();
      if (!this.#failing)
        this.#warn(
          `cannot be used (${(error as Error).message}); tokens that it has to judge are answered with 503`,
        );
      this.#failing = true;
      return failed;
    }
  }

  async #post(token: string): Promise<Claims> {
    const { endpoint, timeout } = this.#options;
    const location = await endpoint();
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
      throw new Error(`${withoutQuery(location)}: status ${reply.statusCode}`);
    }
    const answer = parseObject(await readText(reply.body as AsyncIterable<Buffer>, largestAnswer));
    if (answer === undefined) throw new Error(`${withoutQuery(location)}: the answer is no JSON object`);
    return answer;
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
