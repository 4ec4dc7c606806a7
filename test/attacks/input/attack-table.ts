import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertCost, noProc, smallBound } from './cost.ts';
import type { Attack, LenientService } from './lenient-service.ts';

/** Each is seen to work without the gateway, and to be refused by it without the service hearing of it. */
export function testAttacks(service: LenientService, attacks: readonly Attack[]): void {
  for (const attack of attacks) {
    test(attack.name, async () => {
      assert.equal(await service.bare(attack), attack.bare, 'without the gateway');
      const before = service.arrived();
      assert.equal(await service.here(attack), attack.here);
      assert.equal(service.arrived(), before, 'the service heard of it');
    });
  }
  test('and what each costs is bounded', { skip: noProc }, async () => {
    for (const attack of attacks)
      await assertCost(service.gateway.pid, attack.name, () => service.here(attack), smallBound);
  });
}
