import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What came back: a page, or a redirect that leads away from where the browser may go. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly fields: IncomingMessage['headers'];
  readonly text: string;
  readonly forms: readonly Form[];
  /** Where it redirects to, when the browser did not follow. */
  readonly location: URL | undefined;
}

export interface Form {
  readonly action: URL;
  /** Hidden and filled in fields. */
  readonly values: Readonly<Record<string, string>>;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

const mostRedirects = 20;

/** 127.0.0.0/8, ::1 and localhost: this machine, where a self-signed certificate and plain text do no harm. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/**
 * As much of a browser as forms need: cookies by path, redirects, hidden fields. It stays on one origin, and accepts a
 * self-signed certificate from this machine only.
 */
export class FormBrowser {
  readonly #origin: string;
  readonly #cookies = new Map<string, Cookie>();

  /** @param origin that it stays on: https, or http to this machine */
  constructor(origin: string) {
    const { protocol, hostname } = new URL(origin);
    if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
      throw new Error(`${origin}: a password goes over https only, or to this machine`);
    this.#origin = new URL(origin).origin;
  }

  /** Names of the cookies that it has for a path. */
  cookiesFor(path: string): string[] {
    return this.#cookiesFor(path).map(({ name }) => name);
  }

  visit(url: string | URL, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#follow('GET', new URL(url, this.#origin), undefined, fields);
  }

  /** Sends a form with what somebody typed, or with the button that was pressed. */
  submit(
    { action, values }: Form,
    typed: Readonly<Record<string, string>> = {},
    fields: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    const body = new URLSearchParams({ ...values, ...typed }).toString();
    return this.#follow('POST', action, body, { origin: this.#origin, ...fields });
  }

  /** Sends a form that nobody has shown: for programs, and for attacks. */
  post(
    url: string | URL,
    body: string | Readonly<Record<string, string>>,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    const text = typeof body === 'string' ? body : new URLSearchParams(body).toString();
    return this.#follow('POST', new URL(url, this.#origin), text, fields);
  }

  async #follow(
    method: string,
    url: URL,
    body: string | undefined,
    fields: Readonly<Record<string, string>>,
  ): Promise<Page> {
    let page = await this.#send(method, url, body, fields);
    for (let count = 0; page.location !== undefined && page.location.origin === this.#origin; count++) {
      if (count === mostRedirects) throw new Error(`${url.href}: too many redirects`);
      page = await this.#send('GET', page.location, undefined, {});
    }
    return page;
  }

  async #send(
    method: string,
    url: URL,
    body: string | undefined,
    fields: Readonly<Record<string, string>>,
  ): Promise<Page> {
    const cookie = this.#cookiesFor(url.pathname)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const headers = {
      accept: 'text/html, application/json',
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...fields,
    };
    const { response, text } = await exchange(method, url, headers, body);
    for (const line of response.headers['set-cookie'] ?? []) this.#keep(line, url);
    const { location } = response.headers;
    return {
      url,
      status: response.statusCode ?? 0,
      fields: response.headers,
      text,
      forms: formsIn(text, url),
      location: location === undefined ? undefined : new URL(location, url),
    };
  }

  #cookiesFor(path: string): Cookie[] {
    return [...this.#cookies.values()].filter(
      (cookie) => path === cookie.path || path.startsWith(cookie.path.replace(/\/?$/, '/')),
    );
  }

  #keep(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const [name = '', ...value] = pair.split('=');
    const path = attributes.find((each) => /^path=/i.test(each))?.slice('path='.length) ?? url.pathname;
    const key = `${path} ${name}`;
    if (attributes.some((each) => /^expires=Thu, 01 Jan 1970/i.test(each))) this.#cookies.delete(key);
    else this.#cookies.set(key, { name, value: value.join('='), path });
  }
}

function exchange(
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string | undefined,
): Promise<{ response: IncomingMessage; text: string }> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method,
      headers,
      // Of this one request to this one host; NODE_TLS_REJECT_UNAUTHORIZED would do it for all.
      rejectUnauthorized: !isLoopback(url.hostname),
      agent: false,
      timeout: 20_000,
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 20 s')));
    request.on('error', reject);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ response, text: Buffer.concat(parts).toString('utf8') }));
    });
    request.end(body);
  });
}

function formsIn(text: string, url: URL): Form[] {
  return [...text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, attributes = '', inner = '']) => ({
    action: new URL(attribute(attributes, 'action') ?? '', url),
    values: Object.fromEntries(
      [...inner.matchAll(/<input\b([^>]*)>/g)].flatMap(([, input = '']) => {
        const name = attribute(input, 'name');
        return name === undefined ? [] : [[name, attribute(input, 'value') ?? '']];
      }),
    ),
  }));
}

function attribute(text: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];
  return found?.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}
