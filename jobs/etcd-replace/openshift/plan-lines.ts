import type { ReplaceSettings } from '../../../src/core/cluster-profile.ts';
import type { SecretRef } from '../../../src/core/openshift/node-secrets.ts';
import type { PlannedStep } from '../../../src/core/plan.ts';
import type { MemberId } from '../../../src/core/ports/etcd.ts';
import { formatSpan } from '../../../src/core/time.ts';
import { deleteNodeStep } from '../../steps/delete-node-step.ts';
import type { CaseBasis, CaseLine, LineGate } from '../case-plan.ts';
import type { MayJoin, RingInput } from '../input.ts';
import { behind, line, moveLeaderLines, removalKindOf, removalLines, targetOf } from '../lines.ts';
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
import { stopPodStep } from './stop-pod-step.ts';

/** Everything that the lines of a case are made from. */
export interface LineOrder {
  readonly basis: CaseBasis;
  /** Voters that there are to be in the end. */
  readonly voters: number;
  /** Who may join after the removal; `null`: nobody yet. */
  readonly mayJoin: MayJoin | null;
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

/** The pod is stopped, its member removed, its data moved aside, and the operator brings a new member in on the same node. */
export function podLines(
  order: LineOrder,
  shell: { readonly member: string; readonly image: string },
): readonly CaseLine[] {
  const { basis, node } = order;
  const judged = { target: targetOf(basis), why: removalKindOf(basis) };
  return behind(order.gates, [
    ...moveLeaderLines(basis),
    line(
      stopPodStep.plan({ ...midway(order, null), ...judged, node: node.name, ...shell }),
      `etcd on ${node.name} ends, if it runs. Without the removal behind it, the pod stays stopped until its manifest is moved back; its data stay in their place.`,
      60_000,
    ),
    ...removalLines(basis),
    line(
      setAsideStep.plan({ ...midway(order, null), node: node.name, ...shell }),
      'The old data are kept on the node, and nothing starts with them.',
      30_000,
    ),
    ...guardOff(order),
    secretsLine(order),
    redeployLine(order, order.mayJoin, { always: true }),
    membersLine(order, { node: node.name, oldMachine: null }),
    ...guardBack(order),
    revisionLine(order),
  ]);
}

/** The machine is deleted, and a new one is made from its description or by the ControlPlaneMachineSet. */
export function machineLines(order: LineOrder, { machine, newName, known }: MachineOrder): readonly CaseLine[] {
  const { name, uid } = machine;
  const withinMs = order.replace.machineReadyMs;
  // Whoever joins before there is a new machine is somebody else's.
  const still: LineOrder = { ...order, mayJoin: null };
  const save = newName === null ? [] : [line(saveMachineStep.plan({ machine, newName }), READS, 1000)];
  const create =
    newName === null
      ? []
      : [
          line(
            createMachineStep.plan({ ...midway(order, order.mayJoin), name: newName }),
            'One new machine at the provider.',
            1000,
          ),
        ];
  return [
    ...save,
    ...behind(order.gates, [
      ...moveLeaderLines(order.basis),
      ...removalLines(order.basis),
      ...guardOff(still),
      ...nodeLine(still),
      secretsLine(still),
      machineLine(order, machine),
      ...create,
      waits(
        awaitMachineStep.plan({ ...midway(order, order.mayJoin), name: newName, known: [...known], withinMs }),
        withinMs,
        10,
      ),
      membersLine(order, { node: null, oldMachine: { name, uid } }),
      ...guardBack(order),
      redeployLine(order, null, { always: false }),
      revisionLine(order),
    ]),
  ];
}

/**
 * Behind a removal whose node is gone: the old Machine goes if it stands still, and the next one is waited for, which was made already
 * (`newName`) or is made by the ControlPlaneMachineSet (`null`). Its member may join at any time.
 */
export function nextMachineLines(
  order: LineOrder,
  { machine, newName, known }: Omit<MachineOrder, 'machine'> & { readonly machine: ApprovedMachine | null },
): readonly CaseLine[] {
  const withinMs = order.replace.machineReadyMs;
  const oldMachine = machine === null ? null : { name: machine.name, uid: machine.uid };
  return behind(order.gates, [
    ...guardOff(order),
    secretsLine(order),
    ...(machine === null ? [] : [machineLine(order, machine)]),
    waits(
      awaitMachineStep.plan({ ...midway(order, order.mayJoin), name: newName, known: [...known], withinMs }),
      withinMs,
      10,
    ),
    membersLine(order, { node: null, oldMachine }),
    ...guardBack(order),
    redeployLine(order, null, { always: false }),
    revisionLine(order),
  ]);
}

/** A person builds the host. */
export function hostLines(order: LineOrder, machine: ApprovedMachine | null, build: LineGate): readonly CaseLine[] {
  const oldMachine = machine === null ? null : { name: machine.name, uid: machine.uid };
  const still: LineOrder = { ...order, mayJoin: null };
  return behind(order.gates, [
    ...moveLeaderLines(order.basis),
    ...removalLines(order.basis),
    ...guardOff(still),
    ...nodeLine(still),
    secretsLine(still),
    ...(machine === null ? [] : [machineLine(order, machine)]),
    { ...membersLine(order, { node: null, oldMachine }), gates: [build] },
    ...guardBack(order),
    redeployLine(order, null, { always: false }),
    revisionLine(order),
  ]);
}

interface Middle extends RingInput {
  readonly targetId: MemberId | null;
  readonly alsoDead: string[];
}

/** What every line relies on. `mayJoin` null: nobody may join while it runs. */
function midway({ basis }: LineOrder, mayJoin: MayJoin | null): Middle {
  const { planned: ring, target, alsoDead } = basis;
  return { ring, mayJoin, targetId: target?.member.id ?? null, alsoDead: [...alsoDead] };
}

function waits(step: PlannedStep, withinMs: number, minutes: number): CaseLine {
  return line(step, `${READS} Up to ${formatSpan(withinMs)}. ${HELD}`, minutes * 60_000);
}

function guardOff(order: LineOrder): readonly CaseLine[] {
  if (!order.guard) return [];
  const step = guardOffStep.plan({ ...midway(order, order.mayJoin), uid: order.operatorUid });
  return [
    line(
      step,
      'The operator no longer waits for a third healthy member before it rolls out a change: it may restart the others one by one, and while one of two is away the API takes no writes (seconds to a minute each).',
      1000,
    ),
  ];
}

function guardBack(order: LineOrder): readonly CaseLine[] {
  if (!order.guard) return [];
  return [line(guardBackStep.plan({ ...midway(order, null), uid: order.operatorUid }), 'As it was before.', 1000)];
}

function nodeLine(order: LineOrder): readonly CaseLine[] {
  const { name, uid } = order.node;
  if (uid === null) return [];
  const step = deleteNodeStep.plan({ ...midway(order, order.mayJoin), node: { name, uid } });
  return [line(step, `Pods that the cluster still counts on ${name} are made anew elsewhere.`, 1000)];
}

function secretsLine(order: LineOrder): CaseLine {
  const secrets = order.secrets.map(({ name, uid }) => ({ name, uid }));
  const step = deleteSecretsStep.plan({ ...midway(order, order.mayJoin), node: order.node.name, secrets });
  return line(step, 'The operator makes new certificates; those of the other nodes are not touched.', 1000);
}

function machineLine(order: LineOrder, machine: ApprovedMachine): CaseLine {
  const withinMs = order.replace.machineReadyMs;
  const step = deleteMachineStep.plan({ ...midway(order, order.mayJoin), machine, withinMs });
  const words = `The instance ends for good, with what is on its disk. Up to ${formatSpan(withinMs)}. ${HELD}`;
  return line(step, words, 3 * 60_000);
}

function membersLine(
  order: LineOrder,
  place: {
    readonly node: string | null;
    readonly oldMachine: { readonly name: string; readonly uid: string } | null;
  },
): CaseLine {
  const withinMs = order.replace.joinedMs;
  const step = awaitMembersStep.plan({ ...midway(order, order.mayJoin), voters: order.voters, ...place, withinMs });
  return waits(step, withinMs, 5);
}

function redeployLine(order: LineOrder, mayJoin: MayJoin | null, { always }: { readonly always: boolean }): CaseLine {
  const settleMs = Math.round(order.replace.joinedMs / 4);
  const step = redeployStep.plan({
    ...midway(order, mayJoin),
    uid: order.operatorUid,
    always,
    settleMs,
    pods: podsOf(order),
  });
  const words =
    'The operator restarts etcd on one node after the other; while only two vote, the API takes no writes in each restart (seconds to a minute).';
  return line(step, words, always ? 1000 : settleMs);
}

function revisionLine(order: LineOrder): CaseLine {
  const withinMs = order.replace.machineReadyMs;
  const step = awaitRevisionStep.plan({ ...midway(order, null), pods: podsOf(order), withinMs });
  return line(step, `${READS} Up to ${formatSpan(withinMs)}.`, 10 * 60_000);
}

/** Those of other dead members come with their own replacements. */
function podsOf({ voters, basis }: LineOrder): number {
  return voters - basis.alsoDead.length;
}
