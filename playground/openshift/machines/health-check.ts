import { setTimeout as delay } from 'node:timers/promises';
import { at, listAt, textAt } from '../../kubernetes/api/reading.ts';
import type { ApiObject } from '../../kubernetes/contracts.ts';
import { createClient } from '../../kubernetes/controllers/client.ts';
import { conditionOf, identity, isGoing } from '../../kubernetes/controllers/objects.ts';
import { selects } from '../../kubernetes/eviction/label-selecting.ts';
import { MACHINE_SPACE } from '../layout.ts';
import { allFilled, type OcpScene, writerOf } from '../scene.ts';

const LOOK_EVERY_MS = 1_000;
/** Annotation that stops a health check. */
export const PAUSED = 'cluster.x-k8s.io/paused';

/** MachineHealthChecks, small: deletes a machine whose node has had a bad condition for longer than allowed (times are scaled), unless paused. */
export async function runHealthChecks(scene: OcpScene): Promise<void> {
  const writer = writerOf(createClient(scene.api, 'machine-healthcheck-controller'));
  const checks = scene.mirrors.of('/apis/machine.openshift.io/v1beta1/machinehealthchecks');
  const machines = scene.mirrors.of('/apis/machine.openshift.io/v1beta1/machines');
  const nodes = scene.mirrors.of('/api/v1/nodes');
  while (!scene.signal.aborted) {
    if (allFilled([checks, machines, nodes])) {
      for (const check of checks.all().filter((each) => at(each, 'metadata', 'annotations', PAUSED) === undefined)) {
        const sick = machines
          .all()
          .filter((each) => !isGoing(each) && selects(at(check, 'spec', 'selector'), each.metadata['labels']))
          .filter((each) => isSick(check, nodes.named('', textAt(each, 'status', 'nodeRef', 'name')), scene.pace));
        for (const machine of sick) {
          const path = `/apis/machine.openshift.io/v1beta1/namespaces/${MACHINE_SPACE}/machines/${identity(machine).name}`;
          await writer.remove(path).catch(() => undefined);
        }
      }
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: scene.signal, ref: false }).catch(() => undefined);
  }
}

function isSick(check: ApiObject, node: ApiObject | undefined, pace: number): boolean {
  if (node === undefined) return false;
  return listAt(check, 'spec', 'unhealthyConditions').some((each) => {
    const found = conditionOf(node, textAt(each, 'type'));
    const since = Date.parse(textAt(found, 'lastTransitionTime'));
    return (
      found['status'] === textAt(each, 'status') &&
      Date.now() - since > secondsOf(textAt(each, 'timeout')) * 1_000 * pace
    );
  });
}

/** `300s`, `5m`. */
function secondsOf(text: string): number {
  const [, number = '0', unit] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  return Number(number) * (unit === 'h' ? 3_600 : unit === 'm' ? 60 : 1);
}
