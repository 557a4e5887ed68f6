import { boolean, constantFrom, assert as holds, option, property, record, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PLATFORMS } from '../../../../../src/core/cluster-profile.ts';
import { REPLACE_CASES } from '../../../../../src/core/etcd/diagnosis/case.ts';
import { chooseCase } from '../../../../../src/core/etcd/diagnosis/choose-case.ts';
import { MEMBER_CONDITIONS } from '../../../../../src/core/etcd/diagnosis/condition.ts';
import type { MachinePlace, MemberPlace } from '../../../../../src/core/etcd/diagnosis/evidence.ts';
import { BARE, factsOf, KCP, MACHINE, membersOf, OCP, onMachine, sick } from '../../../../support/case-facts.ts';
import { PLACE } from '../../../../support/member-signs.ts';

describe('the case of each platform', () => {
  test.each([
    ['OpenShift, crash-looping', { ...OCP, ...sick('crash-looping') }, 'ocp-pod'],
    ['OpenShift, other data', { ...OCP, ...sick('data-differs') }, 'ocp-pod'],
    ['OpenShift, no pod on a ready node', { ...OCP, ...sick('down', PLACE, 'pod') }, 'ocp-pod'],
    ['OpenShift, machine stopped', { ...OCP, ...sick('machine-stopped', onMachine()) }, 'ocp-machine'],
    ['OpenShift, node not ready', { ...OCP, ...sick('node-not-ready', onMachine()) }, 'ocp-machine'],
    [
      'OpenShift, not running on a node that is not ready yet long enough',
      { ...OCP, ...sick('down', onMachine()) },
      'refused',
    ],
    ['kubeadm, no pod on a ready node', sick('down', PLACE, 'pod'), 'kubeadm-place'],
    ['kubeadm, others have lost it, and its kubelet has not', sick('down', PLACE, 'peers'), 'refused'],
    [
      'kubeadm, not running, and no node is there',
      sick('down', { ...PLACE, nodeState: 'absent' }, 'peers'),
      'kubeadm-host',
    ],
    [
      'OpenShift, an active machine set',
      {
        ...OCP,
        ...sick('machine-stopped', onMachine()),
        openshift: { topology: 'HighlyAvailable', controlPlaneMachineSet: 'active' },
      },
      'ocp-machine-cpms',
    ],
    [
      'OpenShift, an inactive machine set',
      {
        ...OCP,
        ...sick('machine-stopped', onMachine()),
        openshift: { topology: 'HighlyAvailable', controlPlaneMachineSet: 'inactive' },
      },
      'ocp-machine',
    ],
    ['OpenShift, no Machine', { ...OCP, ...sick('machine-gone', { ...PLACE, nodeState: 'absent' }) }, 'ocp-host'],
    ['OpenShift on bare metal', { ...OCP, ...sick('node-not-ready', onMachine({ bareMetal: true })) }, 'ocp-host'],
    ['kubeadm, crash-looping', sick('crash-looping'), 'kubeadm-place'],
    [
      'kubeadm, crash-looping, no shells',
      { ...sick('crash-looping'), reach: { nodeShell: false, hosts: false } },
      'kubeadm-host',
    ],
    ['kubeadm, node not ready', sick('node-not-ready', { ...PLACE, nodeState: 'not-ready' }), 'kubeadm-host'],
    ['Cluster API', { platform: 'cluster-api', ...sick('node-not-ready', KCP) }, 'kcp'],
    [
      'Cluster API, crash-looping',
      { platform: 'cluster-api', ...sick('crash-looping', { ...KCP, nodeState: 'ready' }) },
      'kcp',
    ],
    [
      'EKS Anywhere, external',
      {
        platform: 'eks-anywhere',
        ...sick('down', {
          ...onMachine({ controller: 'etcdadm', controllerName: 'EtcdadmCluster/prod-etcd' }),
          nodeState: 'not-seen',
        }),
      },
      'eksa-etcd',
    ],
    ['EKS Anywhere, stacked', { platform: 'eks-anywhere', ...sick('node-not-ready', KCP) }, 'kcp'],
    ['bare ring', { platform: 'etcd', ...sick('crash-looping', BARE) }, 'ring-place'],
    [
      'bare ring, its host does not answer',
      { platform: 'etcd', ...sick('down', { ...BARE, hostState: 'unreachable' }) },
      'ring-host',
    ],
    [
      'bare ring, no access to hosts',
      {
        platform: 'etcd',
        ...sick('down', { ...BARE, hostState: 'not-asked' }),
        reach: { nodeShell: false, hosts: false },
      },
      'ring-host',
    ],
    ['lagging more and more', sick('lagging'), 'kubeadm-place'],
    ['an entry that never started', sick('never-started'), 'drop-unstarted'],
    ['a learner', { members: membersOf(['learner', 'healthy', 'healthy', 'healthy']) }, 'drop-learner'],
    ['a swap', { ...sick('healthy'), overHealthy: true }, 'swap'],
    ['a swap of a bare ring', { platform: 'etcd', ...sick('disk-slow', BARE), overHealthy: true }, 'swap'],
    [
      'two of five',
      { members: membersOf(['down', 'down', 'healthy', 'healthy', 'healthy'], PLACE, 'pod') },
      'kubeadm-place',
    ],
    [
      'removed by hand, node well',
      {
        ...OCP,
        target: { kind: 'removed', name: 'cp-2', place: PLACE, proof: 'seen' },
        members: membersOf(['healthy', 'healthy']),
      },
      'ocp-pod',
    ],
    [
      'removed by hand, node sick',
      {
        ...OCP,
        target: { kind: 'removed', name: 'cp-2', place: onMachine(), proof: 'seen' },
        members: membersOf(['healthy', 'healthy']),
      },
      'ocp-machine',
    ],
    ['a full disk that only its log names', sick('disk-full', PLACE), 'refused'],
  ] as const)('%s: %s', (_name, changes, expected) => {
    const choice = chooseCase(factsOf(changes));

    expect(choice.kind === 'case' ? choice.case : choice.kind, choice.why).toBe(expected);
  });
});

describe.each([
  ['a full disk under a member that does not answer', 'disk-full', []],
  ['a full disk beside other data', 'data-differs', ['disk-full']],
] as const)('%s: there is no room for a new one in place, and always another way', (_name, condition, alsoSeen) => {
  test.each([
    ['OpenShift', { ...OCP }, { ...onMachine(), nodeState: 'ready' }, 'ocp-machine'],
    [
      'OpenShift, with a ControlPlaneMachineSet',
      { ...OCP, openshift: { topology: 'HighlyAvailable', controlPlaneMachineSet: 'active' } },
      { ...onMachine(), nodeState: 'ready' },
      'ocp-machine-cpms',
    ],
    ['OpenShift, without shells', { ...OCP, reach: { nodeShell: false, hosts: false } }, PLACE, 'ocp-host'],
    ['Cluster API', { platform: 'cluster-api' }, KCP, 'kcp'],
    ['kubeadm', {}, PLACE, 'kubeadm-host'],
    ['a bare ring, also with access', { platform: 'etcd' }, BARE, 'ring-host'],
  ] as const)('%s', (_platform, changes, place, expected) => {
    const [target, ...others] = membersOf(['crash-looping', 'healthy', 'healthy'], place);
    if (target === undefined) throw new Error('no target');
    const choice = chooseCase(factsOf({ ...changes, members: [{ ...target, condition, alsoSeen }, ...others] }));

    expect(choice).toMatchObject({ kind: 'case', case: expected });
  });
});

test('a full disk: what to do if room was freed is said, and who empties it', () => {
  const [target, ...others] = membersOf(['crash-looping', 'healthy', 'healthy'], BARE);
  if (target === undefined) throw new Error('no target');
  const members = [{ ...target, condition: 'disk-full' as const }, ...others];

  const { why } = chooseCase(factsOf({ platform: 'etcd', members }));
  expect(why).toMatch(/start its etcd: a member that answers is healthy again.*empties that disk.*--peer-url/);
});

test('every ring, condition and platform has an answer, and none of them removes who may be voting', () => {
  const machines = option(
    record({
      controller: constantFrom<MachinePlace['controller']>(
        'none',
        'other',
        'control-plane-machine-set',
        'kubeadm-control-plane',
        'etcdadm',
      ),
      bareMetal: boolean(),
    }),
  );
  const places = record({
    nodeState: constantFrom<MemberPlace['nodeState']>('ready', 'not-ready', 'absent', 'not-seen'),
    hostState: constantFrom<MemberPlace['hostState']>('reached', 'unreachable', 'not-asked'),
    machine: machines.map((made) => (made === null ? null : Object.assign({}, MACHINE, made))),
  });
  const condition = constantFrom(...MEMBER_CONDITIONS);
  const rest = record({
    platform: constantFrom(...PLATFORMS),
    overHealthy: boolean(),
    corruptAlarm: boolean(),
    reach: record({ nodeShell: boolean(), hosts: boolean() }),
    openshift: option(
      record({
        topology: constantFrom('HighlyAvailable', 'DualReplica', null),
        controlPlaneMachineSet: constantFrom('active' as const, 'inactive' as const, 'absent' as const, null),
      }),
    ),
  });
  const rings = tuple(condition, condition, condition, condition, condition);
  holds(
    property(rings, places, rest, (conditions, place, facts) => {
      const choice = chooseCase(factsOf({ ...facts, members: membersOf(conditions, { ...PLACE, ...place }) }));
      expect(choice.why).toMatch(/\.$|`--over-healthy`\.$/);
      if (choice.kind === 'refused') return;
      expect(REPLACE_CASES).toContain(choice.case);
      expect(['silent', 'unreachable-but-voting', 'certificate-expired']).not.toContain(conditions[0]);
      expect(facts.corruptAlarm).toBe(false);
      expect(choice.case === 'swap').toBe(conditions[0] === 'healthy' || conditions[0] === 'disk-slow');
      expect(choice.case.startsWith('ocp-') && facts.platform !== 'openshift').toBe(false);
      expect(choice.case.startsWith('ring-') && facts.platform !== 'etcd').toBe(false);
    }),
    { numRuns: 400 },
  );
});

describe('OpenShift, where the node of a removed member is gone', () => {
  const bare = { ...PLACE, node: null, nodeUid: null, nodeState: 'absent' } as const;
  const own = { ...bare, machine: onMachine().machine };
  const metal = { ...bare, machine: onMachine({ bareMetal: true }).machine };

  test.each([
    ['its Machine stands', own, null, 'absent', 'ocp-machine'],
    ['its Machine stands, and the next one too', own, 'next', 'inactive', 'ocp-machine'],
    ['the next one stands', bare, 'next', 'absent', 'ocp-machine'],
    ['the next one stands, of a set', bare, 'next', 'active', 'ocp-machine-cpms'],
    ['no Machine stands, and a set makes one', bare, null, 'active', 'ocp-machine-cpms'],
    ['no Machine stands', bare, null, 'absent', 'ocp-host'],
    ['its host of metal stands', metal, 'next', 'absent', 'ocp-host'],
    ['who makes machines was not read', bare, 'next', null, 'refused'],
    ['who makes machines was not read, and no Machine stands', bare, null, null, 'refused'],
  ] as const)('%s', (_what, place, next, controlPlaneMachineSet, expected) => {
    const target = { kind: 'removed', name: 'cp-2', place, proof: 'seen' } as const;
    const choice = chooseCase(
      factsOf({
        ...OCP,
        openshift: { topology: 'HighlyAvailable', controlPlaneMachineSet },
        target: next === null ? target : { ...target, nextMachine: next },
        members: membersOf(['healthy', 'healthy']),
      }),
    );
    expect(choice.kind === 'case' ? choice.case : choice.kind, choice.why).toBe(expected);
  });
});
