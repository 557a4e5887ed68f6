import type { ApiObject } from '../contracts.ts';
import { ageOf, since } from './durations.ts';
import { at, listAt, numberAt, textAt } from './reading.ts';
import { type Column, CREATED, column, NAME } from './table-columns.ts';

/** Columns of `pods`. */
export const POD_COLUMNS: readonly Column[] = [
  NAME,
  column('Ready', 'Containers that are ready, of all.'),
  column('Status', 'State of the pod, from its containers.'),
  column('Restarts', 'How often containers were started again, and when last.'),
  CREATED,
  column('IP', 'Address of the pod.', 1),
  column('Node', 'Node of the pod.', 1),
  column('Nominated Node', 'Node that is being made free for the pod.', 1),
  column('Readiness Gates', 'Gates that hold, of all.', 1),
];

/** Cells of a pod. */
export function podCells(pod: ApiObject, now: number): readonly unknown[] {
  const statuses = containerStatuses(pod);
  const all = listAt(pod, 'spec', 'containers').length;
  const ready = statuses.filter(
    (each) => at(each, 'ready') === true && at(each, 'state', 'running') !== undefined,
  ).length;
  return [
    textAt(pod, 'metadata', 'name'),
    `${ready}/${all}`,
    stateOf(pod),
    restartsOf(statuses, now),
    ageOf(pod, now),
    textAt(pod, 'status', 'podIP') || '<none>',
    textAt(pod, 'spec', 'nodeName') || '<none>',
    textAt(pod, 'status', 'nominatedNodeName') || '<none>',
    gatesOf(pod),
  ];
}

function containerStatuses(pod: ApiObject): readonly unknown[] {
  return listAt(pod, 'status', 'containerStatuses');
}

function restartsOf(statuses: readonly unknown[], now: number): string {
  const count = statuses.reduce<number>((sum, each) => sum + (numberAt(each, 'restartCount') ?? 0), 0);
  const ends = statuses
    .map((each) => textAt(each, 'lastState', 'terminated', 'finishedAt'))
    .filter((time) => time !== '');
  const last = ends.toSorted().at(-1);
  return count === 0 || last === undefined ? String(count) : `${count} (${since(last, now)} ago)`;
}

/** As `kubectl get pods` says it: the phase, unless a container or the deletion has more to say. */
function stateOf(pod: ApiObject): string {
  const base = textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase');
  const state = initState(pod) ?? mainState(pod, base);
  if (textAt(pod, 'metadata', 'deletionTimestamp') === '') return state;
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown';
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')) ? state : 'Terminating';
}

function initState(pod: ApiObject): string | null {
  const total = listAt(pod, 'spec', 'initContainers').length;
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const terminated = at(status, 'state', 'terminated');
    if (terminated !== undefined && numberAt(terminated, 'exitCode') === 0) continue;
    if (terminated !== undefined) return `Init:${endedWords(terminated)}`;
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return null;
}

function mainState(pod: ApiObject, base: string): string {
  let state = base;
  let running = false;
  for (const status of containerStatuses(pod).toReversed()) {
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const terminated = at(status, 'state', 'terminated');
    if (waiting !== '') state = waiting;
    else if (terminated !== undefined) state = endedWords(terminated);
    else if (at(status, 'ready') === true && at(status, 'state', 'running') !== undefined) running = true;
  }
  if (state !== 'Completed' || !running) return state;
  const ready = listAt(pod, 'status', 'conditions').find((each) => textAt(each, 'type') === 'Ready');
  return textAt(ready, 'status') === 'True' ? 'Running' : 'NotReady';
}

function endedWords(terminated: unknown): string {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal');
  return signal === undefined ? `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

function gatesOf(pod: ApiObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates').map((gate) => textAt(gate, 'conditionType'));
  if (gates.length === 0) return '<none>';
  const holding = listAt(pod, 'status', 'conditions').filter(
    (each) => textAt(each, 'status') === 'True' && gates.includes(textAt(each, 'type')),
  );
  return `${holding.length}/${gates.length}`;
}
