import { readHealthCheck } from '../../src/core/cluster-api/health-check.ts';
import type { Platform } from '../../src/core/cluster-profile.ts';
import type { ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import { readNodeSign } from '../../src/core/etcd/diagnosis/node-sign.ts';
import { type ForeignFinding, foreignControllers, type SelectingCheck } from '../../src/core/etcd/foreign.ts';
import { nodesOfMachines, podOwnersOf, selectsLabels } from '../../src/core/etcd/foreign-owners.ts';
import { type ObjectOwner, ownerByGitops } from '../../src/core/gitops/owner.ts';
import { isControlPlane } from '../../src/core/kubernetes/node.ts';
import { MACHINE_NAMESPACE } from '../../src/core/openshift/machine.ts';
import type { KubernetesObject, KubernetesPort, KubernetesResult } from '../../src/core/ports/kubernetes.ts';
import { BESIDE_MS, legible } from './diagnosis/sources.ts';

/** What of the cluster the run will change. */
export interface ForeignOrder {
  readonly platform: Platform;
  readonly case: ReplaceCase;
  /** The Machine of OpenShift that is to go; `null`: none is. */
  readonly machine: KubernetesObject | null;
  /** The resource of the etcd operator, whose guard and redeployment are to be changed; `null`: it is not. */
  readonly operator: KubernetesObject | null;
}

const OPERATOR_FIELDS = [
  ['spec', 'unsupportedConfigOverrides'],
  ['spec', 'forceRedeploymentReason'],
] as const;

/** Looks who else works on this etcd and its machines. Reads only; what may not be read is a warning, not "nobody". A bare ring shows nobody. */
export async function readForeign(
  kubernetes: Pick<KubernetesPort, 'get' | 'list'>,
  { platform, case: id, machine, operator }: ForeignOrder,
  signal: AbortSignal,
): Promise<readonly ForeignFinding[]> {
  const call = { timeoutMs: BESIDE_MS, signal };
  const isOpenshift = platform === 'openshift';
  const hasNodes = platform !== 'etcd';
  const [defrag, checks, pods, nodes] = await Promise.all([
    isOpenshift
      ? kubernetes.get(
          { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'openshift-etcd-operator', name: 'etcd-disable-defrag' },
          call,
        )
      : null,
    isOpenshift && machine !== null
      ? kubernetes.list(
          { apiVersion: 'machine.openshift.io/v1beta1', kind: 'MachineHealthCheck', namespace: MACHINE_NAMESPACE },
          call,
        )
      : null,
    hasNodes
      ? kubernetes.list(
          {
            apiVersion: 'v1',
            kind: 'Pod',
            namespace: isOpenshift ? 'openshift-etcd' : 'kube-system',
            labelSelector: isOpenshift ? 'k8s-app=etcd' : 'component=etcd',
          },
          call,
        )
      : null,
    platform === 'kubeadm' ? kubernetes.list({ apiVersion: 'v1', kind: 'Node', namespace: null }, call) : null,
  ]);
  return foreignControllers({
    platform,
    case: id,
    defragDisabled: isThere(defrag),
    healthChecks: machine === null ? [] : selecting(checks, machine),
    illegibleChecks: illegible(checks),
    podOwners: pods === null ? [] : pods.ok ? podOwnersOf(pods.value.items) : null,
    nodesOfMachines: nodes === null ? [] : nodes.ok ? machineNodes(nodes.value.items) : null,
    owners: ownersOf(machine, operator),
  });
}

function machineNodes(nodes: readonly KubernetesObject[]): readonly string[] {
  return nodesOfMachines(legible(nodes, readNodeSign).filter(isControlPlane));
}

function isThere(got: KubernetesResult<KubernetesObject> | null): boolean | null {
  if (got?.ok === true) return true;
  return got?.error.code === 'not-found' ? false : null;
}

function selecting(
  listed: KubernetesResult<{ readonly items: readonly KubernetesObject[] }> | null,
  { metadata }: KubernetesObject,
): readonly SelectingCheck[] | null {
  if (listed?.ok !== true) return listed?.error.code === 'no-such-kind' ? [] : null;
  return legible(listed.value.items, readHealthCheck).filter(({ selector }) =>
    selectsLabels(selector, metadata.labels ?? {}),
  );
}

/** Names of health checks whose selector or state nobody here understands. */
function illegible(
  listed: KubernetesResult<{ readonly items: readonly KubernetesObject[] }> | null,
): readonly string[] {
  if (listed?.ok !== true) return [];
  return listed.value.items
    .filter((each) => legible([each], readHealthCheck).length === 0)
    .map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
}

function ownersOf(machine: KubernetesObject | null, operator: KubernetesObject | null): readonly ObjectOwner[] {
  return [
    machine === null ? null : ownerByGitops(machine, 'whole'),
    operator === null ? null : ownerByGitops(operator, OPERATOR_FIELDS),
  ].filter((owner) => owner !== null);
}
