import assert from 'node:assert/strict';
import { test } from 'node:test';
import { principal } from '../../testing/exchange.ts';
import type { AuthenticationRules } from './schema.ts';
import { compileStepUp } from './step-up.ts';

const now = 1_700_000_000;
const strong = { acrValues: ['urn:mfa', 'urn:hardware'] };
const recent = { maxAge: 300_000 };

const vectors: readonly (readonly [
  config: NonNullable<AuthenticationRules['stepUp']>,
  claims: Readonly<Record<string, unknown>>,
  fault: string | undefined,
])[] = [
  [strong, { acr: 'urn:mfa' }, undefined],
  [strong, { acr: 'urn:hardware' }, undefined],
  [strong, { acr: 'urn:password' }, 'acr-insufficient'],
  [strong, { acr: 'URN:MFA' }, 'acr-insufficient'],
  [strong, { acr: ['urn:mfa'] }, 'acr-insufficient'],
  [strong, {}, 'acr-insufficient'],
  [recent, { auth_time: now - 300 }, undefined],
  [recent, { auth_time: now - 301 }, 'auth-time-old'],
  [recent, { auth_time: now + 30 }, undefined],
  [recent, { auth_time: now + 31 }, 'auth-time-missing'],
  [recent, { auth_time: String(now) }, 'auth-time-missing'],
  [recent, {}, 'auth-time-missing'],
  [{ ...strong, ...recent }, { acr: 'urn:mfa', auth_time: now }, undefined],
  [{ ...strong, ...recent }, { acr: 'urn:mfa' }, 'auth-time-missing'],
  [{ ...strong, ...recent }, { auth_time: now }, 'acr-insufficient'],
];
for (const [config, claims, fault] of vectors) {
  test(`${JSON.stringify(config)} by ${JSON.stringify(claims)}: ${fault ?? 'enough'}`, () =>
    assert.equal(compileStepUp(config)?.fault(principal({ claims }), now * 1000), fault));
}

test('what the client is told', () => {
  assert.equal(
    compileStepUp({ ...strong, ...recent })?.parameters,
    ', acr_values="urn:mfa urn:hardware", max_age="300"',
  );
  assert.equal(compileStepUp(undefined), undefined);
});
