import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RawConnection } from '../../attacks/raw-client.ts';
import { type AccessRecord, type GatewayUnderTest, startGateway } from '../../harness/gateway.ts';
import type { Owner } from '../../harness/owner.ts';
import { startUpstream } from '../../harness/upstream.ts';
import { waitFor } from '../../harness/wait.ts';
import type { Suite } from '../suite.ts';
import { type FtwExpectation, readTests } from './ftw.ts';

/** Where Debian's package modsecurity-crs has the rules. */
const usualRules = '/usr/share/modsecurity-crs';

interface CrsOptions {
  /** A folder with the rules of CRS, or with their folder `rules`. */
  readonly rules: string;
  readonly paranoia: number;
}

/**
 * The regression tests of the OWASP Core Rule Set, byte for byte through the gateway and judged by the rules that its record
 * names. The settings are those with which CRS tests itself.
 */
export const crs: Suite = suiteOf({ rules: usualRules, paranoia: 4 });

function suiteOf(options: CrsOptions): Suite {
  const { rules } = options;
  let running: Promise<Running> | undefined;
  return {
    name: 'crs',
    corpus: 'crs-3.3.4',
    summary:
      'the tests of the OWASP Core Rule Set, through the gateway (--rules DIR --tests DIR --paranoia N --list-failures)',
    missing: existsSync(rules)
      ? undefined
      : `there is no ${rules}: install the Debian package modsecurity-crs, or name a folder with --rules`,
    withOptions: ({ rules: folder = rules, paranoia = options.paranoia }) =>
      suiteOf({ rules: resolve(folder), paranoia }),
    parts: (folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.yaml'))
        .sort(),
    async outcomes(folder, part) {
      running ??= start(options);
      const { gateway } = await running;
      const tests = readTests(join(folder, part));
      const replies = new Map<string, Answered>();
      const requests = tests.flatMap(({ stages }) => stages.map(({ request }) => request));
      for (let at = 0; at < requests.length; at += atOnce) {
        const some = [...new Set(requests.slice(at, at + atOnce))].filter((request) => !replies.has(request));
        const answered = await Promise.all(some.map((request) => answerTo(gateway, request)));
        for (const [index, request] of some.entries()) replies.set(request, answered[index]!);
      }
      const records = await recordsOf(gateway, [...replies.values()]);
      return tests.map(({ id, stages }) => {
        const reasons = stages.map(({ request, expected }) => {
          const { status, id: requestId } = replies.get(request)!;
          return reasonFor({ status, record: records.get(requestId ?? '') }, expected);
        });
        const reason = reasons.find((each) => each !== '') ?? '';
        return {
          ...{ id, what: id, expected: 'valid', actual: reason === '' ? 'valid' : 'invalid', reason },
          isApart: reason.startsWith(beforeRules),
        };
      });
    },
    async close() {
      const ends = (await running)?.ends ?? [];
      running = undefined;
      for (const end of ends.reverse()) await end();
    },
  };
}

interface Running {
  readonly gateway: GatewayUnderTest;
  readonly ends: (() => unknown)[];
}

async function start({ rules, paranoia }: CrsOptions): Promise<Running> {
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

interface Answered {
  /** Undefined when the connection ended without a reply. */
  readonly status: number | undefined;
  readonly id: string | undefined;
}

interface Answer {
  readonly status: number | undefined;
  readonly record: AccessRecord | undefined;
}

const atOnce = 16;

async function answerTo(gateway: GatewayUnderTest, request: string): Promise<Answered> {
  const connection = new RawConnection(gateway.httpPort);
  connection.write(request);
  // The head is enough: a reply to HEAD has no more.
  await connection.ended(5_000).catch(() => {});
  connection.close();
  return {
    status: Number(/^HTTP\/1\.[01] ([0-9]{3}) /.exec(connection.received)?.[1]) || undefined,
    id: /^x-request-id: (.*)\r$/im.exec(connection.received)?.[1],
  };
}

/** By request id. */
async function recordsOf(
  gateway: GatewayUnderTest,
  answered: readonly Answered[],
): Promise<ReadonlyMap<string, AccessRecord>> {
  const ids = answered.flatMap(({ id }) => id ?? []);
  return waitFor('the records', () => {
    const records = new Map(gateway.accessLog().map((each) => [String(each['id']), each]));
    return ids.every((id) => records.has(id)) && records;
  }) as Promise<ReadonlyMap<string, AccessRecord>>;
}

/** The gateway's reader of HTTP is strict: what it refuses, no rule gets to see. */
const beforeRules = 'refused by http: ';

/** Empty when all is as expected. */
function reasonFor({ status, record }: Answer, expected: FtwExpectation): string {
  if (expected.error) return status === undefined || status >= 400 ? '' : 'answered';
  if (expected.statuses.length > 0 && (status === undefined || !expected.statuses.includes(status)))
    return `status ${status ?? 'none'}`;
  if (expected.matching.length + expected.notMatching.length === 0) return '';
  const refusal = record?.['refusal'] as { policy: string; reason: string } | undefined;
  if (refusal?.policy === 'http') return `${beforeRules}${refusal.reason}`;
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
