import type { NodeReading } from '../../kubernetes/node.ts';
import { configOf, type PoolReading, rollOutBeside } from '../../openshift/machine-config.ts';
import type { Check } from '../../plan.ts';
import { formatSpan, parseTime } from '../../time.ts';

/** How long a node may be away for a planned restart before it is no longer expected back, ms. */
const BACK_WITHIN_MS = 30 * 60_000;

/** What speaks for a node that comes back by itself. */
export interface BackSigns {
  readonly node: NodeReading;
  /** `none`: the cluster has no such pool; `not-read`: whether one is being rolled out could not be read, and why. */
  readonly pool: PoolReading | 'none' | { readonly notRead: string };
  /** The other nodes of the control plane; they matter where there is a pool. */
  readonly others: readonly NodeReading[];
  /** The machine and its node stay; only etcd is made anew on it. */
  readonly inPlace: boolean;
  /** The member is out of the list already, so that nothing is removed. */
  readonly behind: boolean;
  /** Who sets nodes to rest in this cluster: `oc` or `kubectl`. */
  readonly tool: 'oc' | 'kubectl';
  /** ms since the epoch. */
  readonly nowMs: number;
}

interface Finding {
  readonly verdict: 'warn' | 'block';
  /** Of this node; else of the ones beside it. */
  readonly own: boolean;
  /** A sentence, with what to do where it blocks. */
  readonly words: string;
}

/**
 * A member whose node is being worked on is expected back, and is waited for rather than replaced. What is known not to come back is let through by
 * a word of whoever knows it: the node uncordoned, the pool paused.
 */
export function expectedBackCheck(signs: BackSigns): Check {
  const found = [...poolFinding(signs), ...machineConfigFinding(signs), ...cordonFinding(signs)];
  const evidence = found.map(({ words }) => words).join(' ');
  const blocking = found.filter(({ verdict }) => verdict === 'block');
  if (blocking.length > 0) {
    const title = blocking.some(({ own }) => own)
      ? 'Its node is expected back'
      : 'Another node of the control plane may go down next';
    return { id: 'expected-back', verdict: 'block', title, evidence };
  }
  if (found.length > 0)
    return { id: 'expected-back', verdict: 'warn', title: 'Its node may be expected back', evidence };
  return {
    id: 'expected-back',
    verdict: 'pass',
    title: 'Nothing says that its node is expected back',
    evidence: `node ${signs.node.name} is not cordoned${poolAtRest(signs.pool)}`,
  };
}

/** Whoever looks at the pool sees it as updating while a node is away, and is told why that does not matter. */
function poolAtRest(pool: BackSigns['pool']): string {
  if (pool === 'none') return '';
  const rest = ', and no MachineConfig is being rolled out';
  if ('notRead' in pool || !pool.updating) return rest;
  return `${rest}: MachineConfigPool master says Updating, for which a node that is not ready is enough`;
}

const PAUSE = `oc patch machineconfigpool master --type merge --patch '{"spec":{"paused":true}}'`;

/** Whoever restarts one node of the control plane after the other takes the next one while the ring stands thin. */
function poolFinding({ pool, node, others }: BackSigns): readonly Finding[] {
  if (pool === 'none') return [];
  if ('notRead' in pool)
    return [
      {
        verdict: 'warn',
        own: false,
        words: `Whether a MachineConfig is being rolled out over the control plane was not read: ${pool.notRead}.`,
      },
    ];
  const left = rollOutBeside(pool, node, others);
  if (left === null) return [];
  if (pool.paused)
    return [
      {
        verdict: 'warn',
        own: false,
        words: `MachineConfigPool master is paused in the middle of a roll-out (${left}): a node that has begun goes on all the same. Look at them before you approve.`,
      },
    ];
  return [
    {
      verdict: 'block',
      own: false,
      words: `A MachineConfig is being rolled out over the control plane (${left}): its nodes restart one after the other, and another one may go down in the middle of a replacement. Wait for it: \`oc get machineconfigpool master\`. If it waits for this node, and this node will not come back, pause the roll-out, ask again, and take the pause away afterwards: \`${PAUSE}\`.`,
    },
  ];
}

function machineConfigFinding(signs: BackSigns): readonly Finding[] {
  const { node, pool, nowMs } = signs;
  const { current, desired, state, differs, atWork, givenUp } = configOf(node);
  if (!atWork && (!differs || givenUp)) return [];
  const what = differs ? ` (${current} → ${desired})` : '';
  const seen = `Node ${node.name} is being changed by a MachineConfig${what}, state ${state === '' ? 'not told' : state}${awayWords(signs)}`;
  if (isPaused(pool))
    return [{ verdict: 'warn', own: true, words: `${seen}; the roll-out is paused, so it is not waited for.` }];
  const sinceMs = awaySince(signs);
  if (sinceMs !== null && nowMs - sinceMs >= BACK_WITHIN_MS)
    return [{ verdict: 'warn', own: true, words: `${seen}: longer than a restart takes.` }];
  const until =
    sinceMs === null ? '' : ` In ${formatSpan(sinceMs + BACK_WITHIN_MS - nowMs)} it is not waited for any more.`;
  return [
    {
      verdict: 'block',
      own: true,
      words: `${seen}. It restarts and comes back by itself: wait for it.${until} If it will not come back, pause the roll-out, ask again, and take the pause away afterwards: \`${PAUSE}\`.`,
    },
  ];
}

function isPaused(pool: BackSigns['pool']): boolean {
  return pool !== 'none' && 'paused' in pool && pool.paused;
}

/** A cordon is the word of somebody who works on the node; a node that is well under it is not about to go. */
function cordonFinding(signs: BackSigns): readonly Finding[] {
  const { node, inPlace, behind, tool } = signs;
  if (!node.cordoned) return [];
  const seen = `Node ${node.name} is cordoned${awayWords(signs)}: somebody is working on it`;
  if (behind || (inPlace && node.ready === 'yes'))
    return [{ verdict: 'warn', own: true, words: `${seen}. Ask before you approve.` }];
  return [
    {
      verdict: 'block',
      own: true,
      words: `${seen}, or it is being restarted, and it is expected back. Wait for it. If it will not come back, uncordon it and ask again: \`${tool} ${tool === 'oc' ? 'adm ' : ''}uncordon ${node.name}\`.`,
    },
  ];
}

function awaySince({ node }: BackSigns): number | null {
  return node.ready === 'yes' || node.readySince === null ? null : parseTime(node.readySince);
}

function awayWords(signs: BackSigns): string {
  const { node, nowMs } = signs;
  if (node.ready === 'yes') return '';
  const sinceMs = awaySince(signs);
  return sinceMs === null
    ? ', not ready'
    : `, not ready since ${node.readySince ?? ''} (${formatSpan(nowMs - sinceMs)})`;
}
