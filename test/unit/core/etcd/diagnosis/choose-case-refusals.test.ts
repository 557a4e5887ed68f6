import { describe, expect, test } from 'vitest';
import { chooseCase } from '../../../../../src/core/etcd/diagnosis/choose-case.ts';
import type { Diagnosed } from '../../../../../src/core/etcd/diagnosis/evidence.ts';
import { factsOf, KCP, membersOf, OCP, onMachine, sick } from '../../../../support/case-facts.ts';
import { ringOf } from '../../../../support/etcd-reading.ts';
import { PLACE } from '../../../../support/member-signs.ts';

describe('refusals say what to do instead', () => {
  test.each([
    [
      'a healthy member',
      sick('healthy'),
      'target-healthy',
      /is healthy: seen healthy\. Nothing to replace\. A planned swap: `--over-healthy`/,
    ],
    [
      'a healthy member while another is sick',
      { members: membersOf(['healthy', 'crash-looping', 'healthy']) },
      'target-healthy',
      /The sick one is m-2 \(crash-looping\)/,
    ],
    ['a healthy member on OpenShift', { ...OCP, ...sick('healthy') }, 'target-healthy', /Nothing to replace\.$/],
    ['a swap on OpenShift', { ...OCP, ...sick('healthy'), overHealthy: true }, 'case', /replaced with its machine/],
    [
      'a swap while another is sick',
      { members: membersOf(['healthy', 'crash-looping', 'healthy']), overHealthy: true },
      'case',
      /a ring in which all are healthy, and m-2/,
    ],
    [
      'two of three',
      { members: membersOf(['machine-stopped', 'down', 'healthy']) },
      'restore',
      /2 of 3 voters are unhealthy: m-1 \(machine stopped\), m-2 \(not running\)\..*if none comes back, this is a restore/,
    ],
    [
      'two of three, one of them silent',
      { members: membersOf(['machine-stopped', 'silent', 'healthy']) },
      'restore',
      /Bring one of them back/,
    ],
    [
      'nobody answers us',
      { members: membersOf(['silent', 'silent', 'silent']) },
      'case',
      /cannot be told from here\. To find out: its host/,
    ],
    [
      'all answer, and none has a leader',
      { members: membersOf(['unsteady', 'unsteady', 'unsteady']) },
      'case',
      /3 of 3 voters answer, and none of them follows a leader/,
    ],
    [
      'a learner on OpenShift',
      { ...OCP, members: membersOf(['learner', 'healthy', 'healthy', 'healthy']) },
      'case',
      /the etcd operator adds members .*left to it\. .*`oc get clusteroperator etcd`/,
    ],
    ['an entry that never started on OpenShift', { ...OCP, ...sick('never-started') }, 'case', /left to it/],
    [
      'a learner of Cluster API',
      { platform: 'cluster-api', members: membersOf(['learner', 'healthy', 'healthy', 'healthy'], KCP) },
      'case',
      /KubeadmControlPlane\/prod-cp looks after.*`kubectl get machines -A`/,
    ],
    [
      'an entry that never started, of EKS Anywhere',
      { platform: 'eks-anywhere', ...sick('never-started') },
      'case',
      /the controller of the machines of prod looks after/,
    ],
    ['cut off from the others', sick('unsteady'), 'case', /cut off from the others/],
    ['one of one', { members: membersOf(['down']) }, 'restore', /1 of 1 voters/],
    ['one of two', { members: membersOf(['down', 'healthy']) }, 'restore', /2 voters have to agree/],
    [
      'an unstarted entry beside a dead voter',
      { members: membersOf(['never-started', 'down', 'healthy']) },
      'restore',
      /never started/,
    ],
    [
      'a CORRUPT alarm',
      { ...sick('data-differs'), corruptAlarm: true },
      'alarms',
      /m-1 \(other data than the others\) differs.*by hand: `etcdctl member remove [0-9a-f]+`.*docs\/runbooks\/etcd-replace\.md/,
    ],
    ['data of which nobody knows whose are right', sick('data-undecided'), 'case', /find out first/],
    ['our way to it', sick('unreachable-but-voting'), 'case', /mend the way/],
    ['only our connection', sick('silent'), 'case', /To find out: its host/],
    ['its certificate', sick('certificate-expired'), 'case', /Renew its certificate/],
    [
      'a full disk of a member that answers',
      sick('disk-full'),
      'case',
      /free space on that disk.*stop its etcd and ask again/,
    ],
    [
      'a full disk of a member that answers, while another does not: the quorum hangs on it',
      { members: membersOf(['disk-full', 'crash-looping', 'healthy']) },
      'case',
      /free space on that disk.*Do not stop it: m-2 \(crash-looping\)\. Bring that back first\.$/,
    ],
    [
      'a single node',
      { ...OCP, ...sick('crash-looping'), openshift: { topology: 'SingleReplica', controlPlaneMachineSet: 'absent' } },
      'case',
      /SingleReplica/,
    ],
    ['an unread topology', { ...OCP, ...sick('crash-looping'), openshift: null }, 'case', /could not be read/],
    [
      'an unread machine set',
      {
        ...OCP,
        ...sick('machine-stopped', onMachine()),
        openshift: { topology: 'HighlyAvailable', controlPlaneMachineSet: null },
      },
      'case',
      /could not be read/,
    ],
    [
      'no shells on OpenShift',
      { ...OCP, ...sick('crash-looping'), reach: { nodeShell: false, hosts: false } },
      'case',
      /nodeShell\.image/,
    ],
    [
      'no Machine of Cluster API',
      { platform: 'cluster-api', ...sick('node-not-ready') },
      'case',
      /nobody would replace it/,
    ],
    [
      'a Machine of somebody else',
      {
        platform: 'cluster-api',
        ...sick('node-not-ready', onMachine({ controller: 'other', controllerName: 'AWSManaged/x' })),
      },
      'case',
      /belongs to AWSManaged\/x/,
    ],
    ['a provider', { platform: 'gke' }, 'case', /provider of prod/],
    ['an id that is none', { target: { kind: 'member', id: 'abc' } }, 'case', /No member of prod has the id abc/],
  ] as const)('%s', (_name, changes, check, words) => {
    const choice = chooseCase(factsOf(changes));

    expect(choice).toMatchObject({ kind: 'refused', check });
    expect(choice.why).toMatch(words);
  });

  test('a member that others hear, while fewer answer us than agree, is no restore', () => {
    const ring = ringOf({ members: [{ silent: 'unreachable' }, { silent: 'unreachable' }, {}], leader: 2 });
    const members = ring.members.map((member): Diagnosed => {
      const condition = member.status === null ? 'unreachable-but-voting' : 'healthy';
      return { member, condition, evidence: [], alsoSeen: [], place: PLACE, lagTrend: null, wouldTell: '' };
    });

    const choice = chooseCase(factsOf({ members }));
    expect(choice).toMatchObject({ kind: 'refused', check: 'case' });
    expect(choice.why).toContain('voters that Drydock cannot reach take part');
  });
});
