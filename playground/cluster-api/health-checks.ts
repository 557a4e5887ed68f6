import { at, fieldsOf, listAt, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { selects } from '../kubernetes/eviction/label-selecting.ts';
import { CLUSTER_NAME, PAUSED, REMEDIATE_MACHINE, SKIP_REMEDIATION } from './annotations.ts';
import { type CapiScene, keepReconciling, writeStatus } from './capi-scene.ts';
import { isIn } from './control-plane-status.ts';
import { conditionOf, type Said, withConditions } from './shape.ts';
import type { WorkloadNode } from './workload.ts';

/** The controller of MachineHealthCheck: says which machines are unhealthy and hands them to their owner. */
export function keepHealthChecks(scene: CapiScene): void {
  const { healthChecks, machines, clusters } = scene;
  /** Since when a node is seen in a state, by name and state, ms of this process. */
  const since = new Map<string, number>();
  keepReconciling(scene, [healthChecks, machines, clusters], async () => {
    if (scene.knobs.asleep) return;
    const nodes = await scene.workload.nodes();
    for (const check of healthChecks.all()) await reconcile(scene, check, nodes, since);
  });
}

async function reconcile(
  scene: CapiScene,
  check: ApiObject,
  nodes: readonly WorkloadNode[],
  since: Map<string, number>,
): Promise<void> {
  const { shape, machines } = scene;
  const cluster = scene.clusters.all().find((each) => identity(each).name === textAt(check, 'spec', 'clusterName'));
  if (at(cluster, 'spec', 'paused') === true || hasAnnotation(check, PAUSED)) return;
  const targets = machines
    .all()
    .filter(
      (each) =>
        textAt(each, 'metadata', 'labels', CLUSTER_NAME) === identity(cluster).name &&
        selects(at(check, 'spec', 'selector'), each.metadata['labels']),
    );
  const judged = targets.map((machine) => ({ machine, why: troubleOf(machine, check, nodes, since) }));
  const sick = judged.filter(({ why }) => why !== null);
  const most = mostSick(check, targets.length);
  const allowed = sick.length <= most;
  for (const { machine, why } of judged) {
    if (isGoing(machine) || hasAnnotation(machine, SKIP_REMEDIATION)) continue;
    if (why === null)
      await tell(
        scene,
        machine,
        [WELL],
        conditionOf(shape, machine, 'OwnerRemediated')['status'] === 'False' ? ['OwnerRemediated'] : [],
      );
    else
      await tell(scene, machine, [
        why,
        ...(allowed && conditionOf(shape, machine, 'OwnerRemediated')['status'] === undefined ? [HANDED_OVER] : []),
      ]);
  }
  const status = {
    expectedMachines: targets.length,
    currentHealthy: targets.length - sick.length,
    remediationsAllowed: Math.max(0, most - sick.length),
    observedGeneration: numberAt(check, 'metadata', 'generation') ?? 1,
    targets: targets.map((each) => identity(each).name).toSorted(),
    ...withConditions(shape, check, [
      allowed
        ? { type: 'RemediationAllowed', status: 'True', reason: 'RemediationAllowed', old: {} }
        : {
            type: 'RemediationAllowed',
            status: 'False',
            reason: 'TooManyUnhealthy',
            message: `${sick.length} of ${targets.length} Machines are unhealthy, at most ${most} may be`,
            old: { severity: 'Warning' },
          },
    ]),
  };
  if (isIn(check, status)) return;
  await writeStatus(scene, scene.healthChecks, { collection: shape.healthChecks, object: check, status });
}

const WELL: Said = { type: 'HealthCheckSucceeded', status: 'True', reason: 'HealthCheckSucceeded', old: {} };
const HANDED_OVER: Said = {
  type: 'OwnerRemediated',
  status: 'False',
  reason: 'WaitingForRemediation',
  message: 'Waiting for the owner of the Machine',
  old: { severity: 'Warning' },
};

/** Why a machine is unhealthy; `null`: it is not. */
function troubleOf(
  machine: ApiObject,
  check: ApiObject,
  nodes: readonly WorkloadNode[],
  since: Map<string, number>,
): Said | null {
  if (hasAnnotation(machine, REMEDIATE_MACHINE))
    return failed(
      'HasRemediateAnnotation',
      'HasRemediateMachineAnnotation',
      `the Machine carries ${REMEDIATE_MACHINE}`,
    );
  const name = textAt(machine, 'status', 'nodeRef', 'name');
  if (name === '') return null;
  const node = nodes.find((each) => each.name === name);
  if (node === undefined) return failed('NodeDeleted', 'NodeNotFound', `Node ${name} is gone`);
  const rule = rulesOf(check).find(({ status }) => status === node.ready);
  for (const key of since.keys()) if (key.startsWith(`${name}/`) && key !== `${name}/${node.ready}`) since.delete(key);
  if (rule === undefined) return null;
  const began = since.get(`${name}/${node.ready}`) ?? performance.now();
  since.set(`${name}/${node.ready}`, began);
  return performance.now() - began < rule.ms
    ? null
    : failed(
        'UnhealthyNode',
        'UnhealthyNode',
        `Ready of Node ${name} is ${node.ready} for more than ${rule.ms / 1_000} s`,
      );
}

function failed(reason: string, old: string, message: string): Said {
  return {
    type: 'HealthCheckSucceeded',
    status: 'False',
    reason,
    message: `Health check failed: ${message}`,
    old: { reason: old, severity: 'Warning' },
  };
}

/** Only rules on `Ready` are played. */
function rulesOf(check: ApiObject): readonly { readonly status: string; readonly ms: number }[] {
  const rules = [
    ...listAt(check, 'spec', 'checks', 'unhealthyNodeConditions'),
    ...listAt(check, 'spec', 'unhealthyConditions'),
  ];
  return rules
    .filter((each) => textAt(each, 'type') === 'Ready')
    .map((each) => ({
      status: textAt(each, 'status'),
      ms: 1_000 * (numberAt(each, 'timeoutSeconds') ?? Number.parseInt(textAt(each, 'timeout') || '300', 10)),
    }));
}

/** A number or a share; nothing: all of them. */
function mostSick(check: ApiObject, targets: number): number {
  const rule =
    at(check, 'spec', 'remediation', 'triggerIf', 'unhealthyLessThanOrEqualTo') ?? at(check, 'spec', 'maxUnhealthy');
  if (typeof rule === 'number') return rule;
  return typeof rule === 'string' && rule.endsWith('%')
    ? Math.floor((targets * Number.parseInt(rule, 10)) / 100)
    : targets;
}

function hasAnnotation(object: ApiObject, name: string): boolean {
  return fieldsOf(object.metadata['annotations'])[name] !== undefined;
}

async function tell(
  scene: CapiScene,
  machine: ApiObject,
  said: readonly Said[],
  takenBack: readonly string[] = [],
): Promise<void> {
  const present = scene.machines.get(identity(machine).uid);
  if (present === undefined) return;
  const status = withConditions(scene.shape, present, said, takenBack);
  if (isIn(present, status) && takenBack.length === 0) return;
  await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object: present, status });
}
