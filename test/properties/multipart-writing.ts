/** A part as a client writes it (RFC 7578 section 4). */
export interface FormPart {
  readonly name: string;
  readonly filename?: string;
  /** Lines of the head besides Content-Disposition. */
  readonly fields: readonly string[];
  readonly content: Buffer;
}

const boundary = 'between-7d';
export const multipartType = `multipart/form-data; boundary=${boundary}`;

/** The body, with what a mutation changes in its frame. */
export function multipart(
  parts: readonly FormPart[],
  { before = '', lineEnd = '\r\n', end = `--${boundary}--`, behind = '' } = {},
): Buffer {
  const pieces = parts.flatMap(({ name, filename, fields, content }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const head = [`Content-Disposition: form-data; name="${name}"${file}`, ...fields];
    return [Buffer.from([`--${boundary}`, ...head, '', ''].join(lineEnd)), content, Buffer.from(lineEnd)];
  });
  return Buffer.concat([Buffer.from(before), ...pieces, Buffer.from(end + lineEnd + behind)]);
}

interface Framed {
  readonly what: string;
  readonly body: Buffer;
}

/** Bodies that readers are known to take apart differently. */
export function brokenFrames(parts: readonly FormPart[]): readonly Framed[] {
  const first = parts[0]!;
  const withFirst = (change: Partial<FormPart>): Buffer =>
    multipart([{ ...first, ...change }, ...parts.slice(1)]);
  const withField = (line: string): Buffer => withFirst({ fields: [...first.fields, line] });
  return [
    { what: 'something before the first boundary', body: multipart(parts, { before: 'x\r\n' }) },
    { what: 'something behind the last boundary', body: multipart(parts, { behind: 'x' }) },
    { what: 'line feeds alone', body: multipart(parts, { lineEnd: '\n' }) },
    { what: 'no end', body: multipart(parts, { end: '' }) },
    { what: 'another end', body: multipart(parts, { end: '--between-7e--' }) },
    { what: 'no parts', body: multipart([]) },
    { what: 'the boundary in a part', body: withFirst({ content: Buffer.from(`a--${boundary}b`) }) },
    { what: 'base64', body: withField('Content-Transfer-Encoding: base64') },
    { what: 'Content-Disposition twice', body: withField('Content-Disposition: form-data; name="z"') },
    { what: 'a multipart in a part', body: withField('Content-Type: multipart/mixed; boundary=y') },
    { what: 'a folded line', body: withField('X-A: b\r\n c') },
    { what: 'an empty name', body: withFirst({ name: '' }) },
    { what: 'a backslash in a name', body: withFirst({ name: `${first.name}\\` }) },
    { what: 'a name twice in one head', body: withFirst({ name: `${first.name}"; name="z` }) },
    { what: 'two names of a file', body: withFirst({ filename: `a"; filename*=utf-8''b; x="` }) },
  ];
}
