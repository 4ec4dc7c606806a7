import { durationBounds } from './series.ts';
import type { Totals } from './totals.ts';

type Labels = readonly (readonly [name: string, value: string | number])[];

/**
 * The totals in the text format of Prometheus, version 0.0.4.
 * @param oauthUp whether the OAuth server answers; undefined where there is none
 */
export function prometheusText(
  totals: Totals,
  rateLimit: { slots: number; evictions: number },
  oauthUp: boolean | undefined,
): string {
  const page = new Page();
  const apis = [...totals.apis];

  page.family(
    'portcullis_requests_total',
    'counter',
    'Requests by API and status; api is empty where none takes the request.',
  );
  for (const [api, total] of apis) {
    for (const [status, count] of total.requests)
      page.sample(
        '',
        [
          ['api', api],
          ['status', status],
        ],
        count,
      );
  }
  page.family('portcullis_refusals_total', 'counter', 'Requests refused, by policy and problem.');
  for (const [api, { refusals }] of apis)
    for (const [key, count] of refusals) page.sample('', policyLabels(api, key), count);
  page.family(
    'portcullis_observed_refusals_total',
    'counter',
    'Requests that a policy in monitor would have refused.',
  );
  for (const [api, { observations }] of apis) {
    for (const [key, count] of observations) page.sample('', policyLabels(api, key), count);
  }
  page.family(
    'portcullis_request_duration_seconds',
    'histogram',
    'From the complete head of a request to the end of its reply.',
  );
  for (const [api, { duration }] of apis) page.histogram([['api', api]], duration);
  page.family(
    'portcullis_upstream_duration_seconds',
    'histogram',
    'From the first attempt to the head of the reply of the upstream.',
  );
  for (const [api, { upstreamDuration }] of apis) page.histogram([['api', api]], upstreamDuration);
  page.family(
    'portcullis_upstream_errors_total',
    'counter',
    'Requests that the upstream failed, by error code.',
  );
  for (const [api, { upstreamErrors }] of apis) {
    for (const [code, count] of upstreamErrors)
      page.sample(
        '',
        [
          ['api', api],
          ['code', code],
        ],
        count,
      );
  }
  page.family('portcullis_request_bytes_total', 'counter', 'Bytes of request bodies.');
  for (const [api, { requestBytes }] of apis) page.sample('', [['api', api]], requestBytes);
  page.family('portcullis_reply_bytes_total', 'counter', 'Bytes of reply bodies.');
  for (const [api, { replyBytes }] of apis) page.sample('', [['api', api]], replyBytes);

  page.family(
    'portcullis_client_errors_total',
    'counter',
    'Connections cut off before there was a request, by code.',
  );
  for (const [code, count] of totals.clientErrors) page.sample('', [['code', code]], count);
  page.family('portcullis_connections', 'gauge', 'Open client connections, by data thread.');
  for (const [thread, { connections }] of totals.threads) page.sample('', [['thread', thread]], connections);
  page.family('portcullis_requests_in_progress', 'gauge', 'Requests in progress, by data thread.');
  for (const [thread, { inProgress }] of totals.threads) page.sample('', [['thread', thread]], inProgress);
  page.family(
    'portcullis_event_loop_delay_seconds',
    'gauge',
    'Delay of the event loop of a data thread in the last second.',
  );
  for (const [thread, report] of totals.threads) {
    page.sample(
      '',
      [
        ['thread', thread],
        ['quantile', '0.99'],
      ],
      report.loopDelayP99,
    );
    page.sample(
      '',
      [
        ['thread', thread],
        ['quantile', '1'],
      ],
      report.loopDelayMax,
    );
  }
  page.family('portcullis_threads_replaced_total', 'counter', 'Data threads that died and were replaced.');
  page.sample('', [], totals.threadsReplaced);
  page.family('portcullis_reloads_total', 'counter', 'Reloads of the configuration.');
  page.sample('', [['outcome', 'succeeded']], totals.reloads.succeeded);
  page.sample('', [['outcome', 'failed']], totals.reloads.failed);
  page.family(
    'portcullis_log_lines_dropped_total',
    'counter',
    'Log lines given up because they could not be written in time.',
  );
  page.sample('', [], totals.logLinesDropped);
  page.family('portcullis_rate_limit_slots', 'gauge', 'Rate limit counters that fit in memory.');
  page.sample('', [], rateLimit.slots);
  page.family(
    'portcullis_rate_limit_evictions_total',
    'counter',
    'Live rate limit counters given up for want of memory.',
  );
  page.sample('', [], rateLimit.evictions);
  if (oauthUp !== undefined) {
    page.family('portcullis_oauth_server_up', 'gauge', 'Whether the OAuth server answers.');
    page.sample('', [], oauthUp ? 1 : 0);
  }
  return page.text;
}

function policyLabels(api: string, key: string): Labels {
  const [policy = '', problem = ''] = key.split(' ');
  return [
    ['api', api],
    ['policy', policy],
    ['problem', problem],
  ];
}

class Page {
  text = '';
  #name = '';

  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void {
    this.#name = name;
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  }

  sample(suffix: string, labels: Labels, value: number): void {
    const inside = labels.map(([name, each]) => `${name}="${escapeLabel(String(each))}"`).join(',');
    this.text += `${this.#name}${suffix}${inside === '' ? '' : `{${inside}}`} ${value}\n`;
  }

  histogram(
    labels: Labels,
    { counts, sum }: { readonly counts: readonly number[]; readonly sum: number },
  ): void {
    let below = 0;
    durationBounds.forEach((bound, i) => {
      below += counts[i]!;
      this.sample('_bucket', [...labels, ['le', bound]], below);
    });
    const all = below + counts[durationBounds.length]!;
    this.sample('_bucket', [...labels, ['le', '+Inf']], all);
    this.sample('_sum', labels, sum);
    this.sample('_count', labels, all);
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
