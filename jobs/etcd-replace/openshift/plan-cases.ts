import type { MachinePlace } from '../../../src/core/etcd/diagnosis/evidence.ts';
import { openshiftHostCommands } from '../../../src/core/etcd/host-commands.ts';
import { memberWords } from '../../../src/core/etcd/member-words.ts';
import { hostOf } from '../../../src/core/etcd/peer-url.ts';
import { JsonObject } from '../../../src/core/json.ts';
import { nextMachineName, replacementMachine } from '../../../src/core/openshift/replacement-machine.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { CaseBasis, CasePlan, LineGate, ReplacePlanContext } from '../case-plan.ts';
import { fenceGate } from '../gates.ts';
import type { MayJoin, TargetRef } from '../input.ts';
import { removalGates, targetOf } from '../lines.ts';
import { hostFirst, hostGate, machineGate } from './gates.ts';
import { seeGuard } from './guard.ts';
import { machineIdOf } from './host-built-watch.ts';
import type { ApprovedMachine } from './machine-input.ts';
import { hostNotes, machineNotes, podNotes } from './notes.ts';
import {
  block,
  capacityCheck,
  guardCheck,
  oneAtATime,
  operatorCheck,
  rightsCheck,
  secretsCheck,
  wantedRights,
} from './plan-checks.ts';
import { hostLines, type LineOrder, machineLines, podLines } from './plan-lines.ts';
import { type MachineView, type OpenshiftView, viewMachines, viewOpenshift } from './plan-view.ts';

/** What all cases share. */
export interface Common {
  readonly view: OpenshiftView;
  readonly checks: readonly Check[];
  readonly order: Omit<LineOrder, 'gates' | 'mayJoin'>;
  readonly target: TargetRef | null;
}

/** Nothing is planned, and why. */
export function blocked(...checks: readonly Check[]): CasePlan {
  return { lines: [], checks, facts: {}, notes: [] };
}

/** Plans the replacement of a member whose node is well. */
export async function planPod(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { ports, cluster, signal } = context;
  const image = cluster.nodeShell?.image ?? null;
  if (image === null)
    return blocked(
      block(
        'place',
        'No shells on nodes are configured',
        `the configuration of ${cluster.name} has no nodeShell.image`,
      ),
    );
  const common = await commonOf(context, basis);
  if ('lines' in common) return common;
  const { order, target, view } = common;
  const host = hostOf(basis.place.peerUrl);
  const mayJoin: MayJoin = { peerUrls: null, hosts: host === null ? [] : [host] };
  const rights = await rightsCheck(
    ports.kubernetes,
    wantedRights({ shell: true, node: false, deletes: false, creates: false }),
    signal,
  );
  const member = target === null ? basis.name : memberWords(target);
  const gates = gatesOf(basis, order.guard);
  return {
    lines: podLines({ ...order, mayJoin, gates }, { member, image }),
    checks: [...common.checks, rights],
    facts: factsOf(common, null, null),
    notes: podNotes(view.version, cluster.replace),
    expects: { nodes: view.nodes.map(({ name }) => name).toSorted() },
  };
}

/** Plans the replacement of a member together with its Machine. */
export async function planMachine(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { ports, cluster, signal } = context;
  const place = basis.place.machine;
  if (place === null) return blocked(block('place', 'No Machine belongs to the member', `Node ${basis.name} has none`));
  const common = await commonOf(context, basis);
  if ('lines' in common) return common;
  const machines = await viewMachines(ports.kubernetes, place.name, signal);
  if (!machines.ok) return blocked(block('place', 'The Machines could not be read', machines.why));
  const { old, machineSet, machines: all, names } = machines.value;
  if (old === null || old.machine.uid !== place.uid)
    return blocked(block('place', 'The Machine of the member is another one by now', `Machine ${place.name}`));
  const isMadeHere = basis.case === 'ocp-machine';
  if (isMadeHere === (machineSet?.active === true))
    return blocked(block('place', 'Who makes the new machine changed meanwhile', setWords(machines.value)));
  const newName = isMadeHere ? nextMachineName(place.name, names) : null;
  const machine = approvedOf(old.machine);
  const extra = await machineChecks(context, { machines: machines.value, view: common.view }, { place, newName });
  const { order, view } = common;
  const by = newName === null ? 'the ControlPlaneMachineSet makes the next one' : `${newName} takes its place`;
  const gates = [...gatesOf(basis, order.guard), machineGate(machine, by)];
  const known = all.map(({ uid }) => uid).toSorted();
  return {
    lines: machineLines({ ...order, mayJoin: { peerUrls: null, hosts: [] }, gates }, { machine, newName, known }),
    checks: [...common.checks, ...extra],
    facts: factsOf(common, machine, newName),
    notes: machineNotes(view.version, cluster.replace, newName),
    expects: { nodes: othersOf(view, order.node.name) },
  };
}

/** Plans the replacement of a member whose host a person builds. */
export async function planHost(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { ports, cluster, signal } = context;
  const common = await commonOf(context, basis);
  if ('lines' in common) return common;
  const place = basis.place.machine;
  const machines = place === null ? null : await viewMachines(ports.kubernetes, place.name, signal);
  if (machines !== null && !machines.ok) return blocked(block('place', 'The Machines could not be read', machines.why));
  const there = machines?.value.old ?? null;
  const machine = there === null || there.machine.uid !== place?.uid ? null : approvedOf(there.machine);
  const rights = await rightsCheck(
    ports.kubernetes,
    wantedRights({ shell: false, node: common.order.node.uid !== null, deletes: machine !== null, creates: false }),
    signal,
  );
  const { order, target, view } = common;
  const said = {
    cluster: cluster.name,
    member: target,
    node: order.node.name,
    version: view.version,
    machine: machine?.name ?? null,
    bareMetal: place?.bareMetal === true,
  };
  const gates = [
    ...gatesOf(basis, order.guard),
    ...(target === null ? [] : [fenceGate(target)]),
    ...(machine === null ? [] : [machineGate(machine, `its host is built anew by a person${hostFirst(said)}`)]),
  ];
  // A new node that an earlier run did not see come is one that was waited for.
  const spare = isBehindNode(basis) ? basis.diagnosis.withoutMember : [];
  const known = view.nodes.flatMap(({ uid }) => (spare.some(({ nodeUid }) => nodeUid === uid) ? [] : uid)).toSorted();
  const old = await machineIdOf(ports.kubernetes, order.node.name, signal);
  const gate = hostGate(order.node.name, { known, oldMachineId: old }, cluster.replace.hostBuiltMs);
  const build = { ...gate, instructions: openshiftHostCommands(said) };
  const alone = machines === null || machine === null ? [] : [oneAtATime(machines.value, view, machine.uid)];
  return {
    lines: hostLines({ ...order, mayJoin: { peerUrls: null, hosts: [] }, gates }, machine, build),
    checks: [...common.checks, ...alone, rights],
    facts: factsOf(common, machine, null),
    notes: hostNotes(view.version, cluster.replace, said),
    expects: { nodes: othersOf(view, order.node.name) },
  };
}

/** Reads what all cases rely on, and checks it. */
export async function commonOf(context: ReplacePlanContext, basis: CaseBasis): Promise<Common | CasePlan> {
  const { ports, cluster, signal } = context;
  const { place, planned, name } = basis;
  const seen = await viewOpenshift(ports.kubernetes, signal);
  if (!seen.ok) return blocked(block('operator', 'The cluster could not be read', seen.why));
  const view = seen.value;
  const seenGuard = await seeGuard(ports.kubernetes, view.operator.uid, signal);
  if (!seenGuard.ok) return blocked(block('operator', 'The quorum guard could not be read', seenGuard.why));
  const node = place.node ?? name;
  // Another member that is dead, and its node, are no other reason.
  const dead = planned.members.flatMap((each) => (basis.alsoDead.includes(each.id) ? [each.name] : []));
  const others = othersOf(view, node);
  // The new node of an earlier run is brought in by what is done here.
  const spare = isBehindNode(basis) ? basis.diagnosis.withoutMember.flatMap((each) => each.node ?? []) : [];
  const aside = [...dead, ...spare];
  const target = targetOf(basis);
  const members = planned.members.filter(({ learner }) => !learner).length;
  const voters = target === null ? members + 1 : members;
  const guard = guardCheck(view, voters - 1, seenGuard.guard.off);
  const secrets = secretsCheck(view.secrets, node, others);
  const checks = [
    placeCheck(basis, node),
    operatorCheck(view, { target: [node, name, ...aside], others: others.filter((each) => !aside.includes(each)) }),
    guard.check,
    secrets.check,
  ];
  return {
    view,
    checks,
    target,
    order: {
      basis,
      voters,
      replace: cluster.replace,
      operatorUid: view.operator.uid,
      guard: guard.needed,
      node: { name: node, uid: place.nodeState === 'absent' ? null : place.nodeUid },
      secrets: secrets.delete,
    },
  };
}

/** Member, node and machine must belong together by name and by address: acting on a guess could end a machine that is well. */
function placeCheck({ place, target, name }: CaseBasis, node: string): Check {
  const who = target === null ? name : memberWords(target.member.member);
  const machine = place.machine;
  const words = `${who} is on node ${node}${machine === null ? '' : `, Machine ${machine.name} (${machine.providerId || 'no instance'})`}`;
  if (place.nodeState === 'not-seen') return block('place', 'The nodes could not be read', words);
  if (place.nodeState === 'absent' && machine === null)
    return {
      id: 'place',
      verdict: 'warn',
      title: 'The node is gone, and no Machine belongs to it',
      evidence: `${words}, by its name alone`,
    };
  // A node that is gone has no address any more: then its Machine is what is matched.
  const matched = place.nodeState === 'absent' ? machine?.matchedBy : place.matchedBy;
  const alsoMachine = machine === null || machine.matchedBy === 'name-and-address';
  if (matched !== 'name-and-address' || !alsoMachine)
    return block(
      'place',
      'Member, node and machine are not known to belong together',
      `${words}: matched by ${alsoMachine ? (matched ?? 'none') : (machine?.matchedBy ?? 'none')} only, and both name and address are wanted`,
    );
  return {
    id: 'place',
    verdict: 'pass',
    title: 'Member, node and machine belong together',
    evidence: `${words}, by name and address`,
  };
}

/** Who agrees to the removal agrees to what the operator does with two voters. */
export function gatesOf(basis: CaseBasis, guardOff: boolean): readonly LineGate[] {
  const also =
    '. Until then the operator may restart the others one by one, and while one of two is away the API takes no writes (seconds to a minute each)';
  const gates = removalGates(basis);
  return guardOff ? gates.map((gate) => Object.assign({}, gate, { title: `${gate.title}${also}` })) : gates;
}

/** Whether an earlier run removed the member and deleted its node. */
function isBehindNode({ target, place }: CaseBasis): boolean {
  return target === null && place.nodeState === 'absent';
}

/** Names of the other nodes of the control plane. */
export function othersOf({ nodes }: OpenshiftView, node: string): readonly string[] {
  return nodes
    .map(({ name }) => name)
    .filter((name) => name !== node)
    .toSorted();
}

/** A Machine as a gate names it. */
export function approvedOf({
  name,
  uid,
  providerId,
}: {
  readonly name: string;
  readonly uid: string;
  readonly providerId: string;
}): ApprovedMachine {
  return { name, uid, providerId: providerId === '' ? null : providerId };
}

/** Who makes Machines, in words. */
export function setWords({ machineSet }: MachineView): string {
  if (machineSet === null) return 'there is no ControlPlaneMachineSet';
  return `the ControlPlaneMachineSet is ${machineSet.active ? 'active' : 'inactive'}`;
}

async function machineChecks(
  { ports, signal }: ReplacePlanContext,
  { machines, view }: { readonly machines: MachineView; readonly view: OpenshiftView },
  { place, newName }: { readonly place: MachinePlace; readonly newName: string | null },
): Promise<readonly Check[]> {
  const rights = await rightsCheck(
    ports.kubernetes,
    wantedRights({ shell: false, node: true, deletes: true, creates: newName !== null }),
    signal,
  );
  const alone = oneAtATime(machines, view, place.uid);
  if (newName === null || machines.old === null) return [alone, rights];
  const made = JsonObject.parse(replacementMachine(machines.old.object, machines.names));
  return [alone, rights, await capacityCheck(ports.kubernetes, made, newName, signal)];
}

/** What of a case is hashed. */
export function factsOf(
  { order, view }: Common,
  machine: ApprovedMachine | null,
  newMachine: string | null,
): CasePlan['facts'] {
  const { name, uid } = order.node;
  return {
    node: uid === null ? null : { name, uid },
    machine,
    newMachine,
    secrets: order.secrets.map((each) => ({ ...each })),
    operatorVersion: view.version === '' ? null : view.version,
  };
}
