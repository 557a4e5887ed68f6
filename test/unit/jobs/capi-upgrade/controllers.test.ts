import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { createUpgradeCase, type UpgradeCase } from '../../../support/capi-upgrade-case.ts';

const TO = 'v1.31.4';

function installed({ world }: UpgradeCase, version: string): void {
  const apiVersion = 'clusterctl.cluster.x-k8s.io/v1alpha3';
  world.management.addKind({ apiVersion, kind: 'Provider', resource: 'providers', namespaced: true, subresources: [] });
  world.management.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'capi-system' } });
  const metadata = { name: 'cluster-api', namespace: 'capi-system' };
  world.management.put({ apiVersion, kind: 'Provider', metadata, type: 'CoreProvider', version });
}

/** Puts the controllers there, and others beside them. */
function runs({ world }: UpgradeCase, version: string): void {
  for (const [name, provider] of [
    ['capi-controller-manager', 'cluster-api'],
    ['other', 'infrastructure-x'],
  ] as const)
    world.management.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'capi-system', labels: { 'cluster.x-k8s.io/provider': provider } },
      spec: {
        template: {
          spec: { containers: [{ image: `registry/cluster-api-controller:${name === 'other' ? 'v1.3.0' : version}` }] },
        },
      },
    });
}

async function checks(scene: UpgradeCase, group = 'controlplane', to = TO): Promise<Readonly<Record<string, string>>> {
  const { draft } = await scene.plan({ group, to, behindControlPlane: true });
  return Object.fromEntries(draft.checks.map(({ id, verdict, evidence }) => [id, `${verdict}: ${evidence}`]));
}

describe('the controllers of Cluster API', () => {
  test('an inventory that is not there is warned of', async () => {
    expect((await checks(createUpgradeCase()))['capi-release']).toMatch(
      /^warn: the management cluster has no inventory/,
    );
  });

  test('a version that they do not support blocks a control plane, and not its nodes', async () => {
    const scene = createUpgradeCase();
    installed(scene, 'v1.7.3');
    expect((await checks(scene))['capi-release']).toMatch(
      /^block: Cluster API v1\.7\.3 supports Kubernetes 1\.24 to 1\.30/,
    );
    expect((await checks(scene, 'md-0'))['capi-release']).toMatch(/^warn: /);
  });

  test('their image counts, and not what was noted before they were upgraded by other means', async () => {
    const scene = createUpgradeCase();
    installed(scene, 'v1.7.3');
    runs(scene, 'v1.10.1');
    expect((await checks(scene))['capi-release']).toMatch(
      /^pass: Cluster API v1\.10\.1 supports .* \(version: the image of its controller; the inventory .* says v1\.7\.3\)$/,
    );
    const behind = createUpgradeCase();
    installed(behind, 'v1.10.1');
    runs(behind, 'v1.7.3');
    expect((await checks(behind))['capi-release']).toMatch(/^block: Cluster API v1\.7\.3 supports/);
  });

  test('an image that may not be read leaves the inventory, and that is said', async () => {
    const scene = createUpgradeCase();
    installed(scene, 'v1.10.1');
    runs(scene, 'v1.7.3');
    const before = { ...scene.world.port };
    Object.assign(scene.world.port, {
      list: async (...asked: Parameters<typeof before.list>) =>
        asked[0].kind === 'Deployment'
          ? { ok: false, error: { code: 'forbidden', message: 'deployments is forbidden' } }
          : await before.list(...asked),
    });
    expect((await checks(scene))['capi-release']).toMatch(
      /^pass: Cluster API v1\.10\.1 .*inventory of clusterctl, which may be out of date; .* deployments is forbidden\)$/,
    );
  });

  test('a version that they support passes', async () => {
    const scene = createUpgradeCase();
    installed(scene, 'v1.10.1');
    expect((await checks(scene))['capi-release']).toMatch(/^pass: Cluster API v1\.10\.1 supports/);
  });

  test('CoreDNS that the control plane has not moved is warned of, of a control plane that changes its minor version', async () => {
    const scene = createUpgradeCase();
    const clusterConfiguration = { dns: { imageTag: 'v1.12.2' } };
    scene.world.merge(scene.world.plane, { spec: { kubeadmConfigSpec: { clusterConfiguration } } });
    scene.world.workload.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      spec: { template: { spec: { containers: [{ image: 'registry.k8s.io/coredns/coredns:v1.11.1' }] } } },
    });
    expect((await checks(scene))['capi-coredns']).toContain(
      'warn: the control plane wants CoreDNS v1.12.2, and v1.11.1 runs',
    );
    expect(await checks(scene, 'controlplane', 'v1.30.9')).not.toHaveProperty('capi-coredns');
    expect(await checks(scene, 'md-0')).not.toHaveProperty('capi-coredns');
  });
});

function check(name: string, matchLabels: JsonObject, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineHealthCheck',
    metadata: { name, namespace: 'prod' },
    spec: { clusterName: 'prod', selector: { matchLabels }, ...spec },
  };
}

describe('health checks', () => {
  const WORKERS = { 'cluster.x-k8s.io/deployment-name': 'prod-md-0' };

  test('without a limit over a node group are warned of; with one, and over a control plane, they pass', async () => {
    const scene = createUpgradeCase();
    scene.world.management.put(check('workers', WORKERS));
    scene.world.management.put(check('planes', { 'cluster.x-k8s.io/control-plane': '' }));
    expect((await checks(scene, 'md-0'))['capi-health-check']).toMatch(
      /^warn: MachineHealthCheck workers has no maxUnhealthy/,
    );
    expect((await checks(scene))['capi-health-check']).toMatch(/^pass: MachineHealthCheck planes: /);
    const remediation = { triggerIf: { unhealthyLessThanOrEqualTo: '40%' } };
    scene.world.management.put(check('workers', WORKERS, { remediation }));
    expect((await checks(scene, 'md-0'))['capi-health-check']).toMatch(/^pass: .* within its limit \(40% unhealthy\)$/);
  });
});
