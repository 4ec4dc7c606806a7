import type { Engine } from '@portcullis/seclang';

/** Work of a step: V8 compiles a pattern when it first runs, which takes up to some milliseconds. */
const work = 1_024;

/** Runs ordinary requests of all kinds ahead of the first real ones, which would take a fifth of a second otherwise. */
export function* warmUp(engine: Engine): Generator<void> {
  for (const { method, target, type, body } of requests) {
    const fields = [
      ...usualFields,
      ...(type === undefined ? [] : ['Content-Type', type, 'Content-Length', String(body.length)]),
    ];
    const transaction = engine.transaction({ method, target, fields, ...from });
    transaction.requestHead();
    yield;
    yield* transaction.requestBodyInSteps(body, work);
    transaction.logging();
    yield;
  }
}

/** Nobody's (RFC 5737), so that nothing is remembered of anybody. */
const from = { protocol: 'HTTP/1.1', peerAddress: '192.0.2.1', id: 'warming' } as const;

const usualFields: readonly string[] = [
  ...['Host', 'api.example'],
  ...['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ...['Accept', 'application/json, text/plain, */*'],
  ...['Referer', 'https://www.example/orders?page=2'],
  ...['Cookie', 'session=1f3870be274f6c49b3e31a0c6728957f; theme=dark'],
];

/** Marks and words that lead values to most of the patterns, in an order that is no attack. */
const text =
  'Dear Sir & Madam, "thank you" for O\'Brien\'s order (no. 5); is 1 < 2 = true? Yes/no: union of 3 + 4.';

const part = (name: string, value: string): string =>
  `--border\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

interface Ordinary {
  readonly method: string;
  readonly target: string;
  readonly type?: string;
  readonly body: string;
}

const requests: readonly Ordinary[] = [
  { method: 'GET', target: `/orders/42?page=2&q=${encodeURIComponent(text)}`, body: '' },
  {
    method: 'POST',
    target: '/orders',
    type: 'application/json',
    body: JSON.stringify({ id: 7, note: text, items: [{ sku: 'A-1', price: 1.5 }], more: text.repeat(40) }),
  },
  {
    method: 'POST',
    target: '/orders',
    type: 'application/x-www-form-urlencoded',
    body: `name=Alice+Smith&note=${encodeURIComponent(text)}`,
  },
  {
    method: 'POST',
    target: '/orders',
    type: 'multipart/form-data; boundary=border',
    body: `${part('name', 'Alice')}${part('note', text)}--border--\r\n`,
  },
  {
    method: 'POST',
    target: '/orders',
    type: 'application/xml',
    body: '<order id="7"><note>Dear Sir, thank you; is 1 = 2 (or 3)?</note></order>',
  },
];
