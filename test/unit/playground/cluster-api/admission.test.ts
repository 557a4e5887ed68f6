import { describe, expect, test } from 'vitest';
import { capiAdmission } from '../../../../playground/cluster-api/admission.ts';
import { shapeOf } from '../../../../playground/cluster-api/shape.ts';
import type { AdmissionRequest, ApiObject, Fields, LocalApi } from '../../../../playground/kubernetes/contracts.ts';

const shape = shapeOf('v1beta2');

const KINDS = {
  KubeadmControlPlane: ['controlplane.cluster.x-k8s.io', 'kubeadmcontrolplanes'],
  MachineDeployment: ['cluster.x-k8s.io', 'machinedeployments'],
  DevMachineTemplate: ['infrastructure.cluster.x-k8s.io', 'devmachinetemplates'],
  Cluster: ['cluster.x-k8s.io', 'clusters'],
} as const;

function object(kind: string, spec: Fields, more: Fields = {}): ApiObject {
  return { apiVersion: 'x/v1', kind, metadata: { name: 'it', labels: {} }, spec, ...more };
}

/** Answers lists from these objects, by collection. */
function apiOf(lists: Readonly<Record<string, readonly ApiObject[]>>): LocalApi {
  return {
    request: ({ path }) => Promise.resolve({ status: 200, body: { items: lists[path] ?? [] } }),
    follow: () => Promise.reject(new Error('nobody follows')),
  };
}

async function refusal(
  kind: keyof typeof KINDS,
  spec: Fields,
  old: Fields | null,
  { api = apiOf({}), subresource = '' }: { readonly api?: LocalApi; readonly subresource?: string } = {},
): Promise<string | null> {
  const [group, plural] = KINDS[kind];
  const request: AdmissionRequest = {
    operation: old === null ? 'CREATE' : 'UPDATE',
    kind: {
      group,
      version: 'v1beta2',
      kind,
      plural,
      singular: '',
      shortNames: [],
      categories: [],
      namespaced: true,
      subresources: [],
      storagePath: '',
      hasGeneration: true,
      schema: null,
    },
    namespace: 'capi-clusters',
    name: 'it',
    subresource,
    object: object(kind, spec),
    old: old === null ? null : object(kind, old),
    user: { name: 'somebody', uid: '', groups: [], extra: {} },
    dryRun: true,
    api,
    warn: () => undefined,
  };
  const answer = await capiAdmission(shape)(request);
  return answer.ok ? null : answer.refusal.message;
}

function ofImage(image: string): Fields {
  return { template: { spec: { image } } };
}

function ofSurge(maxSurge: unknown): Fields {
  const rollingUpdate = { maxSurge, maxUnavailable: 0 };
  return { template: { spec: { version: 'v1.30.6' } }, rollout: { strategy: { rollingUpdate } } };
}

function topology(version: string): Fields {
  return { topology: { version } };
}

function has(version: string, actual: string): ApiObject {
  return object('KubeadmControlPlane', { version }, { status: { version: actual } });
}

function plane(version: string, more: Fields = {}): Fields {
  return { version, replicas: 3, ...more };
}

describe('a control plane', () => {
  test.each<[string, Fields, string]>([
    [
      'two minor versions up',
      plane('v1.32.0'),
      'spec.version: Forbidden: cannot update Kubernetes version from v1.30.6 to v1.32.0',
    ],
    ['to something else than a version', plane('latest'), 'must be a valid semantic version'],
    ['to an even number', plane('v1.30.6', { replicas: 4 }), 'cannot be an even number when etcd is stacked'],
    [
      'with two more',
      plane('v1.30.6', { rollout: { strategy: { rollingUpdate: { maxSurge: 2 } } } }),
      'value must be 1 or 0',
    ],
    [
      'of one machine without a surge',
      plane('v1.30.6', { replicas: 1, rollout: { strategy: { rollingUpdate: { maxSurge: 0 } } } }),
      'replica count needs to be at least 3',
    ],
  ])('does not go %s', async (_name, spec, words) => {
    const said = await refusal('KubeadmControlPlane', spec, plane('v1.30.6'));

    expect(said).toContain('admission webhook "validation.kubeadmcontrolplane.controlplane.cluster.x-k8s.io" denied');
    expect(said).toContain(words);
  });

  test('goes one minor version up, and any version down: nobody looks at that', async () => {
    expect(await refusal('KubeadmControlPlane', plane('v1.31.9'), plane('v1.30.6'))).toBeNull();
    expect(await refusal('KubeadmControlPlane', plane('v1.28.1'), plane('v1.30.6'))).toBeNull();
  });

  test('its status is nobody else’s business', async () => {
    expect(
      await refusal('KubeadmControlPlane', plane('v1.40.0'), plane('v1.30.6'), { subresource: 'status' }),
    ).toBeNull();
  });
});

test('a template does not change, but may be made and labelled', async () => {
  expect(await refusal('DevMachineTemplate', ofImage('b'), ofImage('a'))).toContain('field is immutable');
  expect(await refusal('DevMachineTemplate', ofImage('a'), ofImage('a'))).toBeNull();
  expect(await refusal('DevMachineTemplate', ofImage('b'), null)).toBeNull();
});

test('a deployment that could neither grow nor shrink is refused', async () => {
  expect(await refusal('MachineDeployment', ofSurge('0%'), ofSurge(1))).toContain('must not both be 0');
  expect(await refusal('MachineDeployment', ofSurge(1), ofSurge(1))).toBeNull();
});

describe('a topology', () => {
  test.each([
    ['lower', 'v1.29.9', 'version cannot be decreased from "1.30.6" to "1.29.9"'],
    ['two minor versions up', 'v1.32.0', 'version cannot be increased from "1.30.6" to "1.32.0"'],
    ['to no version', '1.31.4', 'must be a valid semantic version'],
  ])('does not go %s', async (_name, version, words) => {
    expect(await refusal('Cluster', topology(version), topology('v1.30.6'))).toContain(words);
  });

  test('does not go on while its control plane or its deployments are still on their way', async () => {
    const next = topology('v1.31.4');
    const rolling = apiOf({ [shape.controlPlanes]: [has('v1.30.6', 'v1.29.1')] });
    const behind = apiOf({ [shape.controlPlanes]: [has('v1.29.1', 'v1.29.1')] });

    expect(await refusal('Cluster', next, topology('v1.30.6'), { api: rolling })).toContain(
      'version cannot be changed: control plane is still completing a previous upgrade',
    );
    expect(await refusal('Cluster', next, topology('v1.30.6'), { api: behind })).toContain(
      'Cluster.spec.topology.version 1.30.6 was not propagated to control plane yet (control plane version 1.29.1)',
    );
  });

  test('goes one minor version up when all of it is there', async () => {
    const api = apiOf({ [shape.controlPlanes]: [has('v1.30.6', 'v1.30.6')] });

    expect(await refusal('Cluster', topology('v1.31.4'), topology('v1.30.6'), { api })).toBeNull();
  });
});
