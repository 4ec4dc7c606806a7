import { readFileSync } from 'node:fs';
import { readRequest } from './asked-request.ts';
import { UsageFault } from './command.ts';

/** A request for the rules: as it would be on the wire. */
export interface WrittenRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly target: string;
  /** Names and values by turns. */
  readonly fields: readonly string[];
  /** Bytes as latin1. */
  readonly body: string;
}

/** What curl's options say; those of its names mean the same. */
export interface CurlOptions {
  readonly request?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly data?: readonly string[] | undefined;
}

/** What curl sends by itself. */
const usual = ['User-Agent', 'curl/8.5.0', 'Accept', '*/*'];

/** @throws UsageFault for a field that is none */
export function requestOfCurl(url: string | undefined, options: CurlOptions): WrittenRequest {
  const { data = [], header = [] } = options;
  const method = options.request ?? (data.length > 0 ? 'POST' : 'GET');
  const { scheme, authority, target, method: spelled } = readRequest(method, url);
  const given = header.flatMap(fieldOf);
  const has = (name: string): boolean =>
    given.some((each, at) => at % 2 === 0 && each.toLowerCase() === name);
  const body = Buffer.from(data.map(dataOf).join('&')).toString('latin1');
  const fields = [...(has('host') ? [] : ['Host', authority])];
  for (let at = 0; at < usual.length; at += 2)
    if (!has(usual[at]!.toLowerCase())) fields.push(usual[at]!, usual[at + 1]!);
  fields.push(...given);
  if (body !== '') {
    if (!has('content-type')) fields.push('Content-Type', 'application/x-www-form-urlencoded');
    if (!has('content-length')) fields.push('Content-Length', String(body.length));
  }
  return { method: spelled, scheme, authority, target, fields, body };
}

/** As curl does, `@file` is the content of a file. */
function dataOf(data: string): string {
  return data.startsWith('@') ? readText(data.slice(1)) : data;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageFault(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new UsageFault(`"${line}" is no field: write it as 'Name: value'`);
  return [line.slice(0, colon), latin1(line.slice(colon + 1).trim())];
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/**
 * A request as it is on the wire: its first line, fields, an empty line, the body. Lines may end with LF alone.
 * @throws UsageFault for a file that is none
 */
export function requestOfFile(file: string): WrittenRequest {
  const text = readText(file);
  const end = /\r?\n\r?\n/.exec(text);
  const head = (end === null ? text : text.slice(0, end.index)).split(/\r?\n/).filter((line) => line !== '');
  const line = /^(\S+) (\S+)(?: HTTP\/[0-9.]+)?$/.exec(head[0] ?? '');
  if (line === null)
    throw new UsageFault(
      `${file} does not begin like a request: POST /orders HTTP/1.1, fields, an empty line, the body`,
    );
  const fields = head.slice(1).flatMap(fieldOf);
  const host = fields.find((_, at) => at % 2 === 1 && fields[at - 1]!.toLowerCase() === 'host');
  if (host === undefined) throw new UsageFault(`${file} has no field Host, which says whose API it is for`);
  const body = end === null ? '' : latin1(text.slice(end.index + end[0].length));
  const [, method = '', target = ''] = line;
  return { method, scheme: 'https', authority: host, target, fields, body };
}
