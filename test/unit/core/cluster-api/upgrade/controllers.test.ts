import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHealthCheck } from '../../../../../src/core/cluster-api/health-check.ts';
import { coreDnsCheck, wantedDns } from '../../../../../src/core/cluster-api/upgrade/core-dns.ts';
import { coreNamespaces, releaseOf, type Told } from '../../../../../src/core/cluster-api/upgrade/release.ts';
import { releaseCheck } from '../../../../../src/core/cluster-api/upgrade/supported-versions.ts';
import type { KubernetesObject } from '../../../../../src/core/ports/kubernetes.ts';

function object(kind: string, rest: object, annotations: Record<string, string> = {}): KubernetesObject {
  const metadata = { name: 'one', namespace: 'prod', uid: 'u-1', resourceVersion: '1', annotations };
  return { apiVersion: 'x/v1', kind, metadata, ...rest };
}

function provider(type: string, version: unknown): KubernetesObject {
  return object('Provider', { providerName: 'cluster-api', type, version });
}

function controller(...images: readonly unknown[]): KubernetesObject {
  return object('Deployment', { spec: { template: { spec: { containers: images.map((image) => ({ image })) } } } });
}

/** Of two replicas, in its second specification. */
function rolled(image: string): KubernetesObject {
  const { metadata, ...rest } = controller(image);
  const spec = { replicas: 2, template: { spec: { containers: [{ image }] } } };
  return { ...rest, metadata: { ...metadata, generation: 2 }, spec };
}

function told(...objects: readonly KubernetesObject[]): Told {
  return { ok: true, objects };
}

const CORE = 'registry.k8s.io/cluster-api/cluster-api-controller';
const REFUSED: Told = { ok: false, why: 'its controllers could not be looked at: forbidden' };

describe('which Cluster API runs', () => {
  test('is that of the image, whatever the inventory noted once; of several the oldest', () => {
    const noted = told(provider('CoreProvider', 'v1.7.3'));
    expect(releaseOf(noted, told(controller('sidecar:v0.1.0', `${CORE}:v1.12.3`)))).toEqual({
      ok: true,
      version: 'v1.12.3',
      source: 'the image of its controller; the inventory of clusterctl still says v1.7.3',
    });
    expect(releaseOf(noted, told(controller('mirror:5000/cluster-api-controller:v1.7.3@sha256:ab12')))).toEqual({
      ok: true,
      version: 'v1.7.3',
      source: 'the image of its controller',
    });
    expect(releaseOf(REFUSED, told(controller(`${CORE}:v1.12.3`), controller(`${CORE}:v1.9.5`)))).toMatchObject({
      version: 'v1.9.5',
    });
  });

  test.each<[string, object]>([
    ['the new specification was not seen', { observedGeneration: 1, replicas: 2, updatedReplicas: 2 }],
    ['not all are of it', { observedGeneration: 2, replicas: 2, updatedReplicas: 1 }],
    ['an old one is left', { observedGeneration: 2, replicas: 3, updatedReplicas: 2 }],
    ['none is there', {}],
  ])('while its controller is rolled out (%s) is the older one, and that is said', (_why, status) => {
    const rolling = told({ ...rolled(`${CORE}:v1.11.0`), status });
    const source = expect.stringContaining('the roll-out of its controller is not over');
    const release = releaseOf(told(provider('CoreProvider', 'v1.9.5')), rolling);
    expect(release).toMatchObject({ version: 'v1.9.5', source, isRolling: true });
    expect(releaseCheck(release, { from: 'v1.32.1', to: 'v1.33.1', isPlane: true })).toMatchObject({
      verdict: 'block',
      evidence: expect.stringContaining('the roll-out of its controller is not over'),
    });
    for (const noted of [told(), told(provider('CoreProvider', 'v1.12.3'))]) {
      const unnoted = releaseOf(noted, rolling);
      expect(unnoted).toMatchObject({ version: 'v1.11.0', source, isRolling: true });
      expect(releaseCheck(unnoted, { from: 'v1.32.1', to: 'v1.33.1', isPlane: true })).toMatchObject({
        verdict: 'warn',
        title: 'Cluster API is being upgraded itself',
      });
    }
  });

  test.each<[string, object]>([
    ['is over', { observedGeneration: 2, replicas: 2, updatedReplicas: 2 }],
    ['left only new ones', { observedGeneration: 2, replicas: 2, updatedReplicas: 2, unavailableReplicas: 1 }],
    ['is told by nobody', { observedGeneration: 'x' }],
  ])('where its roll-out %s is that of the image', (_why, status) => {
    const release = releaseOf(told(), told({ ...rolled(`${CORE}:v1.11.0`), status }));
    expect(release).toEqual({ ok: true, version: 'v1.11.0', source: 'the image of its controller' });
  });

  test('is else the core provider of the inventory, of several the oldest, and that is said', () => {
    const many = [provider('InfrastructureProvider', 'v0.9.0'), provider('CoreProvider', 'v1.12.3')];
    expect(releaseOf(told(...many), REFUSED)).toEqual({
      ok: true,
      version: 'v1.12.3',
      source:
        'the inventory of clusterctl, which may be out of date; its controllers could not be looked at: forbidden',
    });
    expect(releaseOf(told(...many, provider('CoreProvider', 'v1.9.5')), REFUSED)).toMatchObject({ version: 'v1.9.5' });
    for (const silent of [[], [controller('other:v1.9.5')], [controller(`${CORE}@sha256:ab12`)], [controller(null)]])
      expect(releaseOf(told(...many), told(...silent))).toMatchObject({
        version: 'v1.12.3',
        source: expect.stringContaining('the image of its controller tells none'),
      });
  });

  test.each([
    [],
    [provider('CoreProvider', undefined)],
    [provider('CoreProvider', 'main')],
    [provider('Other', 'v1.12.3')],
  ])('cannot be told otherwise', (...providers) => {
    expect(releaseOf(told(...providers), told())).toMatchObject({ ok: false });
    expect(releaseOf(REFUSED, REFUSED)).toMatchObject({ ok: false });
  });

  test('is looked for where its provider was noted, else where it is by default', () => {
    expect(coreNamespaces(told(provider('CoreProvider', 'v1.12.3'), provider('Other', 'v1.0.0')))).toEqual(['prod']);
    expect(coreNamespaces(told())).toEqual(['capi-system']);
    expect(coreNamespaces(REFUSED)).toEqual(['capi-system']);
  });
});

describe('whether it supports a version', () => {
  const SOURCE = 'the image of its controller';
  const RELEASE = { ok: true, version: 'v1.9.5', source: SOURCE } as const;
  const move = (from: string, to: string, isPlane = true) => releaseCheck(RELEASE, { from, to, isPlane });

  test('within its range it does', () => {
    expect(move('v1.31.4', 'v1.32.1')).toMatchObject({
      verdict: 'pass',
      evidence: expect.stringMatching(
        /^Cluster API v1\.9\.5 supports Kubernetes 1\.26 to 1\.32.* \(version: the image of its controller\)$/,
      ),
    });
    expect(move('v1.26.0', 'v1.26.9')).toMatchObject({ verdict: 'pass' });
  });

  test('a control plane does not go above it', () => {
    expect(move('v1.32.1', 'v1.33.0')).toMatchObject({
      verdict: 'block',
      evidence: expect.stringContaining('v1.33.0 is newer: upgrade Cluster API first'),
    });
    expect(move('unknown', 'v1.33.0')).toMatchObject({ verdict: 'block' });
  });

  test('what is there already, a node group, and an old version are warned of', () => {
    expect(move('v1.33.0', 'v1.33.4')).toMatchObject({ verdict: 'warn' });
    expect(move('v1.32.0', 'v1.33.4', false)).toMatchObject({ verdict: 'warn' });
    expect(move('v1.24.0', 'v1.25.4')).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('is older'),
    });
  });

  test('what is not known is warned of, never passed', () => {
    const ask = { from: 'v1.30.6', to: 'v1.31.4', isPlane: true };
    expect(releaseCheck({ ok: false, why: 'forbidden' }, ask)).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('forbidden: compare its release notes'),
    });
    for (const version of ['v1.4.0', 'v1.99.0', 'v2.0.0', 'v0.4.8'])
      expect(releaseCheck({ ok: true, version, source: SOURCE }, ask)).toMatchObject({ verdict: 'warn' });
    expect(releaseCheck(RELEASE, { ...ask, to: 'nonsense' })).toMatchObject({ verdict: 'warn' });
  });

  test('never blocks what is not above the newest version, whatever is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.boolean(),
        (from, to, isPlane) => {
          const { verdict } = move(`v1.${from}.0`, `v1.${to}.0`, isPlane);
          expect(verdict === 'block').toBe(isPlane && to > 32 && to > from);
        },
      ),
    );
  });
});

function dns(imageTag?: string) {
  return { spec: { kubeadmConfigSpec: { clusterConfiguration: { dns: { imageTag } } } } };
}

describe('CoreDNS', () => {
  test('is left alone, stays, or is wanted', () => {
    const skipped = { 'controlplane.cluster.x-k8s.io/skip-coredns': '' };
    expect(wantedDns(object('KubeadmControlPlane', dns('v1.11.3'), skipped))).toBe('skipped');
    expect(wantedDns(object('KubeadmControlPlane', dns()))).toBe('as-it-is');
    expect(wantedDns(object('KubeadmControlPlane', { spec: {} }))).toBe('as-it-is');
    expect(wantedDns(object('KubeadmControlPlane', dns('v1.11.3')))).toEqual({ tag: 'v1.11.3' });
  });

  test('is warned of where it is not the wanted one, or cannot be told', () => {
    expect(coreDnsCheck('skipped', null)).toMatchObject({ verdict: 'pass' });
    expect(coreDnsCheck('as-it-is', null)).toMatchObject({ verdict: 'pass' });
    expect(coreDnsCheck({ tag: 'v1.11.3' }, '1.11.3')).toMatchObject({ verdict: 'pass' });
    expect(coreDnsCheck({ tag: 'v1.12.2' }, 'v1.11.3')).toMatchObject({
      verdict: 'warn',
      evidence: expect.stringContaining('wants CoreDNS v1.12.2, and v1.11.3 runs'),
    });
    expect(coreDnsCheck({ tag: 'v1.12.2' }, null)).toMatchObject({ verdict: 'warn' });
  });
});

test.each([
  [{}, null],
  [{ maxUnhealthy: '40%' }, '40%'],
  [{ maxUnhealthy: 2 }, '2'],
  [{ maxUnhealthy: '100%' }, null],
  [{ maxUnhealthy: '40%', unhealthyRange: '[1-3]' }, '[1-3]'],
  [{ remediation: { triggerIf: { unhealthyLessThanOrEqualTo: '40%' } } }, '40%'],
  [{ remediation: { triggerIf: { unhealthyLessThanOrEqualTo: 0 } } }, '0'],
  [{ remediation: { triggerIf: { unhealthyInRange: '[2-5]', unhealthyLessThanOrEqualTo: 1 } } }, '[2-5]'],
])('the limit of a health check %j', (spec, limit) => {
  expect(readHealthCheck(object('MachineHealthCheck', { spec })).limit).toBe(limit);
});
