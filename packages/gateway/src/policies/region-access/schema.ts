import { z } from 'zod';
import { mode } from '../../config/units.ts';

/** Codes that are common and wrong, those of regions that are no countries, and those that stand for nothing. */
const mistaken: Readonly<Record<string, string>> = {
  UK: 'the United Kingdom is GB',
  EL: 'Greece is GR',
  EU: 'the European Union is no country; name its members',
  UN: 'the United Nations are no country',
  ZZ: 'it stands for an unknown region; write unknown: refuse or allow',
  XX: 'it stands for an unknown region; write unknown: refuse or allow',
};

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

const country = z.string().superRefine((code, context) => {
  const fault = faultOf(code);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

function faultOf(code: string): string | undefined {
  if (!/^[A-Z]{2}$/.test(code))
    return 'expected the two capital letters of a country, such as DE (ISO 3166-1)';
  const hint = mistaken[code] ?? (names.of(code) === undefined ? 'there is no such country' : undefined);
  return hint === undefined ? undefined : `${code}: ${hint}`;
}

export const schema = z
  .strictObject({
    mode: mode(),
    allow: z
      .array(country)
      .min(1)
      .optional()
      .describe('Only from these countries (ISO 3166-1: DE, AT). Without it from all that are not denied.'),
    deny: z.array(country).min(1).optional().describe('Not from these countries, whatever allow says.'),
    unknown: z
      .enum(['refuse', 'allow'])
      .optional()
      .describe(
        'Addresses whose country is not known, private ones among them. Default refuse with an allow list, else allow.',
      ),
    database: z
      .string()
      .min(1)
      .optional()
      .describe(
        'An .mmdb file with countries. Default: that of the package @ip-location-db/geo-whois-asn-country-mmdb.',
      ),
  })
  .refine((each) => each.allow !== undefined || each.deny !== undefined, {
    error: 'expected allow, deny, or both',
  });

export type RegionAccessConfig = z.infer<typeof schema>;
