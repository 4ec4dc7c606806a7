import type { RuleSource } from './load.ts';

/** How much the built-in rules suspect, and how much of it refuses a request. */
export interface CoreOptions {
  /** 1 is for any API; each level above finds more, and refuses more of the innocent. Default 1. */
  readonly paranoiaLevel?: 1 | 2 | 3;
  /** A request with this score is refused: 5 for a rule that is critical, 4 for an error, 3 for a warning. Default 5. */
  readonly inboundThreshold?: number;
  /** The same for a response. Default 4. */
  readonly outboundThreshold?: number;
  /** Whether bodies of responses are looked at. Default false. */
  readonly inspectsResponses?: boolean;
}

/** In the order in which they run. */
const families = [
  'setup',
  'protocol',
  'sql-injection',
  'cross-site-scripting',
  'file-access',
  'command-injection',
  'template-injection',
  'ldap-injection',
  'nosql-injection',
  'xml-entities',
  'request-forgery',
  'code-injection',
  'deserialisation',
  'jndi',
  'prototype-pollution',
  'field-injection',
  'scanners',
  'web-shells',
  'leaks',
  'blocking',
] as const;

/** Where the files are, which are beside the source and in the package alike. */
const folder = `${import.meta.dirname}/../rules/core`;

/** The rules that come with the library, for `loadRules`, which reads them by its `files`. */
export function coreRules(options: CoreOptions = {}): RuleSource[] {
  const {
    paranoiaLevel = 1,
    inboundThreshold = 5,
    outboundThreshold = 4,
    inspectsResponses = false,
  } = options;
  const settings = [
    `setvar:tx.core_paranoia_level=${paranoiaLevel}`,
    `setvar:tx.core_inbound_threshold=${inboundThreshold}`,
    `setvar:tx.core_outbound_threshold=${outboundThreshold}`,
  ];
  const text = [
    `SecResponseBodyAccess ${inspectsResponses ? 'On' : 'Off'}`,
    `SecAction "id:9900000,phase:1,pass,nolog,${settings.join(',')}"`,
  ].join('\n');
  return [{ text, name: 'core.conf' }, ...families.map((family) => ({ path: `${folder}/${family}.conf` }))];
}
