import type { ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import type { MachinePlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import { type ForeignPause, foreignCheck, pausesOf } from '../../src/core/etcd/foreign.ts';
import { ETCD_OPERATOR } from '../../src/core/openshift/guard.ts';
import type { Check } from '../../src/core/plan.ts';
import type { KubernetesObject, KubernetesPort, ObjectRef } from '../../src/core/ports/kubernetes.ts';
import { readForeign } from '../steps/read-foreign.ts';
import type { ReplacePlanContext } from './case-plan.ts';
import { rightsCheck, type WantedRight } from './openshift/plan-checks.ts';

/** Who else works on this etcd, and what of it is paused. */
export interface ForeignPlan {
  readonly ids: readonly string[];
  readonly pauses: readonly ForeignPause[];
  /** Who was found, and whether what is to be paused may be paused and put back. */
  readonly checks: readonly Check[];
}

const CALL_MS = 10_000;
/** Cases in which an OpenShift Machine may go. */
const MACHINE_CASES: ReadonlySet<ReplaceCase> = new Set(['ocp-machine', 'ocp-machine-cpms', 'ocp-host']);

/** Looks for other controllers. Reads only. */
export async function planForeign(
  { ports, cluster, signal }: ReplacePlanContext,
  id: ReplaceCase,
  { machine }: { readonly machine: Pick<MachinePlace, 'apiVersion' | 'namespace' | 'name'> | null },
): Promise<ForeignPlan> {
  const isOpenshift = cluster.platform === 'openshift';
  const ref =
    machine === null || !MACHINE_CASES.has(id)
      ? null
      : { apiVersion: machine.apiVersion, kind: 'Machine', namespace: machine.namespace, name: machine.name };
  const [object, operator] = await Promise.all([
    ref === null ? null : readOne(ports.kubernetes, ref, signal),
    isOpenshift ? readOne(ports.kubernetes, ETCD_OPERATOR, signal) : null,
  ]);
  const order = { platform: cluster.platform, case: id, machine: object, operator };
  const findings = await readForeign(ports.kubernetes, order, signal);
  const pauses = pausesOf(findings);
  const rights = pauses.flatMap(rightsOf);
  return {
    ids: [...new Set(findings.map((each) => each.id))].toSorted(),
    pauses,
    checks: [
      foreignCheck(findings),
      ...(rights.length === 0 ? [] : [await rightsCheck(ports.kubernetes, rights, signal)]),
    ],
  };
}

/** What a pause and the end of it ask of the API server. */
function rightsOf(pause: ForeignPause): readonly WantedRight[] {
  const { namespace, name } = pause;
  if (pause.kind === 'config-map') {
    const maps = { group: '', resource: 'configmaps', namespace } as const;
    return [
      { verb: 'create', ...maps },
      { verb: 'delete', ...maps, name },
    ];
  }
  const [group = ''] = pause.apiVersion.split('/');
  return [{ verb: 'patch', group, resource: `${pause.objectKind.toLowerCase()}s`, namespace, name }];
}

/** `null`: it could not be read, which the checks of its case say. */
async function readOne(
  kubernetes: Pick<KubernetesPort, 'get'>,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<KubernetesObject | null> {
  const got = await kubernetes.get(ref, { timeoutMs: CALL_MS, signal });
  return got.ok ? got.value : null;
}
