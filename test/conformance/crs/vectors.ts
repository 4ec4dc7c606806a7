import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RawConnection } from '../../attacks/raw-client.ts';
import { type AccessRecord, type GatewayUnderTest, startGateway } from '../../harness/gateway.ts';
import type { Owner } from '../../harness/owner.ts';
import { startUpstream } from '../../harness/upstream.ts';
import { waitFor } from '../../harness/wait.ts';
import type { Outcome, Suite } from '../suite.ts';
import { type FtwExpectation, readTests } from './ftw.ts';

/** Where Debian's package modsecurity-crs has the rules; PORTCULLIS_CRS names another folder. */
const rules = process.env['PORTCULLIS_CRS'] ?? '/usr/share/modsecurity-crs';
const paranoia = Number(process.env['PORTCULLIS_PARANOIA'] ?? 4);

/**
 * The regression tests of the OWASP Core Rule Set, byte for byte through the gateway and judged by the rules that its record
 * names. The settings are those with which CRS tests itself.
 */
export const crs: Suite = {
  name: 'crs',
  corpus: 'crs-3.3.4',
  summary: 'the tests of the OWASP Core Rule Set, through the gateway (PORTCULLIS_CRS, PORTCULLIS_PARANOIA)',
  missing: existsSync(rules) ? undefined : `there is no ${rules}: install the Debian package modsecurity-crs`,
  parts: (folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.yaml'))
      .sort(),
  async outcomes(folder, part) {
    running ??= start();
    const { gateway } = await running;
    const outcomes: Outcome[] = [];
    for (const { id, stages } of readTests(join(folder, part))) {
      let reason = '';
      for (const { request, expected } of stages) {
        reason = reasonFor(await sent(gateway, request), expected);
        if (reason !== '') break;
      }
      outcomes.push({ id, what: id, expected: 'valid', actual: reason === '' ? 'valid' : 'invalid', reason });
    }
    return outcomes;
  },
  async close() {
    const ends = (await running)?.ends ?? [];
    running = undefined;
    for (const end of ends.reverse()) await end();
  },
};

interface Running {
  readonly gateway: GatewayUnderTest;
  readonly ends: (() => unknown)[];
}

let running: Promise<Running> | undefined;

async function start(): Promise<Running> {
  const ends: (() => unknown)[] = [];
  const owner: Owner = { after: (end) => void ends.push(end) };
  const upstream = await startUpstream(owner, (_, reply) => void reply.end('ok'));
  const gateway = await startGateway(owner, {
    config: `
listen: { http: { port: 0, plaintext: true }, admin: { port: 0 } }
threads: 1
policies: { authentication: none, access-log: { to: { file: access.log } }, leak-protection: off }
apis:
  all:
    upstream: { targets: ['${upstream.origin}'] }
    policies: { waf: { rules: [settings.conf, 'crs:${rules}'], paranoia: ${paranoia}, maxArguments: 100000 } }
`,
    files: { 'settings.conf': settings },
  });
  return { gateway, ends };
}

/** What CRS has in comments in its setup, and sets for its own tests. */
const settings = `SecAction "id:80000,phase:1,nolog,pass,t:none,setvar:tx.crs_validate_utf8_encoding=1,\\
setvar:tx.max_num_args=255,setvar:tx.arg_name_length=100,setvar:tx.arg_length=400,\\
setvar:tx.total_arg_length=64000,setvar:tx.max_file_size=64100,setvar:tx.combined_file_sizes=65535,\\
setvar:'tx.allowed_methods=GET HEAD POST OPTIONS',\\
setvar:'tx.allowed_request_content_type=|application/x-www-form-urlencoded| |multipart/form-data| |multipart/related| |text/xml| |application/xml| |application/soap+xml| |application/json| |application/cloudevents+json| |application/cloudevents-batch+json|'"
`;

interface Answer {
  /** Undefined when the connection ended without one. */
  readonly status: number | undefined;
  readonly record: AccessRecord | undefined;
}

async function sent(gateway: GatewayUnderTest, request: string): Promise<Answer> {
  const connection = new RawConnection(gateway.httpPort);
  connection.write(request);
  // The head is enough: a reply to HEAD has no more.
  await connection.ended(5_000).catch(() => {});
  connection.close();
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3}) /.exec(connection.received)?.[1]) || undefined;
  const id = /^x-request-id: (.*)\r$/im.exec(connection.received)?.[1];
  if (id === undefined) return { status, record: undefined };
  const record = await waitFor('the record', () => gateway.accessLog().findLast((each) => each['id'] === id));
  return { status, record };
}

/** Empty when all is as expected. */
function reasonFor({ status, record }: Answer, expected: FtwExpectation): string {
  if (expected.error) return status === undefined || status >= 400 ? '' : 'answered';
  if (expected.statuses.length > 0 && (status === undefined || !expected.statuses.includes(status)))
    return `status ${status ?? 'none'}`;
  if (expected.matching.length + expected.notMatching.length === 0) return '';
  const refusal = record?.['refusal'] as { policy: string; reason: string } | undefined;
  if (refusal !== undefined && refusal.policy !== 'waf')
    return `refused by ${refusal.policy}: ${refusal.reason}`;
  if (record === undefined) return status === undefined ? 'no reply' : `status ${status} without a record`;
  const matched = new Set(
    ((record['notes'] as { waf?: string[] } | undefined)?.waf ?? []).map((each) => Number.parseInt(each, 10)),
  );
  const missed = expected.matching.filter((id) => !matched.has(id));
  if (missed.length > 0) return `not matched: ${missed.join(', ')}`;
  const wrong = expected.notMatching.filter((id) => matched.has(id));
  return wrong.length > 0 ? `matched: ${wrong.join(', ')}` : '';
}
