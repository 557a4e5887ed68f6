import { z } from 'zod';
import type { NodeReading } from '../../kubernetes/node.ts';
import type { Check } from '../../plan.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { formatSpan, parseTime } from '../../time.ts';

/** How long a node may be away for a planned restart before it is no longer expected back, ms. */
const BACK_WITHIN_MS = 30 * 60_000;

/** Roll-out of a MachineConfig over the control plane of OpenShift, as its MachineConfigPool tells. */
export interface PoolReading {
  /** Since when its nodes are changed one by one, ISO; empty: not told; `null`: they are not. */
  readonly updatingSince: string | null;
  readonly paused: boolean;
}

const Pool = z.object({
  spec: z.object({ paused: z.boolean().nullish() }).prefault({}),
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), lastTransitionTime: z.string().nullish() }))
        .nullish(),
    })
    .nullish(),
});

/** Reads a MachineConfigPool. @throws ZodError when the object has not the shape of one. */
export function readPool(object: KubernetesObject): PoolReading {
  const { spec, status } = Pool.parse(object);
  const updating = status?.conditions?.find(({ type, status: is }) => type === 'Updating' && is === 'True');
  return {
    updatingSince: updating === undefined ? null : (updating.lastTransitionTime ?? ''),
    paused: spec.paused === true,
  };
}

/** What speaks for a node that comes back by itself. */
export interface BackSigns {
  readonly node: NodeReading;
  /** `none`: the cluster has no such pool; `not-read`: whether one is being rolled out could not be read, and why. */
  readonly pool: PoolReading | 'none' | { readonly notRead: string };
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
  if (found.some(({ verdict }) => verdict === 'block'))
    return { id: 'expected-back', verdict: 'block', title: 'Its node is expected back', evidence };
  if (found.length > 0)
    return { id: 'expected-back', verdict: 'warn', title: 'Its node may be expected back', evidence };
  const { node } = signs;
  return {
    id: 'expected-back',
    verdict: 'pass',
    title: 'Nothing says that its node is expected back',
    evidence: `node ${node.name} is not cordoned${signs.pool === 'none' ? '' : ', and no MachineConfig is being rolled out'}`,
  };
}

const PAUSE = `oc patch machineconfigpool master --type merge --patch '{"spec":{"paused":true}}'`;

/** Whoever restarts one node of the control plane after the other takes the next one while the ring stands thin. */
function poolFinding({ pool }: BackSigns): readonly Finding[] {
  if (pool === 'none') return [];
  if ('notRead' in pool)
    return [
      {
        verdict: 'warn',
        words: `Whether a MachineConfig is being rolled out over the control plane was not read: ${pool.notRead}.`,
      },
    ];
  if (pool.updatingSince === null) return [];
  const since = pool.updatingSince === '' ? '' : ` since ${pool.updatingSince}`;
  if (pool.paused)
    return [{ verdict: 'warn', words: `MachineConfigPool master is paused in the middle of a roll-out${since}.` }];
  return [
    {
      verdict: 'block',
      words: `A MachineConfig is being rolled out over the control plane${since}: its nodes restart one after the other, so this one is expected back, and another one may go down next. Wait for it: \`oc get machineconfigpool master\`. If this node will not come back, pause the roll-out, ask again, and take the pause away afterwards: \`${PAUSE}\`.`,
    },
  ];
}

const MACHINE_CONFIG = 'machineconfiguration.openshift.io/';
/** Its daemon changes the node or restarts it. Source: pkg/daemon/constants of OpenShift's machine-config-operator. */
const AT_WORK: ReadonlySet<string> = new Set(['Working', 'Rebooting']);
/** Its daemon has given up; the node does not restart by itself. */
const GIVEN_UP: ReadonlySet<string> = new Set(['Degraded', 'Unreconcilable']);

function machineConfigFinding(signs: BackSigns): readonly Finding[] {
  const { node, pool, nowMs } = signs;
  const of = (name: string): string => node.annotations[`${MACHINE_CONFIG}${name}`] ?? '';
  const [current, desired, state] = [of('currentConfig'), of('desiredConfig'), of('state')];
  const differs = current !== '' && desired !== '' && current !== desired;
  if (!AT_WORK.has(state) && (!differs || GIVEN_UP.has(state))) return [];
  const what = differs ? ` (${current} → ${desired})` : '';
  const seen = `Node ${node.name} is being changed by a MachineConfig${what}, state ${state === '' ? 'not told' : state}${awayWords(signs)}`;
  if (isPaused(pool)) return [{ verdict: 'warn', words: `${seen}; the roll-out is paused, so it is not waited for.` }];
  const sinceMs = awaySince(signs);
  if (sinceMs !== null && nowMs - sinceMs >= BACK_WITHIN_MS)
    return [{ verdict: 'warn', words: `${seen}: longer than a restart takes.` }];
  const until =
    sinceMs === null ? '' : ` In ${formatSpan(sinceMs + BACK_WITHIN_MS - nowMs)} it is not waited for any more.`;
  return [
    {
      verdict: 'block',
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
    return [{ verdict: 'warn', words: `${seen}. Ask before you approve.` }];
  return [
    {
      verdict: 'block',
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
