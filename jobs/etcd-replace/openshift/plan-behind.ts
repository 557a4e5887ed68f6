import { MACHINE_NAMESPACE, type MachineReading } from '../../../src/core/openshift/machine.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { CaseBasis, CasePlan, ReplacePlanContext } from '../case-plan.ts';
import { machineGate } from './gates.ts';
import { nextMachineNotes } from './notes.ts';
import { approvedOf, blocked, commonOf, factsOf, gatesOf, othersOf, setWords } from './plan-cases.ts';
import { block, oneAtATime, rightsCheck, wantedRights } from './plan-checks.ts';
import { nextMachineLines } from './plan-lines.ts';
import { viewMachines } from './plan-view.ts';

/** Whether an earlier run went so far that no Machine is to be made here: member and node are gone, and the next one stands or comes by itself. */
export function isBehindMachine({ target, place, nextMachine }: CaseBasis): boolean {
  return target === null && place.nodeState === 'absent' && (nextMachine !== undefined || place.machine === null);
}

/** Plans what is left where the next Machine stands already, or the ControlPlaneMachineSet makes it. */
export async function planBehindMachine(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan> {
  const { ports, cluster, signal } = context;
  const place = basis.place.machine;
  const common = await commonOf(context, basis);
  if ('lines' in common) return common;
  const seen = await viewMachines(ports.kubernetes, place?.name ?? null, signal);
  if (!seen.ok) return blocked(block('place', 'The Machines could not be read', seen.why));
  const { machines, machineSet, old } = seen.value;
  const next = machines.find(({ name }) => name === basis.nextMachine) ?? null;
  if (old?.machine.uid !== place?.uid || (next === null && basis.nextMachine !== undefined))
    return blocked(block('place', 'The Machines changed meanwhile', 'ask again'));
  const isSet = machineSet?.active === true;
  if (isSet !== (basis.case === 'ocp-machine-cpms'))
    return blocked(block('place', 'Who makes the new machine changed meanwhile', setWords(seen.value)));
  const machine = old === null ? null : approvedOf(old.machine);
  // The set counts one too many, or one too few, as long as this is not done.
  const others = { ...seen.value, machineSet: null, machines: machines.filter(({ uid }) => uid !== next?.uid) };
  const rights = wantedRights({ shell: false, node: false, deletes: machine !== null, creates: false });
  const { order, view } = common;
  const by = `${next?.name ?? 'the one of the ControlPlaneMachineSet'} takes its place`;
  const gates = [...gatesOf(basis, order.guard), ...(machine === null ? [] : [machineGate(machine, by)])];
  const known = machines.flatMap(({ uid }) => (uid === next?.uid ? [] : uid)).toSorted();
  const newName = next?.name ?? null;
  return {
    lines: nextMachineLines({ ...order, mayJoin: { peerUrls: null, hosts: [] }, gates }, { machine, newName, known }),
    checks: [
      ...common.checks,
      nextCheck(next, isSet),
      oneAtATime(others, view, old?.machine.uid ?? ''),
      await rightsCheck(ports.kubernetes, rights, signal),
    ],
    facts: factsOf(common, machine, newName),
    notes: nextMachineNotes(view.version, cluster.replace, newName),
    expects: { nodes: othersOf(view, order.node.name) },
  };
}

function nextCheck(next: MachineReading | null, isSet: boolean): Check {
  const title = 'The next Machine comes by itself';
  if (next === null)
    return { id: 'capacity', verdict: 'pass', title, evidence: 'the ControlPlaneMachineSet is active, and makes it' };
  const { name, phase, error, deletedAt } = next;
  const anew = isSet
    ? 'the ControlPlaneMachineSet makes another one'
    : 'create another one from the description in the thread of the earlier run (`oc create -f FILE`)';
  if (deletedAt !== null)
    return block('capacity', 'The next Machine goes', `Machine ${name} is being deleted since ${deletedAt}`);
  if (phase === 'Failed')
    return block(
      'capacity',
      'The next Machine has failed',
      `Machine ${name}: ${error || 'nobody said why'}. Delete it (\`oc -n ${MACHINE_NAMESPACE} delete machine ${name}\`), and ${anew}; then ask again`,
    );
  const evidence = `Machine ${name} is ${phase === '' ? 'without a phase yet' : phase}; it is waited for, and no other one is made`;
  return { id: 'capacity', verdict: 'pass', title: 'The next Machine is there already', evidence };
}
