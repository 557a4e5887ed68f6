import { z } from 'zod';
import type { NodeReading } from '../kubernetes/node.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** The MachineConfigPool of the control plane, as it is. */
export interface PoolReading {
  /**
   * Its condition `Updating`. It tells of no roll-out: a node that is not ready is enough for it, and a pause takes it away.
   * Source: `calculateStatus` of OpenShift's machine-config-operator, pkg/controller/node/status.go.
   */
  readonly updating: boolean;
  readonly paused: boolean;
  /** MachineConfig that its nodes are to have; empty: not told. */
  readonly wanted: string;
  /** MachineConfig that all of them had when all were ready last; empty: not told. */
  readonly reached: string;
  /** Nodes of it, and how many of them have what is wanted, ready or not; `null`: not told. */
  readonly machines: number | null;
  readonly updated: number | null;
}

const Configuration = z.object({ name: z.string().nullish() }).nullish();
const Pool = z.object({
  spec: z.object({ paused: z.boolean().nullish(), configuration: Configuration }).prefault({}),
  status: z
    .object({
      configuration: Configuration,
      machineCount: z.number().nullish(),
      updatedMachineCount: z.number().nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});

/** Reads a MachineConfigPool. @throws ZodError when the object has not the shape of one. */
export function readPool(object: KubernetesObject): PoolReading {
  const { spec, status } = Pool.parse(object);
  return {
    updating: status?.conditions?.some(({ type, status: is }) => type === 'Updating' && is === 'True') === true,
    paused: spec.paused === true,
    wanted: spec.configuration?.name ?? '',
    reached: status?.configuration?.name ?? '',
    machines: status?.machineCount ?? null,
    updated: status?.updatedMachineCount ?? null,
  };
}

/** What the machine-config-daemon tells of a node; empty: not told. */
export interface NodeConfig {
  readonly current: string;
  readonly desired: string;
  readonly state: string;
  /** It is to have another MachineConfig than it has. */
  readonly differs: boolean;
  /** Its daemon changes or restarts it now. */
  readonly atWork: boolean;
  /** Its daemon could not do it; the node does not restart by itself. */
  readonly givenUp: boolean;
}

const MACHINE_CONFIG = 'machineconfiguration.openshift.io/';
/** Source: pkg/daemon/constants of OpenShift's machine-config-operator. */
const AT_WORK: ReadonlySet<string> = new Set(['Working', 'Rebooting']);
const GIVEN_UP: ReadonlySet<string> = new Set(['Degraded', 'Unreconcilable']);

/** Reads the annotations of a node. */
export function configOf({ annotations }: Pick<NodeReading, 'annotations'>): NodeConfig {
  const of = (name: string): string => annotations[`${MACHINE_CONFIG}${name}`] ?? '';
  const [current, desired, state] = [of('currentConfig'), of('desiredConfig'), of('state')];
  return {
    current,
    desired,
    state,
    differs: current !== '' && desired !== '' && current !== desired,
    atWork: AT_WORK.has(state),
    givenUp: GIVEN_UP.has(state),
  };
}

/**
 * What is still being rolled out over the other nodes of the control plane, so that one of them may go down next; in words without a period.
 * `null`: nothing. What is left to do on the node itself says nothing of them.
 */
export function rollOutBeside(
  pool: PoolReading,
  own: Pick<NodeReading, 'annotations'>,
  others: readonly Pick<NodeReading, 'name' | 'annotations'>[],
): string | null {
  const configs = others.map((each) => ({ name: each.name, ...configOf(each) }));
  const left = configs.filter(
    (each) =>
      each.atWork || each.differs || (each.current !== '' && pool.wanted !== '' && each.current !== pool.wanted),
  );
  if (left.length > 0) return left.map((each) => leftWords(each, pool)).join(', ');
  const { machines, updated } = pool;
  const mine = configOf(own);
  const ownIsDone = !mine.differs && mine.state === 'Done' && mine.current === pool.wanted;
  if (machines !== null && updated !== null && machines - updated > (ownIsDone ? 0 : 1))
    return `${updated} of ${machines} nodes have it`;
  // All others have it: that the pool has not reached it is this node alone.
  const allTold = configs.length > 0 && configs.every(({ current }) => current !== '');
  return allTold || pool.wanted === pool.reached ? null : `${pool.reached || 'nothing'} → ${pool.wanted || 'nothing'}`;
}

function leftWords(
  { name, current, desired, state, differs }: NodeConfig & { readonly name: string },
  pool: PoolReading,
): string {
  const to = differs ? desired : pool.wanted;
  const change = current === '' || to === '' || current === to ? '' : `, ${current} → ${to}`;
  return `${name}: state ${state === '' ? 'not told' : state}${change}`;
}
