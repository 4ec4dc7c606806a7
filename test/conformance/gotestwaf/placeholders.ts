interface Placed {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly string[];
  readonly body?: string;
}

const client = ['Host', 'api.example', 'User-Agent', 'curl/8.5.0', 'Accept', '*/*'];

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const urlEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );

function send(type: string, body: string): Placed {
  return { method: 'POST', target: '/', fields: [...client, 'Content-Type', type], body: bytes(body) };
}

function encoded(text: string, encoder: string): string {
  if (encoder.startsWith('Base64')) return Buffer.from(text, 'utf8').toString('base64').replace(/=+$/, '');
  return encoder === 'URL' ? urlEncoded(text) : text;
}

/**
 * A payload where a placeholder of gotestwaf puts it. A URL takes no plain text; where nothing decodes percents, they are not
 * written.
 * @returns undefined for placeholders that are another protocol
 */
export function place(placeholder: string, text: string, encoder: string): Placed | undefined {
  const value = encoded(text, encoder);
  const inUrl = encoder === 'Plain' ? urlEncoded(text) : value;
  const plain = encoder === 'URL' ? text : value;
  switch (placeholder) {
    case 'URLPath':
      return { method: 'GET', target: `/${inUrl}`, fields: client };
    case 'URLParam':
      return { method: 'GET', target: `/?a1b2=${inUrl}`, fields: client };
    case 'Header':
      return {
        method: 'GET',
        target: '/',
        fields: [...client, 'X-A1b2', bytes(value).replace(/[\r\n]/g, ' ')],
      };
    case 'UserAgent':
      return { method: 'GET', target: '/', fields: ['Host', 'api.example', 'User-Agent', bytes(value)] };
    case 'HTMLForm':
      return send('application/x-www-form-urlencoded', `a1b2=${inUrl}`);
    case 'HTMLMultipartForm':
      return send(
        'multipart/form-data; boundary=a1b2',
        `--a1b2\r\nContent-Disposition: form-data; name="a"\r\n\r\n${plain}\r\n--a1b2--\r\n`,
      );
    case 'JSONBody':
    case 'JSONRequest':
      return send('application/json', JSON.stringify({ test: true, a1b2: plain }));
    case 'GraphQL':
      return send('application/json', JSON.stringify({ query: plain }));
    case 'RequestBody':
    case 'RawRequest':
      return send('text/plain', plain);
    case 'SOAPBody':
    case 'XMLBody':
      return send('text/xml', placeholder === 'XMLBody' ? plain : envelope(plain));
    case 'gRPC':
      return undefined;
    default:
      throw new Error(`there is no placeholder ${placeholder}`);
  }
}

function envelope(text: string): string {
  const escaped = text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><a>${escaped}</a></s:Body></s:Envelope>`;
}
