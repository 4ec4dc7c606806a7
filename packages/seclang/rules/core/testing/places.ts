import type { RequestHead } from '../../../src/engine/request.ts';

/** A request, or a response to one, for the rules to look at. Texts are bytes as latin1. */
export interface Sample extends Pick<RequestHead, 'method' | 'target' | 'fields'> {
  readonly body?: string;
  readonly reply?: string;
}

const client = [
  ...['Host', 'api.example', 'User-Agent', 'okhttp/4.12.0', 'Accept', 'application/json'],
  ...['Accept-Encoding', 'gzip'],
];

type Place = (value: string) => Sample;

const get = (target: string, ...fields: string[]): Sample => ({
  method: 'GET',
  target,
  fields: [...client, ...fields],
});

function send(type: string, body: string, target = '/v1/items', method = 'POST'): Sample {
  const fields = [...client, 'Content-Type', type, 'Content-Length', String(body.length)];
  return { method, target, fields, body };
}

/** Of bytes, not of characters; what is unreserved stays (RFC 3986 section 2.3). */
function percent(value: string): string {
  return value.replace(
    /[^\w.~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const json = (value: unknown): Sample => send('application/json', JSON.stringify(value));
const xml = (value: string): string =>
  value.replace(/[&<>"]/g, (byte) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[byte]!);
const quoted = (value: string): string => value.replace(/"/g, '%22').replace(/[\r\n]/g, ' ');

function part(disposition: string, content: string, type = ''): Sample {
  const head = `Content-Disposition: form-data; ${disposition}\r\n${type}`;
  const last = 'Content-Disposition: form-data; name="note"\r\n\r\nthanks\r\n';
  const body = `--b0undary\r\n${head}\r\n${content}\r\n--b0undary\r\n${last}--b0undary--\r\n`;
  return send('multipart/form-data; boundary=b0undary', body, '/v1/uploads');
}

/** Where a value can stand in a request, by a name. A media type as the name means: the value is a body of that type. */
const places: Readonly<Record<string, Place>> = {
  arg: (value) => get(`/v1/items?page=2&q=${percent(value)}&sort=name`),
  twice: (value) => get(`/v1/items?q=${percent(percent(value))}`),
  name: (value) => get(`/v1/items?${percent(value)}=1`),
  target: (value) => get(value),
  segment: (value) => get(`/v1/items/${percent(value)}/reviews`),
  last: (value) => get(`/v1/items/${percent(value)}`),
  json: (value) => json({ id: 7, name: value, tags: ['a', 'b'] }),
  nested: (value) => json({ filter: { items: [{ value }] } }),
  content: (value) => json({ title: 'Notes', content: value }),
  jsonname: (value) => json({ id: 7, [value]: 1 }),
  form: (value) => send('application/x-www-form-urlencoded', `id=7&comment=${percent(value)}`),
  part: (value) => part('name="title"', value),
  file: (value) =>
    part(`name="file"; filename="${quoted(value)}"`, 'some text', 'Content-Type: text/plain\r\n'),
  upload: (value) => part('name="file"; filename="photo.jpg"', value, 'Content-Type: image/jpeg\r\n'),
  agent: (value) => ({ ...get('/v1/items'), fields: ['Host', 'api.example', 'User-Agent', value] }),
  referer: (value) => get('/v1/items', 'Referer', `https://shop.example/?q=${value}`),
  field: (value) => get('/v1/items', 'X-Api-Client', value),
  forwarded: (value) => get('/v1/items', 'X-Forwarded-For', value),
  authorization: (value) => get('/v1/items', 'Authorization', value),
  cookie: (value) => get('/v1/items', 'Cookie', `theme=dark; session=${value.replaceAll(';', '%3B')}`),
  xml: (value) =>
    send(
      'application/xml',
      `<?xml version="1.0"?><order><id>7</id><name>${xml(value)}</name><note lang="en">x</note></order>`,
    ),
  attribute: (value) => send('text/xml', `<order><item name="${xml(value)}">x</item></order>`),
  graphql: (value) =>
    json({ query: 'query Q($n: String!) { user(name: $n) { id } }', variables: { n: value } }),
  text: (value) => send('text/plain', value),
  textjson: (value) => send('text/plain', JSON.stringify({ id: 7, name: value })),
  formjson: (value) => send('application/x-www-form-urlencoded', JSON.stringify({ name: value })),
  untyped: (value) => ({ ...json({ name: value }), fields: client }),
  rawjson: (value) => send('application/json', value),
  rawform: (value) => send('application/x-www-form-urlencoded', value),
  reply: (value) => ({ ...get('/v1/items'), reply: value }),
  put: (value) => ({ ...send('text/plain', 'x', value), method: 'PUT' }),
  // Whole fields: `Name=value`, several with `&`.
  fields: (value) => get('/v1/items', ...value.split('&').flatMap(nameAndValue)),
};

function nameAndValue(text: string): string[] {
  const equals = text.indexOf('=');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** @throws Error for a place that there is not */
export function sampleAt(place: string, value: string): Sample {
  if (place.includes('/')) return send(place, value);
  const at = places[place];
  if (at === undefined) throw new Error(`there is no place ${place}`);
  return at(value);
}
