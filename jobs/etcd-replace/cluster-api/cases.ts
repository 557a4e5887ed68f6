import { triggerFor } from '../../../src/core/cluster-api/health-check.ts';
import { CAPI_GROUP, REMEDIATE_MACHINE } from '../../../src/core/cluster-api/names.ts';
import { controllerWords } from '../../../src/core/cluster-api/remediation.ts';
import { memberWords } from '../../../src/core/etcd/member-words.ts';
import type { Check } from '../../../src/core/plan.ts';
import { spanAsSet } from '../../../src/core/time.ts';
import type { CaseBasis, CaseEntry, CaseLine, CasePart, CasePlan, LineGate, ReplacePlanContext } from '../case-plan.ts';
import { behind, moveLeaderLines, removalKindOf, targetOf } from '../lines.ts';
import { awaitEndpointsStep } from './await-endpoints-step.ts';
import { awaitReplacementStep } from './await-step.ts';
import type { ControllerInput, RemediateInput } from './input.ts';
import { obstaclesNow } from './obstacles.ts';
import { type PlanView, viewForPlan } from './plan-view.ts';
import { MANAGEMENT_CALL_MS } from './read-management.ts';
import { remediateStep, removeEtcdMachineStep } from './remediate-step.ts';
import { withdrawRequest } from './withdraw.ts';

/** The KubeadmControlPlane replaces the machine. */
const kcp: CaseEntry = {
  id: 'kcp',
  watches: true,
  plan: async (context, basis) => {
    const seen = await viewForPlan(context, basis, 'kubeadm-control-plane');
    return seen.ok ? await planned(context, basis, seen, 'KubeadmControlPlane') : blocked(seen.checks);
  },
};

/** The controller of external etcd replaces the machine. */
const eksaEtcd: CaseEntry = {
  id: 'eksa-etcd',
  watches: true,
  plan: async (context, basis) => {
    const seen = await viewForPlan(context, basis, 'etcdadm-cluster');
    return seen.ok ? await planned(context, basis, seen, 'EtcdadmCluster') : blocked(seen.checks);
  },
};

/** What Cluster API brings to replacements. */
export const clusterApi: CasePart = {
  cases: [kcp, eksaEtcd],
  steps: [remediateStep, removeEtcdMachineStep, awaitReplacementStep, awaitEndpointsStep],
  cleanups: [withdrawRequest],
  watches: [],
};

type Seen = Extract<PlanView, { readonly ok: true }>;
type OwnerKind = ControllerInput['owner']['kind'];

function blocked(checks: readonly Check[]): CasePlan {
  return { lines: [], checks, facts: {}, notes: [] };
}

async function planned(context: ReplacePlanContext, basis: CaseBasis, seen: Seen, kind: OwnerKind): Promise<CasePlan> {
  const { view, target, others, which } = seen;
  const owner = target.owner;
  if (owner === null) return blocked(seen.checks);
  const input: ControllerInput = {
    ring: basis.planned,
    mayJoin: null,
    member: targetOf(basis),
    cluster: { ...which, uid: view.cluster.uid },
    owner: { kind, name: owner.name, uid: owner.uid },
    machine: { name: target.name, uid: target.uid },
    otherMachines: others.map(({ name, uid }) => ({ name, uid })).toSorted((a, b) => (a.uid < b.uid ? -1 : 1)),
    alsoDead: [...basis.alsoDead],
  };
  const trigger =
    kind === 'EtcdadmCluster' ? ({ by: 'deletion', why: DELETES } as const) : triggerFor(target, view.healthChecks);
  const order: RemediateInput = {
    ...input,
    removal: removalKindOf(basis) === 'dead' ? 'dead' : 'sick',
    trigger: trigger.by === 'annotation' ? 'annotation' : 'deletion',
    healthCheck: trigger.by === 'annotation' ? trigger.healthCheck : null,
  };
  const checks = [
    ...seen.checks,
    controllerCheck(context, basis, seen, input),
    triggerCheck(trigger),
    await rightsCheck(context, which.namespace, order.trigger),
  ];
  return {
    lines: linesOf(context, order, input, basis),
    checks,
    facts: {
      node:
        basis.place.node === null || basis.place.nodeUid === null
          ? null
          : { name: basis.place.node, uid: basis.place.nodeUid },
      machine: { name: target.name, uid: target.uid, providerId: target.providerId || null },
    },
    notes: notesOf(kind),
    locks: [`identity/${view.cluster.uid}`],
    expects: { nodes: others.flatMap(({ node }) => node ?? []).toSorted() },
  };
}

const DELETES = 'its controller removes the member of a machine that is deleted';

function controllerCheck(
  context: ReplacePlanContext,
  { diagnosis }: CaseBasis,
  { view, target }: Seen,
  input: ControllerInput,
): Check {
  const obstacles = obstaclesNow(view, diagnosis.ring, input, context.nowMs());
  const name = `${input.owner.kind} ${input.owner.name}`;
  if (obstacles.length > 0) {
    const said = controllerWords(view.controlPlane, target);
    const evidence = [...obstacles.map(({ words }) => words), ...said].join('; ');
    return { id: 'controller', verdict: 'block', title: `${name} would not replace the machine now`, evidence };
  }
  const said = controllerWords(view.controlPlane, target);
  const itself = said.length === 0 ? '' : `; it says: ${said.join('; ')}`;
  const evidence = `not paused, nothing else in work, quorum without the machine${itself}`;
  return { id: 'controller', verdict: 'pass', title: `${name} can replace the machine`, evidence };
}

function triggerCheck({ by, why }: { readonly by: string; readonly why: string }): Check {
  return by === 'none'
    ? { id: 'controller', verdict: 'block', title: 'The controller cannot be told', evidence: why }
    : {
        id: 'controller',
        verdict: 'pass',
        title: by === 'annotation' ? 'It is told by an annotation' : 'It is told by deleting the machine',
        evidence: why,
      };
}

/** Found before anything is removed, not after. */
async function rightsCheck(
  { ports, signal }: ReplacePlanContext,
  namespace: string,
  trigger: RemediateInput['trigger'],
): Promise<Check> {
  const verb = trigger === 'annotation' ? 'patch' : 'delete';
  const may = await ports.management.mayI(
    { verb, group: CAPI_GROUP, resource: 'machines', namespace },
    { timeoutMs: MANAGEMENT_CALL_MS, signal },
  );
  const what = `${verb} machines of ${CAPI_GROUP} in namespace ${namespace} of the management cluster`;
  if (!may.ok)
    return {
      id: 'rights',
      verdict: 'warn',
      title: 'Whether Drydock may tell the controller cannot be seen',
      evidence: `${what}: ${may.error.message}`,
    };
  return may.value
    ? { id: 'rights', verdict: 'pass', title: 'Drydock may tell the controller', evidence: what }
    : { id: 'rights', verdict: 'block', title: 'A right is missing', evidence: `Drydock may not ${what}` };
}

function linesOf(
  { cluster: { replace } }: ReplacePlanContext,
  order: RemediateInput,
  input: ControllerInput,
  basis: CaseBasis,
): readonly CaseLine[] {
  const { kind, name } = input.owner;
  const voters = basis.planned.members.filter(({ learner }) => !learner).length;
  const left = input.member === null ? voters : voters - 1;
  const request = kind === 'EtcdadmCluster' ? removeEtcdMachineStep.plan(order) : remediateStep.plan(order);
  const bounds = `The old machine and the new one may take ${spanAsSet(replace.machineReadyMs)} each, joining ${spanAsSet(replace.joinedMs)}.`;
  return behind(
    [gateOf(order)],
    [
      ...moveLeaderLines(basis),
      {
        step: request,
        forecast: `${name} removes the member and deletes the machine; the ring stands at ${left} voters until the next one is in. From here on it goes on by itself.`,
        estimateMs: 1000,
      },
      {
        step: awaitReplacementStep.plan({ ...input, deleted: order.trigger === 'deletion' }),
        forecast: `Reads only. ${bounds}`,
        estimateMs: null,
      },
      ...(kind === 'EtcdadmCluster'
        ? [
            {
              step: awaitEndpointsStep.plan(input),
              forecast: 'Reads only. The control plane is rolled by its own controller, machine after machine.',
              estimateMs: null,
            },
          ]
        : []),
    ],
  );
}

/** One gate for both: the member goes with its machine, and nobody can agree to the one without the other. */
function gateOf({ machine, member, owner }: RemediateInput): LineGate {
  const what = member === null ? '' : `, and with it member ${memberWords(member)}`;
  return {
    id: 'delete-machine',
    kind: 'typed',
    title: `Have ${owner.kind} ${owner.name} delete machine ${machine.name}${what}`,
    expect: machine.name,
    choices: [],
  };
}

function notesOf(kind: OwnerKind): readonly string[] {
  return kind === 'KubeadmControlPlane'
    ? [
        `Follows the remediation of Cluster API: the control plane is told (${REMEDIATE_MACHINE}, or the deletion of the machine where no MachineHealthCheck reads it), deletes the machine first, removes its member by its own hook, then creates the next. Drydock removes no member here itself.`,
        'Whether the provider has room for another machine is not known before the old one is gone.',
      ]
    : [
        'Follows the etcdadm controller: the machine is deleted, the controller removes the member and creates the next, which joins as a voter; then the control plane is rolled to the new endpoints. Drydock removes no member here itself. Known from its documentation and source, never tried on a real one.',
      ];
}
