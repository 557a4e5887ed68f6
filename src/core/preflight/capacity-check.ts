import { amountWords, type Resources } from '../kubernetes/quantity.ts';
import type { Check } from '../plan.ts';
import type { CapacityFinding, CapacityVerdict, Unplaced } from './capacity.ts';
import { readingWords } from './unread.ts';

/** Id of the check of room for pods. */
export const CAPACITY_CHECK = 'capacity';

/** What else is known of the cluster. */
export interface CapacityBeside {
  /** Something adds nodes when pods wait: what would block is a warning. */
  readonly autoscaler: boolean;
  /** The places of volumes could not be looked at, and why; `null`: they were, or no pod that moves has any. */
  readonly volumesUnseen: string | null;
}

const TITLES: Readonly<Record<CapacityVerdict, string>> = {
  fits: 'Pods have room elsewhere',
  tight: 'Pods may not all have room',
  waits: 'Pods wait for the new node',
  nowhere: 'Pods have no room elsewhere',
};
/** More kinds of pods than this say nothing more; they are counted. */
const MOST_NAMED = 5;

/** The finding as a check, with figures and what to do. */
export function capacityCheck(finding: CapacityFinding, { autoscaler, volumesUnseen }: CapacityBeside): Check {
  const { verdict, unplaced, silent } = finding;
  const parts = [roomWords(finding), ...unplaced.slice(0, MOST_NAMED).map(unplacedWords)];
  if (unplaced.length > MOST_NAMED) parts.push(`and ${unplaced.length - MOST_NAMED} more kinds of pods`);
  if (silent.length > 0)
    parts.push(`not looked at: ${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not say what room there is`);
  if (volumesUnseen !== null) parts.push(volumeWords(volumesUnseen));
  if (verdict !== 'fits') parts.push(adviceWords(verdict, autoscaler));
  return {
    id: CAPACITY_CHECK,
    verdict: checkVerdict(finding, autoscaler, volumesUnseen),
    title:
      verdict === 'fits' && volumesUnseen !== null ? 'Where volumes can be used was not looked at' : TITLES[verdict],
    evidence: parts.join('; '),
  };
}

function checkVerdict(
  { verdict, pods }: CapacityFinding,
  autoscaler: boolean,
  volumesUnseen: string | null,
): Check['verdict'] {
  // A volume that was not looked at may be bound to where no other node is.
  const isUnread = volumesUnseen !== null && pods > 0;
  if (verdict === 'nowhere' || isUnread) return autoscaler ? 'warn' : 'block';
  return verdict === 'fits' ? 'pass' : 'warn';
}

function volumeWords(why: string): string {
  return `not looked at: where volumes can be used: ${why}; ${readingWords('list persistentvolumeclaims and persistentvolumes')}`;
}

function roomWords({ nodes, pods, asked, free, takers, fresh }: CapacityFinding): string {
  if (pods === 0) return 'no pod has to move';
  const named = nodes.length > 3 ? `${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more` : nodes.join(', ');
  const names = ['cpu', 'memory'].filter((name) => (asked[name] ?? 0) > 0);
  const ask =
    names.length === 0
      ? `${amountWords('pods', pods)} of ${named}`
      : `${amountWords('pods', pods)} of ${named} ask for ${listed(names, asked)}`;
  if (takers === 0) return `${ask}; no other node may take them`;
  const have = names.length === 0 ? ['pods'] : names;
  return `${ask}; ${takerWords(takers, fresh)} ${listed(have, free)} free`;
}

function takerWords(takers: number, fresh: number): string {
  if (fresh === takers) return takers === 1 ? '1 new node has' : `${takers} new nodes have`;
  if (fresh > 0) return `${takers} nodes, ${fresh} of them new, have`;
  return takers === 1 ? '1 node has' : `${takers} nodes have`;
}

function listed(names: readonly string[], amounts: Resources): string {
  return names.map((name) => amountWords(name, Math.max(0, amounts[name] ?? 0))).join(' and ');
}

function unplacedWords({ what, pods, of, why }: Unplaced): string {
  return `${what}: ${pods === of ? `${pods}` : `${pods} of ${of}`} ${of === 1 ? 'pod' : 'pods'} without a place: ${why}`;
}

function adviceWords(verdict: Exclude<CapacityVerdict, 'fits'>, autoscaler: boolean): string {
  if (verdict === 'waits')
    return 'they stay pending until the new node is ready: raise the surge of the group if they must not';
  if (verdict === 'tight') return 'add a node first if none of them may wait';
  return autoscaler
    ? 'an autoscaler is there and may add nodes; whether it can for these pods was not judged'
    : 'add a node that may take them, or change what they ask for';
}
