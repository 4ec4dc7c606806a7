import { runProgram } from './program.ts';

export interface CurlReply {
  readonly status: number;
  /** `1.1`, or `2`. */
  readonly version: string;
  /** Names in lower case; the values of repeated fields are joined with a comma. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Runs curl with these arguments and reads the last reply, as redirects and retries leave several. */
export async function curl(...args: readonly string[]): Promise<CurlReply> {
  const { code, out, err } = await runProgram('curl', ['-sSki', '--max-time', '15', ...args]);
  if (code !== 0) throw new Error(`curl ${args.join(' ')} ended with ${code}: ${err}`);
  const last = repliesIn(out).at(-1);
  if (last === undefined) throw new Error(`curl ${args.join(' ')} printed no reply: ${out}`);
  return last;
}

/** The replies in what `curl -i` prints; interim ones (1xx) are left out. */
export function repliesIn(text: string): CurlReply[] {
  const replies: CurlReply[] = [];
  const heads = [...text.matchAll(/HTTP\/([0-9.]+) (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/g)];
  heads.forEach((match, i) => {
    const [whole, version, status, lines] = match;
    const end = heads[i + 1]?.index ?? text.length;
    if (status!.startsWith('1')) return;
    replies.push({
      status: Number(status),
      version: version!,
      fields: fieldsIn(lines!),
      body: text.slice(match.index + whole.length, end),
    });
  });
  return replies;
}

function fieldsIn(lines: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines.split('\r\n').filter(Boolean)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}
