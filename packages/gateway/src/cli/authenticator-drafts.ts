import type { ApiDefinition, SecurityScheme } from '../openapi/definition.ts';
import { authenticators } from '../policies/authentication/schema.ts';
import type { Hints } from './definition-hints.ts';
import { guessIssuer, type IssuerGuess } from './issuer-guess.ts';

/** An authenticator for a new configuration. */
export interface AuthenticatorDraft {
  readonly name: string;
  /** Why it is as it is, a line each. */
  readonly remarks: readonly string[];
  readonly settings:
    | { readonly kind: 'oauth2'; readonly guess: IssuerGuess; readonly from: string | undefined }
    | { readonly kind: 'apiKey'; readonly header: string }
    | { readonly kind: 'basic' }
    /** Cannot be in force before there is a file that `init` cannot make. */
    | { readonly kind: 'certificate' };
}

type Named = SecurityScheme & { readonly title: string };

/**
 * The authenticators that satisfy the security schemes of a definition. At most one reads tokens, one passwords, and one
 * each header: two that look for their credential in one place are refused as ambiguous.
 */
export function draftAuthenticators({ definition, schemeUrls }: Hints): AuthenticatorDraft[] {
  const schemes = schemesOf(definition);
  const drafts: AuthenticatorDraft[] = [];
  const names = new Set<string>();
  const tokens = schemes.filter(carriesToken);
  if (tokens.length > 0) drafts.push(tokenDraft(tokens, schemeUrls, names));
  const passwords = schemes.filter(carriesPassword);
  if (passwords.length > 0) {
    drafts.push({
      name: unique(nameFrom(passwords[0]!.title, 'passwords'), names),
      remarks: [
        `Username and password: ${listed(passwords)} of the definition. Clients that can should use tokens.`,
      ],
      settings: { kind: 'basic' },
    });
  }
  for (const [header, keys] of byHeader(schemes.filter(({ type }) => type === 'apiKey'))) {
    drafts.push({
      name: unique(nameFrom(keys.find((key) => key.in === 'header')?.title ?? '', 'keys'), names),
      remarks: keys.flatMap((key) => keyRemarks(key, header)),
      settings: { kind: 'apiKey', header },
    });
  }
  if (drafts.length === 0) {
    const remark =
      schemes.length === 0 ? ['The definition names no security scheme, so callers get API keys.'] : [];
    const settings = { kind: 'apiKey', header: 'x-api-key' } as const;
    drafts.push({ name: unique('keys', names), remarks: remark, settings });
  }
  const [first, ...others] = drafts;
  return [withRemarks(first!, schemes), ...others, ...certificateDraft(schemes.filter(isCertificate), names)];
}

function certificateDraft(schemes: readonly Named[], names: Set<string>): AuthenticatorDraft[] {
  if (schemes.length === 0) return [];
  const name = unique(nameFrom(schemes[0]!.title, 'certificates'), names);
  return [
    {
      name,
      remarks: [`Client certificates: ${listed(schemes)} of the definition.`],
      settings: { kind: 'certificate' },
    },
  ];
}

/** Those that operations ask for; where they ask for none, those that are declared. */
function schemesOf({ operations, shared }: ApiDefinition): Named[] {
  const used = new Set(
    operations.flatMap(({ security }) => (security ?? []).flat().map(({ scheme }) => scheme)),
  );
  const all = Object.entries(shared.securitySchemes).map(([title, scheme]) => ({ ...scheme, title }));
  const wanted = all.filter(({ title }) => used.has(title));
  return wanted.length > 0 ? wanted : all;
}

/** Other schemes of http too, as a token is what comes closest to them. */
function carriesToken(scheme: Named): boolean {
  const { type } = scheme;
  return type === 'oauth2' || type === 'openIdConnect' || (type === 'http' && !carriesPassword(scheme));
}

function carriesPassword({ type, scheme }: Named): boolean {
  return type === 'http' && scheme === 'basic';
}

function tokenDraft(
  schemes: readonly Named[],
  urls: Hints['schemeUrls'],
  names: Set<string>,
): AuthenticatorDraft {
  const candidates = schemes.flatMap(({ title }) => (Object.hasOwn(urls, title) ? urls[title]! : []));
  const from = candidates.find((url) => guessIssuer(url) !== undefined);
  const guess =
    (from === undefined ? undefined : guessIssuer(from)) ?? guessIssuer('https://id.example.com')!;
  const remarks = [`Bearer tokens: ${listed(schemes)} of the definition.`];
  const replaced = schemes.filter(({ type, scheme }) => type === 'http' && scheme !== 'bearer');
  if (replaced.length > 0)
    remarks.push(`Not supported: ${listed(replaced)}; callers have to send a token in its place.`);
  if (from !== undefined) remarks.push(`The issuer is read out of ${from}.`);
  return {
    name: unique(nameFrom(schemes[0]!.title, 'tokens'), names),
    remarks,
    settings: { kind: 'oauth2', guess, from },
  };
}

function isCertificate({ type }: Named): boolean {
  return type === 'mutualTLS';
}

/** By the header that carries them here: the definition's own, where the configuration takes it. */
function byHeader(keys: readonly Named[]): ReadonlyMap<string, readonly Named[]> {
  const groups = new Map<string, Named[]>();
  for (const key of keys) {
    const { in: location, name } = key;
    const header = location === 'header' && name !== undefined && canCarryKeys(name) ? name : 'x-api-key';
    groups.set(header, [...(groups.get(header) ?? []), key]);
  }
  return groups;
}

/** What the configuration takes as a header for keys. */
function canCarryKeys(header: string): boolean {
  return authenticators.safeParse({ key: { apiKey: { header } } }).success;
}

function keyRemarks({ title, in: location, name = '' }: Named, header: string): string[] {
  const remarks = [`API keys: ${title} of the definition.`];
  if (location === 'query') {
    remarks.push(
      `It has the key in the query (${name}), where logs and histories keep it; here it is a header.`,
    );
  } else if (location === 'cookie') {
    remarks.push(
      `It has the key in a cookie (${name}), which browsers send for any page; here it is a header.`,
    );
  } else if (header !== name) {
    remarks.push(
      `It names the header ${name}, from which no keys are taken; callers have to send ${header}.`,
    );
  }
  if (name === 'authorization') {
    remarks.push('If callers really send a token there, let the definition say http bearer, and use oauth2.');
  }
  return remarks;
}

/** What the gateway cannot check is said where authenticators are looked for. */
function withRemarks(draft: AuthenticatorDraft, schemes: readonly Named[]): AuthenticatorDraft {
  const others = schemes.filter(
    (each) => !carriesToken(each) && !carriesPassword(each) && !isCertificate(each) && each.type !== 'apiKey',
  );
  if (others.length === 0) return draft;
  const verb = others.length === 1 ? 'is' : 'are';
  return {
    ...draft,
    remarks: [
      `${listed(others)} of the definition ${verb} not supported: callers need one of these instead.`,
      ...draft.remarks,
    ],
  };
}

function listed(schemes: readonly Named[]): string {
  const all = schemes.map(
    ({ title, type, scheme }) => `${title} (${type === 'http' ? `http ${scheme ?? ''}`.trim() : type})`,
  );
  return all.length > 4 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ');
}

/** `bearerAuth` becomes `bearer-auth`. */
export function nameFrom(text: string, fallback: string): string {
  const words = text
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-$/g, '');
  const whole =
    words.length <= longestName
      ? words
      : words
          .slice(0, longestName + 1)
          .replace(/-[^-]*$/, '')
          .slice(0, longestName);
  return whole === '' ? fallback : whole;
}

/** Of an authenticator or an API, in characters; both may have 63. */
const longestName = 40;

function unique(name: string, taken: Set<string>): string {
  let chosen = name;
  for (let count = 2; taken.has(chosen); count++) chosen = `${name}-${count}`;
  taken.add(chosen);
  return chosen;
}
