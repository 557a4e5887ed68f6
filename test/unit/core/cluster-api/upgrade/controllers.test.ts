import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHealthCheck } from '../../../../../src/core/cluster-api/health-check.ts';
import { coreDnsCheck, wantedDns } from '../../../../../src/core/cluster-api/upgrade/core-dns.ts';
import { releaseCheck, releaseIn } from '../../../../../src/core/cluster-api/upgrade/supported-versions.ts';
import type { KubernetesObject } from '../../../../../src/core/ports/kubernetes.ts';

function object(kind: string, rest: object, annotations: Record<string, string> = {}): KubernetesObject {
  const metadata = { name: 'one', namespace: 'prod', uid: 'u-1', resourceVersion: '1', annotations };
  return { apiVersion: 'x/v1', kind, metadata, ...rest };
}

function provider(type: string, version: unknown): KubernetesObject {
  return object('Provider', { providerName: 'cluster-api', type, version });
}

describe('which Cluster API runs', () => {
  test('is the core provider of the inventory, of several the oldest', () => {
    expect(releaseIn([provider('InfrastructureProvider', 'v2.9.0'), provider('CoreProvider', 'v1.12.3')])).toEqual({
      ok: true,
      version: 'v1.12.3',
    });
    expect(releaseIn([provider('CoreProvider', 'v1.12.3'), provider('CoreProvider', 'v1.9.5')])).toMatchObject({
      version: 'v1.9.5',
    });
  });

  test.each([
    [],
    [provider('CoreProvider', undefined)],
    [provider('CoreProvider', 'main')],
    [provider('Other', 'v1.12.3')],
  ])('cannot be told otherwise', (...providers) => {
    expect(releaseIn(providers)).toMatchObject({ ok: false });
  });
});

describe('whether it supports a version', () => {
  const RELEASE = { ok: true, version: 'v1.9.5' } as const;
  const move = (from: string, to: string, isPlane = true) => releaseCheck(RELEASE, { from, to, isPlane });

  test('within its range it does', () => {
    expect(move('v1.31.4', 'v1.32.1')).toMatchObject({
      verdict: 'pass',
      evidence: expect.stringContaining('Cluster API v1.9.5 supports Kubernetes 1.26 to 1.32'),
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
      expect(releaseCheck({ ok: true, version }, ask)).toMatchObject({ verdict: 'warn' });
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
