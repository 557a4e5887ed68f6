import type { CaseFacts } from '../../src/core/etcd/diagnosis/case.ts';
import type { MemberCondition } from '../../src/core/etcd/diagnosis/condition.ts';
import type { Diagnosed, Evidence, MachinePlace, MemberPlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import { idAt, type MemberSketch, ringOf } from './etcd-reading.ts';
import { PLACE } from './member-signs.ts';

const MUTE: ReadonlySet<MemberCondition> = new Set([
  'crash-looping',
  'node-not-ready',
  'machine-stopped',
  'machine-gone',
  'down',
  'unreachable-but-voting',
  'silent',
  'certificate-expired',
  'never-started',
]);

export const MACHINE: MachinePlace = {
  apiVersion: 'machine.openshift.io/v1beta1',
  kind: 'Machine',
  namespace: 'openshift-machine-api',
  name: 'ocp-master-1',
  uid: 'machine-uid',
  providerId: 'aws:///i-1',
  matchedBy: 'name-and-address',
  controller: 'none',
  controllerName: '',
  bareMetal: false,
};

/** A ring in these conditions; the first is the member that is asked for. */
export function membersOf(
  conditions: readonly MemberCondition[],
  place: MemberPlace = PLACE,
  source: Evidence['source'] = 'etcd',
): readonly Diagnosed[] {
  const answering = conditions.findIndex((condition) => !MUTE.has(condition) && condition !== 'learner');
  const needed = Math.floor(conditions.filter((condition) => condition !== 'learner').length / 2) + 1;
  const voting = conditions.filter((each) => !MUTE.has(each) && each !== 'learner' && each !== 'unsteady').length;
  // Without a quorum nobody leads and no read is answered.
  const hasQuorum = voting >= needed;
  const sketches = conditions.map((condition): MemberSketch => {
    const name = condition === 'never-started' ? { name: '' } : {};
    const silent = MUTE.has(condition) ? ({ silent: 'unreachable' } as const) : {};
    return { ...name, learner: condition === 'learner', deaf: !hasQuorum, ...silent };
  });
  const ring = ringOf({ members: sketches, leader: hasQuorum ? answering : null });
  return conditions.flatMap((condition, index) => {
    const member = ring.members.find(({ id }) => id === idAt(index));
    const evidence = [{ source, words: `seen ${condition}`, since: null } as const];
    const lagTrend = condition === 'lagging' ? ('growing' as const) : null;
    return member === undefined
      ? []
      : [{ member, condition, evidence, alsoSeen: [], place, lagTrend, wouldTell: 'its host' }];
  });
}

/** Facts of `prod`, a kubeadm cluster with node shells, unless told otherwise. */
export function factsOf(
  changes: Partial<Omit<CaseFacts, 'cluster'>> & { readonly platform?: CaseFacts['cluster']['platform'] } = {},
): CaseFacts {
  const { platform = 'kubeadm', ...rest } = changes;
  return {
    cluster: { name: 'prod', platform },
    members: membersOf(['crash-looping', 'healthy', 'healthy']),
    target: { kind: 'member', id: idAt(0) },
    overHealthy: false,
    corruptAlarm: false,
    reach: { nodeShell: true, hosts: true },
    openshift: platform === 'openshift' ? { topology: 'HighlyAvailable', controlPlaneMachineSet: 'absent' } : null,
    ...rest,
  };
}

export const OCP = { platform: 'openshift' } as const;
export const BARE: MemberPlace = {
  ...PLACE,
  node: null,
  nodeUid: null,
  nodeState: 'not-seen',
  host: '10.0.0.2',
  hostState: 'reached',
  matchedBy: 'none',
};
/** A ring of three whose first member is in this condition. */
export function sick(condition: MemberCondition, place?: MemberPlace, source?: Evidence['source']) {
  return { members: membersOf([condition, 'healthy', 'healthy'], place, source) };
}
/** A place on a node that is not ready, with a Machine. */
export function onMachine(changes: Partial<MachinePlace> = {}): MemberPlace {
  return {
    ...PLACE,
    nodeState: 'not-ready',
    machine: { ...MACHINE, ...changes },
  };
}
export const KCP = onMachine({ controller: 'kubeadm-control-plane', controllerName: 'KubeadmControlPlane/prod-cp' });
