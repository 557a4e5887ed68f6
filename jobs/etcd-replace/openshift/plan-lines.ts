import type { ReplaceSettings } from '../../../src/core/cluster-profile.ts';
import type { PlannedRing } from '../../../src/core/etcd/expected-ring.ts';
import type { SecretRef } from '../../../src/core/openshift/node-secrets.ts';
import type { MemberId } from '../../../src/core/ports/etcd.ts';
import { formatSpan } from '../../../src/core/time.ts';
import { deleteNodeStep } from '../../steps/delete-node-step.ts';
import { removeMemberStep } from '../../steps/remove-member-step.ts';
import type { CaseLine, LineGate } from '../case-plan.ts';
import type { MayJoin, TargetRef } from '../input.ts';
import { awaitMachineStep } from './await-machine-step.ts';
import { awaitMembersStep } from './await-members-step.ts';
import { awaitRevisionStep } from './await-revision-step.ts';
import { createMachineStep } from './create-machine-step.ts';
import { deleteMachineStep } from './delete-machine-step.ts';
import { deleteSecretsStep } from './delete-secrets-step.ts';
import { guardBackStep, guardOffStep } from './guard-steps.ts';
import type { ApprovedMachine } from './machine-input.ts';
import { redeployStep } from './redeploy-step.ts';
import { saveMachineStep } from './save-machine-step.ts';
import { setAsideStep } from './set-aside-step.ts';

/** Everything that the lines of a case are made from. */
export interface LineOrder {
  readonly ring: PlannedRing;
  /** `null`: it was removed before anybody asked. */
  readonly target: TargetRef | null;
  readonly why: 'dead' | 'sick';
  readonly alsoDead: readonly MemberId[];
  /** Voters that there are to be in the end. */
  readonly voters: number;
  /** Who may join after the removal. */
  readonly mayJoin: MayJoin;
  readonly replace: ReplaceSettings;
  readonly operatorUid: string;
  readonly guard: boolean;
  /** Node of the old member; uid `null`: there is no Node object any more. */
  readonly node: { readonly name: string; readonly uid: string | null };
  readonly secrets: readonly SecretRef[];
  /** Gates that open before the first change. */
  readonly gates: readonly LineGate[];
}

/** The Machine that goes, and how the next one comes. */
export interface MachineOrder {
  readonly machine: ApprovedMachine;
  /** Name of the new one; `null`: whoever makes it names it. */
  readonly newName: string | null;
  /** Uids of the Machines of the control plane. */
  readonly known: readonly string[];
}

const READS = 'Reads only.';
const HELD = 'No further member may fail while it lasts.';

/** The pod is stopped, its data are moved aside, and the operator brings a new member in on the same node. */
export function podLines(
  order: LineOrder,
  shell: { readonly member: string; readonly image: string },
): readonly CaseLine[] {
  const aside: CaseLine = {
    step: setAsideStep.plan({
      ring: order.ring,
      mayJoin: null,
      targetId: order.target?.id ?? null,
      node: order.node.name,
      ...shell,
    }),
    forecast: `Nothing that works stops: etcd on ${order.node.name} is down already. Without the removal behind it, the pod stays stopped until its manifest is moved back.`,
    estimateMs: 60_000,
  };
  const middle = { ring: order.ring, mayJoin: order.mayJoin, targetId: order.target?.id ?? null };
  return gated(order.gates, [
    aside,
    ...removal(order),
    ...guardOff(order),
    secretsLine(order),
    redeployLine(order, middle, { always: true }),
    membersLine(order, { node: order.node.name, old: null }),
    ...guardBack(order),
    revisionLine(order),
  ]);
}

/** The machine is deleted, and a new one is made from its description or by the ControlPlaneMachineSet. */
export function machineLines(order: LineOrder, { machine, newName, known }: MachineOrder): readonly CaseLine[] {
  const middle = { ring: order.ring, mayJoin: order.mayJoin, targetId: order.target?.id ?? null };
  const withinMs = order.replace.machineReadyMs;
  const save: CaseLine[] =
    newName === null ? [] : [{ step: saveMachineStep.plan({ machine, newName }), forecast: READS, estimateMs: 1000 }];
  const create: CaseLine[] =
    newName === null
      ? []
      : [
          {
            step: createMachineStep.plan({ ...middle, name: newName }),
            forecast: 'One new machine at the provider.',
            estimateMs: 1000,
          },
        ];
  return [
    ...save,
    ...gated(order.gates, [
      ...removal(order),
      ...guardOff(order),
      ...nodeLine(order, middle),
      secretsLine(order),
      machineLine(order, machine),
      ...create,
      {
        step: awaitMachineStep.plan({ ...middle, name: newName, known: [...known], withinMs }),
        forecast: `${READS} Up to ${formatSpan(withinMs)}. ${HELD}`,
        estimateMs: 10 * 60_000,
      },
      membersLine(order, { node: null, old: { name: machine.name, uid: machine.uid } }),
      ...guardBack(order),
      redeployLine(order, { ...middle, mayJoin: null }, { always: false }),
      revisionLine(order),
    ]),
  ];
}

/** A person builds the host. */
export function hostLines(order: LineOrder, machine: ApprovedMachine | null, build: LineGate): readonly CaseLine[] {
  const middle = { ring: order.ring, mayJoin: order.mayJoin, targetId: order.target?.id ?? null };
  const members = membersLine(order, {
    node: null,
    old: machine === null ? null : { name: machine.name, uid: machine.uid },
  });
  return gated(order.gates, [
    ...removal(order),
    ...guardOff(order),
    ...nodeLine(order, middle),
    secretsLine(order),
    ...(machine === null ? [] : [machineLine(order, machine)]),
    { ...members, gates: [build] },
    ...guardBack(order),
    redeployLine(order, { ...middle, mayJoin: null }, { always: false }),
    revisionLine(order),
  ]);
}

/** Gates stand at the first line: nothing is changed before all of them are settled. */
function gated(gates: readonly LineGate[], lines: readonly CaseLine[]): readonly CaseLine[] {
  const [first, ...rest] = lines;
  return first === undefined ? [] : [{ ...first, gates: [...gates, ...(first.gates ?? [])] }, ...rest];
}

type Middle = { readonly ring: PlannedRing; readonly mayJoin: MayJoin | null; readonly targetId: MemberId | null };

function removal({ ring, target, why, alsoDead, voters }: LineOrder): readonly CaseLine[] {
  if (target === null) return [];
  return [
    {
      step: removeMemberStep.plan({ ring, mayJoin: null, target, why, alsoDead: [...alsoDead] }),
      forecast: `${voters - 1} voters are left. ${HELD}`,
      estimateMs: 5000,
    },
  ];
}

function guardOff(order: LineOrder): readonly CaseLine[] {
  if (!order.guard) return [];
  const input = {
    ring: order.ring,
    mayJoin: order.mayJoin,
    targetId: order.target?.id ?? null,
    uid: order.operatorUid,
  };
  return [
    {
      step: guardOffStep.plan(input),
      forecast: 'The operator no longer waits for a third healthy member before it rolls out a change.',
      estimateMs: 1000,
    },
  ];
}

function guardBack(order: LineOrder): readonly CaseLine[] {
  if (!order.guard) return [];
  const input = { ring: order.ring, mayJoin: null, targetId: order.target?.id ?? null, uid: order.operatorUid };
  return [{ step: guardBackStep.plan(input), forecast: 'As it was before.', estimateMs: 1000 }];
}

function nodeLine({ node: { name, uid } }: LineOrder, middle: Middle): readonly CaseLine[] {
  if (uid === null) return [];
  return [
    {
      step: deleteNodeStep.plan({ ...middle, node: { name, uid } }),
      forecast: `Pods that the cluster still counts on ${name} are made anew elsewhere.`,
      estimateMs: 1000,
    },
  ];
}

function secretsLine(order: LineOrder): CaseLine {
  const secrets = order.secrets.map(({ name, uid }) => ({ name, uid }));
  return {
    step: deleteSecretsStep.plan({
      ring: order.ring,
      mayJoin: order.mayJoin,
      targetId: order.target?.id ?? null,
      node: order.node.name,
      secrets,
    }),
    forecast: 'The operator makes new certificates; those of the other nodes are not touched.',
    estimateMs: 1000,
  };
}

function machineLine(order: LineOrder, machine: ApprovedMachine): CaseLine {
  const withinMs = order.replace.machineReadyMs;
  return {
    step: deleteMachineStep.plan({
      ring: order.ring,
      mayJoin: order.mayJoin,
      targetId: order.target?.id ?? null,
      machine,
      withinMs,
    }),
    forecast: `The instance ends for good, with what is on its disk. Up to ${formatSpan(withinMs)}. ${HELD}`,
    estimateMs: 3 * 60_000,
  };
}

function membersLine(
  order: LineOrder,
  { node, old }: { readonly node: string | null; readonly old: { readonly name: string; readonly uid: string } | null },
): CaseLine {
  const withinMs = order.replace.joinedMs;
  return {
    step: awaitMembersStep.plan({
      ring: order.ring,
      mayJoin: order.mayJoin,
      targetId: order.target?.id ?? null,
      voters: order.voters,
      node,
      oldMachine: old,
      withinMs,
    }),
    forecast: `${READS} Up to ${formatSpan(withinMs)}. ${HELD}`,
    estimateMs: 5 * 60_000,
  };
}

function redeployLine(order: LineOrder, middle: Middle, { always }: { readonly always: boolean }): CaseLine {
  const settleMs = Math.round(order.replace.joinedMs / 4);
  return {
    step: redeployStep.plan({ ...middle, uid: order.operatorUid, always, settleMs, pods: order.voters }),
    forecast: 'The operator restarts etcd on one node after the other; each member is away for some seconds.',
    estimateMs: always ? 1000 : settleMs,
  };
}

function revisionLine(order: LineOrder): CaseLine {
  const withinMs = order.replace.machineReadyMs;
  return {
    step: awaitRevisionStep.plan({
      ring: order.ring,
      mayJoin: null,
      targetId: order.target?.id ?? null,
      pods: order.voters,
      withinMs,
    }),
    forecast: `${READS} Up to ${formatSpan(withinMs)}.`,
    estimateMs: 10 * 60_000,
  };
}
