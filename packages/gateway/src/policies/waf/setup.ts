import type { Api, Operation } from '../../routing/apis.ts';
import type { WafConfig } from './schema.ts';

/** Ids of the rules that the policy writes itself: those of local rules, which nobody else gives away. */
export const ownRules = { setup: 90_000, multipart: 90_001, exclusions: 91_000 } as const;

const defaults = { body: 131_072, arguments: 4_000, held: 1_048_576, response: 524_288 } as const;

/** What the rules are told before they are read: how far to look, and what of the API they cannot know. */
export function setupText(config: WafConfig, api: Api | undefined, crsVersion: string | undefined): string {
  const { paranoia = 1, thresholds = {}, maxBody = defaults.body, responses = false } = config;
  const variables: readonly (readonly [name: string, value: string])[] = [
    ...(crsVersion === undefined ? [] : [['crs_setup_version', crsVersion] as const]),
    // The names of CRS 3, and those of CRS 4.
    ['paranoia_level', String(paranoia)],
    ['executing_paranoia_level', String(paranoia)],
    ['blocking_paranoia_level', String(paranoia)],
    ['detection_paranoia_level', String(paranoia)],
    ['inbound_anomaly_score_threshold', String(thresholds.inbound ?? 5)],
    ['outbound_anomaly_score_threshold', String(thresholds.outbound ?? 4)],
    ['allowed_methods', methodsOf(api?.operations)],
    ['allowed_request_content_type', mediaTypesOf(api?.operations)],
  ];
  return `SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit ${Math.max(defaults.held, maxBody)}
SecRequestBodyNoFilesLimit ${maxBody}
SecRequestBodyLimitAction Reject
SecArgumentsLimit ${config.maxArguments ?? defaults.arguments}
SecResponseBodyAccess ${responses ? 'On' : 'Off'}
SecResponseBodyMimeType ${responseTypes.join(' ')}
SecResponseBodyLimit ${defaults.response}
SecResponseBodyLimitAction ProcessPartial
SecDefaultAction "phase:1,log,auditlog,pass"
SecDefaultAction "phase:2,log,auditlog,pass"
SecAction "id:${ownRules.setup},phase:1,nolog,pass,t:none,${variables
    .map(([name, value]) => `setvar:'tx.${name}=${value}'`)
    .join(',')}"
`;
}

/** What is to be refused whatever the rules say, behind them, so that the record has their say too. */
export const closingText = `SecRule MULTIPART_UNMATCHED_BOUNDARY|MULTIPART_STRICT_ERROR "@eq 1" "id:${ownRules.multipart},phase:2,deny,status:400,t:none,msg:'The multipart body can be read in more than one way'"
`;

/** Types whose replies are held and looked into. */
export const responseTypes: readonly string[] = [
  'application/json',
  'application/problem+json',
  'application/xml',
  'text/html',
  'text/plain',
  'text/xml',
];

/** Most bytes of a reply that are held. */
export const heldReply: number = defaults.response;

/** With `OPTIONS`, which the gateway answers itself, and `HEAD`, which is a `GET`. */
function methodsOf(operations: readonly Operation[] | undefined): string {
  const stated = operations?.map(({ method }) => method) ?? ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  return [...new Set([...stated, 'HEAD', 'OPTIONS'])].join(' ');
}

const usualTypes: readonly string[] = [
  'application/json',
  'application/x-www-form-urlencoded',
  'application/xml',
  'multipart/form-data',
  'text/plain',
  'text/xml',
];

/** As CRS writes the list. Where the definition has ranges (`*\/*`), the rule about them has nothing to say. */
function mediaTypesOf(operations: readonly Operation[] | undefined): string {
  const stated = operations?.flatMap(({ definition }) => Object.keys(definition.requestBody?.content ?? {}));
  const types = (stated ?? usualTypes).map((type) => type.split(';', 1)[0]!);
  return [...new Set([...types, ...structured])].map((type) => `|${type}|`).join(' ');
}

/** Types that an API without a definition may use, and with one only where it says so: validation refuses the others. */
const structured: readonly string[] = [
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/vnd.api+json',
  'application/graphql+json',
  'application/soap+xml',
  'application/octet-stream',
];
