import type { EngineLink, LinkRun, OnMatch } from '../link.ts';
import { isLeftOut } from './left-out.ts';

/**
 * A link that looks at one member of TX, or counts it, as it is: the comparisons with paranoia levels and scores, of which a
 * rule set has hundreds. Undefined for any other.
 */
export function txLink(link: EngineLink, onMatch: OnMatch): LinkRun | undefined {
  const { targets, operator, isNegated, chain } = link;
  const member = targets[0]?.txMember;
  if (member === undefined || targets.length !== 1 || chain.length > 0) return undefined;
  const { slot, key, isCount } = member;
  const variable = isCount ? '&TX' : 'TX';
  const { run } = operator;
  return (state) => {
    const held = state.tx.slot(slot);
    if (held === undefined && !isCount) return false;
    const value = isCount ? (held === undefined ? '0' : '1') : held!;
    const match = run(value, state);
    if ((match === false) !== isNegated) return false;
    const item = { variable, key, value };
    if (isLeftOut(link, state, item)) return false;
    onMatch(state, item, value, match === false ? [] : match);
    return true;
  };
}
