import { listAt, textAt } from '../../kubernetes/api/reading.ts';
import type { Fields } from '../../kubernetes/contracts.ts';
import { identity, timeOf } from '../../kubernetes/controllers/objects.ts';
import type { NodeRevision } from './rollout.ts';
import { isNodeReady, podStateOf, type View } from './view.ts';

/** A condition without its time. */
export interface Said {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** What the Etcd object says. `problems`: what could not be done in this round, by controller. */
export function etcdConditions(
  view: View,
  statuses: readonly NodeRevision[],
  latest: number,
  problems: ReadonlyMap<string, string>,
): readonly Said[] {
  const members = view.members ?? [];
  const healthy = members.filter((each) => each.healthy).length;
  const sick = members.filter((each) => !each.healthy);
  const names = sick.map((each) => (each.name === '' ? 'NAME-PENDING' : each.name)).join(', ');
  const quorum = Math.floor(members.filter(({ isLearner }) => !isLearner).length / 2) + 1;
  const isQuorate = view.members !== null && healthy >= quorum;
  const counted =
    sick.length === 0
      ? `${healthy} members are available`
      : `${healthy} of ${members.length} members are available, ${names} is unhealthy`;
  const unstarted = members.filter(({ name }) => name === '');
  return [
    isQuorate ? yes('EtcdMembersAvailable', 'EtcdQuorate', counted) : no('EtcdMembersAvailable', 'No quorum', counted),
    sick.length === 0
      ? no('EtcdMembersDegraded', 'AsExpected', 'No unhealthy members found')
      : yes('EtcdMembersDegraded', 'UnhealthyMembers', counted),
    unstarted.length === 0
      ? no('EtcdMembersProgressing', 'AsExpected', 'No unstarted etcd members found')
      : yes('EtcdMembersProgressing', 'MembersNotStarted', `${unstarted.length} members have not started`),
    ...podConditions(view, statuses, latest),
    ...[...problems].map(([controller, message]) => yes(`${controller}Degraded`, 'Error', message)),
  ];
}

function podConditions(view: View, statuses: readonly NodeRevision[], latest: number): readonly Said[] {
  const notReady = view.masters.filter((master) => !isNodeReady(master)).map((master) => identity(master).name);
  const missing = view.masters
    .map((master) => identity(master).name)
    .filter((name) => !podStateOf(view.podOf(name)).isReady);
  const active = view.masters.length - missing.length;
  const arrived = statuses.filter(({ currentRevision }) => currentRevision === latest).length;
  const counts = `${arrived} nodes are at revision ${latest}`;
  const isThere = arrived === statuses.length && statuses.length > 0;
  const others = statuses.length - arrived;
  return [
    isThere
      ? no('NodeInstallerProgressing', 'AllNodesAtLatestRevision', counts)
      : yes('NodeInstallerProgressing', '', `${others} nodes are at an older revision; ${counts}`),
    active > 0
      ? yes('StaticPodsAvailable', '', `${active} nodes are active; ${counts}`)
      : no('StaticPodsAvailable', 'ZeroNodesActive', `0 nodes are active; ${counts}`),
    missing.length === 0
      ? no('StaticPodsDegraded', 'AsExpected', '')
      : yes(
          'StaticPodsDegraded',
          'Error',
          missing.map((name) => `pod/etcd-${name} container "etcd" is not ready`).join('\n'),
        ),
    notReady.length === 0
      ? no('NodeControllerDegraded', 'AsExpected', 'All master nodes are ready')
      : yes('NodeControllerDegraded', 'MasterNodesReady', `The master nodes not ready: ${notReady.join(', ')}`),
  ];
}

function yes(type: string, reason: string, message: string): Said {
  return { type, status: 'True', reason, message };
}

function no(type: string, reason: string, message: string): Said {
  return { type, status: 'False', reason, message };
}

/**
 * What the ClusterOperator says, as all operators put it together: available when every part is, degraded and progressing when any is.
 *
 * @param degradedFor how long a part has been degraded before it counts, ms; the real operator waits two minutes
 */
export function operatorConditions(etcd: unknown, now: number, degradedFor: number): readonly Said[] {
  const all = listAt(etcd, 'status', 'conditions');
  function of(suffix: string, bad: 'True' | 'False') {
    return all.filter((each) => textAt(each, 'type').endsWith(suffix) && textAt(each, 'status') === bad);
  }
  const degraded = of('Degraded', 'True').filter(
    (each) => now - Date.parse(textAt(each, 'lastTransitionTime')) >= degradedFor,
  );
  const progressing = of('Progressing', 'True');
  const away = of('Available', 'False');
  return [
    away.length === 0 ? said('Available', 'True', of('Available', 'True')) : said('Available', 'False', away),
    degraded.length === 0 ? said('Degraded', 'False', []) : said('Degraded', 'True', degraded),
    progressing.length === 0
      ? said('Progressing', 'False', of('Progressing', 'False'))
      : said('Progressing', 'True', progressing),
    said('Upgradeable', 'True', []),
  ];
}

function said(type: string, status: 'True' | 'False', parts: readonly unknown[]): Said {
  const isGood = (type === 'Available' || type === 'Upgradeable') === (status === 'True');
  const reasons = parts.map((each) => `${textAt(each, 'type').replace(type, '')}_${textAt(each, 'reason') || 'Error'}`);
  const message = parts.map((each) => `${textAt(each, 'type')}: ${textAt(each, 'message')}`).join('\n');
  return { type, status, reason: isGood ? 'AsExpected' : reasons.join('::'), message: message || 'All is well' };
}

/** The conditions with their times: one that says what it said keeps its. Those of controllers that have no problem now go. */
export function timed(before: unknown, conditions: readonly Said[], now: number): readonly Fields[] {
  const present = listAt(before, 'status', 'conditions');
  return conditions.map((each) => {
    const same = present.find((one) => textAt(one, 'type') === each.type && textAt(one, 'status') === each.status);
    return { ...each, lastTransitionTime: textAt(same, 'lastTransitionTime') || timeOf(now) };
  });
}
