import type { IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { decodedBody, decodedText, fromUtf7 } from './lenient-reading.ts';

/** What the service says it understood, and what it got. */
export interface Understood {
  readonly contentType: string | undefined;
  readonly coding: string | undefined;
  readonly announced: string | undefined;
  readonly digest: string | undefined;
  /** latin1, as it arrived. */
  readonly body: string;
  /** Bytes after it undid the coding. */
  readonly inflated: number;
  /** By name, as a lenient reader takes them: the last counts. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Names under which it would store files. */
  readonly files: readonly string[];
  /** What a browser would take these files for. */
  readonly looks: readonly string[];
  /** XML with its entities expanded, in length and the first 100 characters. */
  readonly expanded: number;
  readonly text: string;
  /** Fields, lines, tags, attributes and references that it made objects of. */
  readonly nodes: number;
}

type Read = Pick<Understood, 'fields' | 'nodes'> & Partial<Understood>;

/** Reads as many services do: without bounds, JSON whatever the Content-Type says, the last of two fields, any file name. */
export function understand(bytes: Buffer, headers: IncomingHttpHeaders): Understood {
  const coding = headers['content-encoding'];
  const content = unpacked(bytes, coding ?? '');
  const contentType = headers['content-type'];
  return {
    contentType,
    coding,
    announced: headers['content-length'],
    digest: headers['content-digest'] as string | undefined,
    body: bytes.toString('latin1'),
    inflated: content.length,
    files: [],
    looks: [],
    expanded: 0,
    text: '',
    ...read(content, contentType ?? ''),
  };
}

const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes),
  deflate: (bytes) => inflateSync(bytes),
  br: (bytes) => brotliDecompressSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
};

/** Undoes whatever it knows, the last first (RFC 9110, 8.4), and what still looks like gzip then. */
function unpacked(bytes: Buffer, codings: string): Buffer {
  let content = bytes;
  for (const coding of codings.split(',').reverse())
    content = decoders[coding.split(';')[0]!.trim()]?.(content) ?? content;
  while (content[0] === 0x1f && content[1] === 0x8b) content = gunzipSync(content);
  return content;
}

function read(content: Buffer, contentType: string): Read {
  const text = decodedText(content, contentType + content.toString('latin1', 0, 60));
  if (contentType.startsWith('application/x-ndjson')) return readLines(text);
  if (text.startsWith('<')) return readXml(text);
  const raw = content.toString('latin1');
  // Where none is named, the first line is taken for it.
  const boundary =
    /boundary="?([^";]+)/.exec(contentType)?.[1] ?? /(?:^|\n)--(\S+)\r?\n/.exec(raw.slice(0, 200))?.[1];
  if (boundary !== undefined && !text.startsWith('{')) return readMultipart(raw, boundary);
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(decodedBody(content, contentType) as object))
    fields[name] = typeof value === 'object' ? [value].flat().at(-1) : value;
  return { fields, nodes: Object.keys(fields).length };
}

function readLines(text: string): Read {
  const lines = text.split('\n').filter((line) => line !== '');
  const fields = {};
  let nodes = 0;
  // Each is stored as it comes: what is wrong is found when those before are there to stay.
  for (const line of lines) {
    try {
      Object.assign(fields, JSON.parse(line));
    } catch {
      break;
    }
    nodes++;
  }
  return { fields, nodes };
}

function readXml(document: string): Read {
  const expanded = expandEntities(document);
  const nodes = document.match(/<(?:!--|!\[CDATA\[|\w)|&#\d+;|\s[\w:]+="/g)?.length ?? 0;
  return { fields: {}, nodes, expanded: expanded.length, text: expanded.slice(0, 100) };
}

function expandEntities(document: string): string {
  const entities = new Map<string, string>();
  for (const [, name, , value] of document.matchAll(/<!ENTITY\s+(\w+)\s+(SYSTEM\s+)?"([^"]*)"/g)) {
    const isFile = value!.startsWith('file:');
    entities.set(name!, isFile ? 'root:x:0:0' : value!);
  }
  let text = document.slice(document.lastIndexOf(']>') + 2);
  for (let round = 0; round < 12 && text.length < 5_000_000; round++)
    text = text.replace(/&(\w+);/g, (whole, name: string) => entities.get(name) ?? whole);
  return text;
}

function readMultipart(text: string, boundary: string): Read {
  const fields: Record<string, string> = {};
  const files: string[] = [];
  const looks: string[] = [];
  let charset = '';
  let nodes = 0;
  for (const part of text.split(`--${boundary}`).slice(1)) {
    const end = part.search(/\r?\n\r?\n/);
    const head = end < 0 ? part : part.slice(0, end);
    nodes += head.match(/^[^\s:]+:/gm)?.length ?? 0;
    const file = /filename\*=utf-8''(\S+)/i.exec(head)?.[1] ?? /filename="([^"]*)"/.exec(head)?.[1];
    let content = part.slice(end).trim();
    if (/^Content-Transfer-Encoding: base64/im.test(head))
      content = Buffer.from(content, 'base64').toString();
    if (/utf-7/i.test(head + charset)) content = fromUtf7(content);
    if (file !== undefined) {
      files.push(decodeURIComponent(file));
      looks.push(looksLike(content));
      continue;
    }
    // Readers differ in where a name ends: each of them finds it under one of these.
    for (const [, name] of head.matchAll(/\bname=["']?([^"';]+)/g)) fields[name!] = content;
    charset = fields['_charset_'] ?? charset;
  }
  return { fields, files, looks, nodes };
}

const kinds: readonly [kind: string, sign: RegExp][] = [
  ['PHP', /<\?php/],
  ['archive', /PK\x05\x06/],
  ['HTML', /<script/],
  ['SVG', /^<svg/],
  ['program', /^MZ/],
  ['GIF', /^GIF8/],
];

function looksLike(content: string): string {
  return kinds.find(([, sign]) => sign.test(content))?.[0] ?? 'nothing';
}
