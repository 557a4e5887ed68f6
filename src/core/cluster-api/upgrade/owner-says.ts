import { conditionIn } from '../conditions.ts';
import { oneLine } from './machine-words.ts';
import type { CapiOwner } from './owner.ts';

/**
 * Why an owner waits, as it says itself. While machines come or go it says with every one of them that it is blocked, "waiting for" what such
 * a machine always takes: that is the roll-out as it should be, and what the machine does is told by its own words.
 * Source: Cluster API, `controlplane/kubeadm/.../status.go`.
 *
 * @param isBusy a machine of it comes or goes
 */
export function ownerSays({ conditions }: Pick<CapiOwner, 'conditions'>, isBusy: boolean): readonly string[] {
  return ['ScalingUp', 'ScalingDown'].flatMap((type) => {
    const said = conditionIn(conditions, type);
    return said?.status === 'True' && /block|wait/i.test(said.message) ? blockedBy(said.message, isBusy) : [];
  });
}

const BLOCKED = ' is blocked because:';
const USUAL = /^waiting for\b\s*/i;

function blockedBy(message: string, isBusy: boolean): readonly string[] {
  const [first = '', ...lines] = message.split('\n');
  if (!first.endsWith(BLOCKED)) return isBusy && USUAL.test(first) ? [] : [oneLine(message)];
  const what = first.slice(0, -BLOCKED.length);
  const reasons = lines.map((line) => line.replace(/^\s*\*\s*/, '').trim()).filter((line) => line !== '');
  const others = reasons.filter((line) => !USUAL.test(line));
  if (others.length > 0) return [`${what}${BLOCKED} ${others.join('; ')}`];
  if (isBusy) return [];
  return [`${what} waits for ${reasons.map((line) => line.replace(USUAL, '')).join('; ')}, as after each machine`];
}
