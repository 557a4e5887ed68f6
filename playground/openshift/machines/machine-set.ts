import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { at, fieldsOf, numberAt, sameJson, textAt } from '../../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../../kubernetes/contracts.ts';
import { createClient } from '../../kubernetes/controllers/client.ts';
import { identity, isGoing, isReady, ownedBy } from '../../kubernetes/controllers/objects.ts';
import { MACHINE_SPACE } from '../layout.ts';
import { isMaster } from '../operator/hooks.ts';
import { allFilled, type OcpScene, writerOf } from '../scene.ts';

const LOOK_EVERY_MS = 700;
const MACHINES = `/apis/machine.openshift.io/v1beta1/namespaces/${MACHINE_SPACE}/machines`;
const SETS = `/apis/machine.openshift.io/v1/namespaces/${MACHINE_SPACE}/controlplanemachinesets`;
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * The controller of the ControlPlaneMachineSet, small: while it is Active, an index whose machine is gone or going gets a new one at once. Templates are not
 * compared with machines that are there: each is of the newest.
 */
export async function runMachineSet(scene: OcpScene): Promise<void> {
  const writer = writerOf(createClient(scene.api, 'control-plane-machine-set-controller'));
  const sets = scene.mirrors.of('/apis/machine.openshift.io/v1/controlplanemachinesets');
  const machines = scene.mirrors.of('/apis/machine.openshift.io/v1beta1/machines');
  const nodes = scene.mirrors.of('/api/v1/nodes');
  while (!scene.signal.aborted) {
    const set = sets.named(MACHINE_SPACE, 'cluster');
    if (allFilled([sets, machines, nodes]) && set !== undefined) {
      try {
        const own = machines.all().filter(isMaster);
        const missing = missingIndex(set, own);
        if (textAt(set, 'spec', 'state') === 'Active' && missing !== null) {
          const made = machineOf(set, own, missing);
          await writer.create(MACHINES, made);
        }
        const status = statusOf(set, own, (name) => isReady(nodes.named('', name)));
        if (!sameJson(set['status'], status)) await writer.merge(`${SETS}/cluster/status`, { status });
      } catch {
        // The next round looks again.
      }
      // A machine that was made is seen before the next one is.
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: scene.signal, ref: false }).catch(() => undefined);
  }
}

/** The first index without a machine that stays; `null`: none lacks one. */
export function missingIndex(set: ApiObject, machines: readonly ApiObject[]): number | null {
  const replicas = numberAt(set, 'spec', 'replicas') ?? 3;
  const staying = machines.filter((each) => !isGoing(each));
  if (staying.length >= replicas) return null;
  const taken = new Set(staying.map(indexOf));
  return Array.from({ length: replicas }, (_, index) => index).find((index) => !taken.has(index)) ?? null;
}

/** The number at the end of a machine's name. */
function indexOf(machine: ApiObject): number {
  return Number(/-(\d+)$/.exec(identity(machine).name)?.[1] ?? -1);
}

function machineOf(set: ApiObject, machines: readonly ApiObject[], index: number): ApiObject {
  const template = at(set, 'spec', 'template', 'machines_v1beta1_machine_openshift_io');
  const labels = fieldsOf(at(template, 'metadata', 'labels'));
  const cluster = textAt(labels, 'machine.openshift.io/cluster-api-cluster');
  const taken = new Set(machines.map((each) => identity(each).name));
  let name = '';
  do name = `${cluster}-master-${word()}-${index}`;
  while (taken.has(name));
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'Machine',
    metadata: { name, namespace: MACHINE_SPACE, labels, ownerReferences: [ownedBy(set)] },
    spec: fieldsOf(at(template, 'spec')),
  };
}

function word(): string {
  return Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)] ?? 'x').join('');
}

/** Counts as the real one does: what is not ready is not updated either, and of machines of one index only one is. */
export function statusOf(
  set: ApiObject,
  machines: readonly ApiObject[],
  isNodeReady: (name: string) => boolean,
): Fields {
  const ready = machines.filter((each) => {
    const node = textAt(each, 'status', 'nodeRef', 'name');
    return textAt(each, 'status', 'phase') === 'Running' && !isGoing(each) && node !== '' && isNodeReady(node);
  });
  const replicas = numberAt(set, 'spec', 'replicas') ?? 3;
  const served = new Set(ready.map(indexOf)).size;
  return {
    replicas: machines.length,
    readyReplicas: ready.length,
    updatedReplicas: served,
    unavailableReplicas: Math.max(0, replicas - served),
  };
}
