import type { CaseChoice, CaseFacts, CaseRefusal, ReplaceCase } from './case.ts';
import type { MemberPlace } from './evidence.ts';

/** That no way fits, with the check that says so. */
export function refused(check: CaseRefusal, why: string): CaseChoice {
  return { kind: 'refused', check, why };
}

/** The way that fits. */
export function chosen(id: ReplaceCase, why: string, warnings: readonly string[] = []): CaseChoice {
  return { kind: 'case', case: id, why, warnings };
}

/** On the machine as it is: only the member goes. Where a controller looks after machines, it is asked all the same. */
export function onThePlace(facts: CaseFacts, place: MemberPlace, why: string): CaseChoice {
  const { cluster, reach } = facts;
  switch (cluster.platform) {
    case 'openshift':
      return inTheNode(facts, why);
    case 'kubeadm':
      return reach.nodeShell
        ? chosen('kubeadm-place', why)
        : chosen('kubeadm-host', why, [
            `No nodeShell.image is configured for ${cluster.name}, so a person resets the node.`,
          ]);
    case 'etcd':
      return reach.hosts && place.hostState === 'reached'
        ? chosen('ring-place', why)
        : chosen('ring-host', why, [hostWords(facts, place)]);
    case 'cluster-api':
    case 'eks-anywhere':
      return byController(facts, place, why);
    case 'eks':
    case 'gke':
    case 'aks':
      return refused('case', `The provider of ${cluster.name} runs etcd and replaces members itself.`);
  }
}

function hostWords({ reach }: CaseFacts, { host, hostState }: MemberPlace): string {
  if (!reach.hosts || hostState === 'not-asked')
    return 'No access to hosts is configured (etcd.hosts), so a person does what has to be done there.';
  return `${host ?? 'Its host'} does not let Drydock in, so a person does what has to be done there.`;
}

/** On another machine, or on this one made anew. */
export function onANewHost(facts: CaseFacts, place: MemberPlace, why: string): CaseChoice {
  switch (facts.cluster.platform) {
    case 'openshift':
      return onOpenshift(facts, place, why);
    case 'kubeadm':
      return chosen('kubeadm-host', why);
    case 'etcd':
      return chosen('ring-host', why, facts.reach.hosts ? [] : [hostWords(facts, place)]);
    case 'cluster-api':
    case 'eks-anywhere':
      return byController(facts, place, why);
    case 'eks':
    case 'gke':
    case 'aks':
      return refused('case', `The provider of ${facts.cluster.name} runs etcd and replaces members itself.`);
  }
}

/** OpenShift, on a node that is well: only its pod and its data go. */
function inTheNode({ cluster, reach, openshift }: CaseFacts, why: string): CaseChoice {
  const topology = topologyRefusal(openshift, why);
  if (topology !== null) return topology;
  return reach.nodeShell
    ? chosen('ocp-pod', why)
    : refused(
        'case',
        `${why} Its manifest and data have to be moved aside on the node, and no nodeShell.image is configured for ${cluster.name}.`,
      );
}

/** Control planes of one or two nodes, or with an arbiter, are mended in other ways. */
function topologyRefusal(openshift: CaseFacts['openshift'], why: string): CaseChoice | null {
  const topology = openshift?.topology ?? null;
  if (topology === null)
    return refused('case', `${why} How its control plane is made could not be read (Infrastructure cluster).`);
  if (topology === 'HighlyAvailable') return null;
  return refused(
    'case',
    `${why} Its control plane is ${topology}; Drydock replaces members of HighlyAvailable ones only.`,
  );
}

function onOpenshift({ openshift, target }: CaseFacts, place: MemberPlace, why: string): CaseChoice {
  const { machine } = place;
  const topology = topologyRefusal(openshift, why);
  if (topology !== null) return topology;
  const set = openshift?.controlPlaneMachineSet ?? null;
  if (target.kind === 'removed' && place.nodeState === 'absent' && machine?.bareMetal !== true) {
    if (set === null) return refused('case', `${why} ${SET_UNREAD}`);
    const next = nextOne(target.nextMachine ?? null, { set, hasOwn: machine !== null });
    if (next !== null) return chosen(BY_SET[set], `${why} ${next}`);
    if (machine === null) return chosen('ocp-host', `${why} ${NO_MACHINE} ${KEPT_MACHINE}`);
  }
  if (machine === null) return chosen('ocp-host', `${why} ${NO_MACHINE}`);
  if (machine.bareMetal)
    return chosen('ocp-host', `${why} Its Machine stands on a BareMetalHost, so a person builds the host.`);
  switch (set) {
    case 'active':
      return chosen('ocp-machine-cpms', `${why} The ControlPlaneMachineSet makes the new machine.`);
    case 'inactive':
    case 'absent':
      return chosen('ocp-machine', why);
    case null:
      return refused('case', `${why} ${SET_UNREAD}`);
  }
}

const SET_UNREAD = 'Whether a ControlPlaneMachineSet makes the new machine could not be read.';
const NO_MACHINE = 'No Machine belongs to it, so a person builds the host.';
const KEPT_MACHINE =
  'If an earlier run kept the description of its Machine, that stands in the thread of that run: create it first (`oc create -f FILE`) and ask again; then that Machine is waited for.';

const BY_SET = { active: 'ocp-machine-cpms', inactive: 'ocp-machine', absent: 'ocp-machine' } as const;

/** What comes where the node of a removed member is gone, and no machine is to be made here; `null`: nothing does. */
function nextOne(
  next: string | null,
  { set, hasOwn }: { readonly set: keyof typeof BY_SET; readonly hasOwn: boolean },
): string | null {
  if (next !== null) return `Machine ${next} carries no member: it is waited for, and no other one is made.`;
  return set === 'active' && !hasOwn ? 'Its Machine is gone; the ControlPlaneMachineSet makes the next one.' : null;
}

function byController({ cluster }: CaseFacts, { machine }: MemberPlace, why: string): CaseChoice {
  if (machine === null)
    return refused('case', `${why} No Machine of the management cluster belongs to it, so nobody would replace it.`);
  switch (machine.controller) {
    case 'kubeadm-control-plane':
      return chosen('kcp', `${why} ${machine.controllerName} replaces it when it is asked to.`);
    case 'etcdadm':
      return chosen('eksa-etcd', `${why} ${machine.controllerName} replaces it when its Machine is deleted.`);
    case 'control-plane-machine-set':
    case 'other':
    case 'none': {
      const who = machine.controllerName === '' ? 'nobody' : machine.controllerName;
      return refused(
        'case',
        `${why} Machine ${machine.name} of ${cluster.name} belongs to ${who}; Drydock works with KubeadmControlPlane and EtcdadmCluster only.`,
      );
    }
  }
}
