import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Algorithm } from '../../token-schema.ts';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const rsa: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const p256: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const p384: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-384' });
export const p521: KeyPair = generateKeyPairSync('ec', { namedCurve: 'P-521' });
export const ed25519: KeyPair = generateKeyPairSync('ed25519');

export function jwk(
  { publicKey }: KeyPair,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), ...more };
}

export function keySet(...keys: readonly unknown[]): string {
  return JSON.stringify({ keys });
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A signature as the algorithm wants it. */
export function signatureOf(algorithm: Algorithm, { privateKey }: KeyPair, signed: string): Buffer {
  const data = Buffer.from(signed);
  const digest = `sha${algorithm.slice(-3)}`;
  if (algorithm.startsWith('Ed')) return sign(null, data, privateKey);
  if (algorithm.startsWith('ES')) return sign(digest, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  if (algorithm.startsWith('RS')) return sign(digest, data, privateKey);
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return sign(digest, data, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

/**
 * A token.
 * @param claims an object, or the very text
 */
export function token(
  pair: KeyPair,
  header: Readonly<Record<string, unknown>> | string,
  claims: unknown,
  algorithm: Algorithm = 'ES256',
): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${signatureOf(algorithm, pair, signed).toString('base64url')}`;
}

export interface KeyServer {
  readonly url: string;
  /** Requests so far. */
  readonly asked: number;
  status: number;
  text: string;
  /** Further fields of replies. */
  fields: Readonly<Record<string, string>>;
  /** Replies wait for this. */
  until: Promise<void> | undefined;
}

/** A server of keys on a free port of the loopback. */
export async function keyServer(t: TestContext, text: string): Promise<KeyServer> {
  const state = {
    url: '',
    asked: 0,
    status: 200,
    text,
    fields: {} as Readonly<Record<string, string>>,
    until: undefined as Promise<void> | undefined,
  };
  const server = createServer(async (_, response) => {
    state.asked++;
    await state.until;
    response
      .writeHead(state.status, { 'content-type': 'application/jwk-set+json', ...state.fields })
      .end(state.text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  return state;
}
