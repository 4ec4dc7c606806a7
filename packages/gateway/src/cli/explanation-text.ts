import { stringify } from 'yaml';
import { pathText } from '../config/fault-text.ts';
import type { Loaded } from '../config/load.ts';
import { queryParameters } from '../policies/authentication/query-parameters.ts';
import { type BodyLimits, phases } from '../policy.ts';
import { catalogue } from '../problems/catalogue.ts';
import { accessText } from './access.ts';
import type { Decision } from './decision.ts';
import type { Explanation, Outcome } from './explanation.ts';
import type { PolicyView } from './policy-view.ts';
import { inOneLine } from './summary.ts';

/** For people. */
export function explanationText(explanation: Explanation, loaded: Loaded): string {
  const head = [
    `${explanation.asked.method} ${withoutSecrets(explanation.asked.url, loaded)}`,
    ...headRows(explanation, loaded),
  ];
  return [head.join('\n'), ...stepBlocks(explanation, loaded), ...idleBlock(explanation, loaded)].join(
    '\n\n',
  );
}

/** The operator may have copied the URL of a caller, credential included. */
function withoutSecrets(url: string, { bundle }: Loaded): string {
  const names = queryParameters(bundle.configuration.authenticators ?? {});
  return names.reduce(
    (text, name) => text.replace(new RegExp(`([?&]${RegExp.escape(name)}=)[^&#]+`, 'g'), '$1…'),
    url,
  );
}

function headRows(
  { asked, read, notes, outcome, api, operation, access, decision, body }: Explanation,
  loaded: Loaded,
): string[] {
  const rows: string[] = [];
  const row = (label: string, text: string): void => void rows.push(`  ${label.padEnd(11)}${text}`);
  if (read !== undefined) {
    const target = read.query === '' ? read.path : `${read.path}?${read.query}`;
    if (target !== asked.target || read.authority !== asked.authority)
      row('read as', `${withoutSecrets(target, loaded)} at ${read.authority}`);
  }
  for (const note of notes) row('note', note);
  if (api !== undefined) row('api', `${api}  ${lineOf(loaded, ['apis', api])}`);
  if (operation !== undefined) {
    row(
      'operation',
      `${operation.id === `${operation.method} ${operation.template}` ? '' : `${operation.id}: `}${operation.method} ${operation.template}${operation.deprecated ? ' (deprecated)' : ''}`,
    );
    if (operation.summary !== undefined) row('', inOneLine(operation.summary));
    for (const [name, value] of Object.entries(operation.values))
      row('', `${name} = ${JSON.stringify(value)}`);
  }
  if (access !== undefined && access.kind !== 'nobody') row('who may', accessText(access));
  if (decision !== undefined) {
    for (const [index, text] of decisionRows(decision).entries()) row(index === 0 ? 'decision' : '', text);
  }
  if (body !== undefined && takesBody(asked.method))
    row(
      'body',
      body.held
        ? `held in memory and checked, ${sizeText(body.most)} at most`
        : `passed on as it arrives, ${sizeText(body.most)} at most`,
    );
  for (const [index, text] of outcomeRows(outcome).entries())
    row(index === 0 ? outcomeLabels[outcome.kind] : '', text);
  return rows;
}

/** What was asked, in order, and how it came out. */
function decisionRows({ allowed, problem, steps, later }: Decision): string[] {
  const rows = steps.map(({ kind, asks, met, reason }) => {
    if (kind === 'deny') return met ? `passed   not ${asks}` : `refused  ${asks}`;
    return met ? `met      ${asks}` : `refused  ${asks}${reason === undefined ? '' : `  (${reason})`}`;
  });
  const whole = allowed ? (later.length === 0 ? 'allowed' : 'allowed, as far as the head says') : problem!;
  return [whole, ...rows, ...later.map((text) => `later    ${text}`)];
}

const outcomeLabels: Readonly<Record<Outcome['kind'], string>> = {
  refused: 'refused',
  answered: 'answered',
  redirected: 'redirect',
  unheard: 'unheard',
  forwarded: 'upstream',
};

function outcomeRows(outcome: Outcome): string[] {
  switch (outcome.kind) {
    case 'refused': {
      const allow = outcome.allow === undefined ? [] : [`allow: ${outcome.allow.join(', ')}`];
      return [
        `${outcome.status} ${catalogue[outcome.problem].title} (${outcome.problem}), ${deciders[outcome.by] ?? `by ${outcome.by}`}`,
        ...allow,
        outcome.detail,
      ];
    }
    case 'answered':
      return [`by ${outcome.by}: ${outcome.detail}`];
    case 'redirected':
      return [`308 to ${outcome.location}`, 'listen.http serves no API without plaintext: true'];
    case 'unheard':
      return [outcome.detail];
    case 'forwarded':
      return [outcome.targets.join(' or '), `sees ${outcome.target} with host ${outcome.host}`];
  }
}

const deciders: Readonly<Record<string, string>> = {
  http: 'before any policy',
  routing: 'after the policies of the head',
};

function takesBody(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

function sizeText(bytes: BodyLimits['size']): string {
  if (!Number.isFinite(bytes)) return 'without a bound';
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}

/** Each phase with its policies; the settings stand where a policy comes first. */
function stepBlocks({ steps }: Explanation, loaded: Loaded): string[] {
  const shown = new Set<string>();
  const blocks: string[] = [];
  for (const phase of phases) {
    const own = steps.filter((step) => step.phase === phase);
    if (own.length === 0) continue;
    const lines = [`${phase}: ${phaseWords[phase]}`];
    for (const { view } of own) {
      const first = !shown.has(view.name);
      shown.add(view.name);
      lines.push(
        `  ${view.name.padEnd(20)} ${view.mode.padEnd(8)} ${first ? origin(view, loaded) : 'as above'}`,
      );
      if (first) lines.push(...settingRows(view));
    }
    blocks.push(lines.join('\n'));
  }
  return blocks;
}

const phaseWords: Readonly<Record<(typeof phases)[number], string>> = {
  head: 'before anybody looks at who calls',
  identity: 'who calls',
  rate: 'limits for whoever it is',
  authorize: 'may they',
  body: 'parameters and body',
  upstream: 'what the upstream gets to see',
  response: 'what the caller gets to see',
  reply: 'the content of the reply',
  record: 'what is kept of it',
};

function idleBlock({ idle }: Explanation, loaded: Loaded): string[] {
  if (idle.length === 0) return [];
  const rows = idle.map(
    ({ view, because }) =>
      `  ${view.name.padEnd(20)} ${because}${view.place === undefined ? '' : `  ${lineOf(loaded, view.place)}`}`,
  );
  return [['not met:', ...rows].join('\n')];
}

function origin(view: PolicyView, loaded: Loaded): string {
  return view.place === undefined ? 'by default' : `${pathText(view.place)}  ${lineOf(loaded, view.place)}`;
}

function lineOf({ faultAt }: Loaded, place: readonly (string | number)[]): string {
  const { file, line } = faultAt(place, '');
  return `${file}:${line}`;
}

/** As the file says it: references, never the secrets that they stand for. */
function settingRows({ settings }: PolicyView): string[] {
  if (typeof settings !== 'object' || settings === null || Object.keys(settings).length === 0) return [];
  return stringify(settings, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => `      ${line}`);
}

/** For programs. */
export function explanationJson(explanation: Explanation, loaded: Loaded): unknown {
  const { asked, read, notes, outcome, api, operation, access, decision, steps, idle, body } = explanation;
  const shown = ({ name, mode, place, settings }: PolicyView) => ({
    policy: name,
    mode,
    written: place === undefined ? null : { path: pathText(place), at: lineOf(loaded, place) },
    settings: settings ?? null,
  });
  return {
    request: { method: asked.method, url: asked.url },
    read: read ?? null,
    notes,
    outcome,
    api: api ?? null,
    operation: operation === undefined ? null : { ...operation, summary: operation.summary ?? null },
    access: access === undefined ? null : { ...access, text: accessText(access) },
    decision: decision ?? null,
    body:
      body === undefined ? null : { held: body.held, most: Number.isFinite(body.most) ? body.most : null },
    steps: steps.map(({ phase, view, onFault }) => ({ phase, onFault, ...shown(view) })),
    idle: idle.map(({ view, because }) => ({ ...shown(view), because })),
  };
}
