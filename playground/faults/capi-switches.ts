import type { Capi } from '../cluster-api/capi.ts';
import type { Argo } from '../gitops/argocd.ts';
import type { SampleWorkload } from '../workload/workload.ts';
import type { ClusterSwitch } from './switches.ts';

/** What the switches of a Cluster API cluster work on. */
export interface SwitchedCapi {
  readonly capi: Pick<Capi, 'knobs' | 'adopt'> & { readonly management: Pick<Capi['management'], 'apiServer'> };
  readonly argo: Pick<Argo, 'isOn' | 'turnOn' | 'turnOff' | 'commitLive'>;
  readonly workload: Pick<SampleWorkload, 'setNeeded' | 'holdPods' | 'releasePods'>;
}

/** Pods that are needed while the budget blocks, and otherwise. */
const NEEDED = { blocking: 10, usual: 8 } as const;

/** The switches of a Cluster API cluster with the sample workload; all are off. */
export function capiSwitches({ capi, argo, workload }: SwitchedCapi): readonly ClusterSwitch[] {
  return [...gitSwitches(argo), topologySwitch(capi), ...workloadSwitches(workload), ...machineSwitches(capi)];
}

function gitSwitches(argo: SwitchedCapi['argo']): readonly ClusterSwitch[] {
  return [
    {
      name: 'self-heal',
      title: 'Argo CD heals itself',
      does: 'has Argo CD keep the cluster as Git says, and take back every other change within a second',
      isOn: () => argo.isOn(),
      async turn(on) {
        await (on ? argo.turnOn() : argo.turnOff());
        return on
          ? 'What is in the cluster now stands in Git, and Argo CD takes back every other change.'
          : 'Argo CD is gone: what is in Git no longer counts.';
      },
    },
    {
      name: 'commit',
      title: 'Commit to Git',
      does: 'commits to Git what is in the cluster now',
      isOn: () => null,
      async turn() {
        if (!argo.isOn()) throw new Error('nothing is kept in Git: switch self-heal on first');
        await argo.commitLive();
        return 'What is in the cluster now stands in Git.';
      },
    },
  ];
}

function topologySwitch(capi: SwitchedCapi['capi']): ClusterSwitch {
  let isAdopted = false;
  return {
    name: 'topology',
    title: 'ClusterClass owns it',
    does: 'makes it a cluster of a ClusterClass, whose topology controller takes back every direct change, also one under way',
    isOn: () => isAdopted,
    async turn(on) {
      if (!on) throw new Error('a cluster stays one of its ClusterClass');
      if (!isAdopted) await capi.adopt();
      isAdopted = true;
      return 'It is a cluster of a ClusterClass now: its topology controller takes back every direct change.';
    },
  };
}

function workloadSwitches(workload: SwitchedCapi['workload']): readonly ClusterSwitch[] {
  let blocks = false;
  let held = false;
  return [
    {
      name: 'budget-blocks',
      title: 'The budget blocks',
      does: 'has the budget of nginx need all its pods, so that none may be evicted',
      isOn: () => blocks,
      async turn(on) {
        const needed = on ? NEEDED.blocking : NEEDED.usual;
        await workload.setNeeded(needed);
        blocks = on;
        return `The budget of nginx needs ${needed} ready pods now.`;
      },
    },
    {
      name: 'never-ends',
      title: 'Pods never go',
      does: 'keeps one pod of nginx on each node from going when it has ended',
      isOn: () => held,
      async turn(on) {
        if (on && held) throw new Error('it is on already');
        const names = on ? await workload.holdPods() : [];
        if (!on) await workload.releasePods();
        held = on;
        return on
          ? `These pods of nginx do not go when they end: ${names.join(', ')}.`
          : 'Pods of nginx go when they end.';
      },
    },
  ];
}

function machineSwitches({ knobs, management }: SwitchedCapi['capi']): readonly ClusterSwitch[] {
  let isAway = false;
  return [
    {
      name: 'never-joins',
      title: 'New machines never join',
      does: 'keeps the nodes of new machines from joining',
      isOn: () => knobs.neverJoins,
      async turn(on) {
        knobs.neverJoins = on;
        return await Promise.resolve(
          on ? 'New machines boot, and their node never joins.' : 'New machines join again.',
        );
      },
    },
    {
      name: 'vanishes',
      title: 'The next machine vanishes',
      does: 'takes the next machine that has joined away, with its node',
      isOn: () => knobs.vanishes,
      async turn(on) {
        knobs.vanishes = on;
        return await Promise.resolve(on ? 'The next machine that has joined vanishes.' : 'No machine vanishes.');
      },
    },
    {
      name: 'management-away',
      title: 'Management is away',
      does: 'takes the API server of the management cluster away',
      isOn: () => isAway,
      async turn(on) {
        await (on ? management.apiServer.down() : management.apiServer.up());
        isAway = on;
        return `The management cluster ${on ? 'does not answer' : 'answers again'}.`;
      },
    },
  ];
}
