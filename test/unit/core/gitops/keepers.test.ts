import { describe, expect, test } from 'vitest';
import { readApplication } from '../../../../src/core/gitops/argo.ts';
import { gitopsCheck } from '../../../../src/core/gitops/check.ts';
import type { GitopsFinding } from '../../../../src/core/gitops/finding.ts';
import { type ApplicationsSeen, argoFinding } from '../../../../src/core/gitops/judge-argo.ts';
import { fluxFinding, fluxSaid } from '../../../../src/core/gitops/judge-flux.ts';
import { otherFindings } from '../../../../src/core/gitops/judge-others.ts';
import { JsonObject } from '../../../../src/core/json.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';
import {
  aGroup,
  aKustomization,
  anApplication,
  asStored,
  BY_KUSTOMIZATION,
  applicationsSeen as seen,
  TRACKED,
  VERSION_PATH,
  wrote,
} from '../../../support/gitops-objects.ts';

function read(spec: JsonObject) {
  return { kind: 'read', cluster: 'management', object: asStored(aKustomization(spec)) } as const;
}

function judged(object: KubernetesObject, what: Parameters<typeof fluxFinding>[3]): GitopsFinding | null {
  const said = fluxSaid(object);
  return said === null ? null : fluxFinding(object, [VERSION_PATH], said, what);
}

function argo(object: KubernetesObject, applications: ApplicationsSeen): GitopsFinding | null {
  return argoFinding(object, applications, [VERSION_PATH]);
}

function found(object: KubernetesObject, eksa: Parameters<typeof otherFindings>[2] = []) {
  return otherFindings(object, [VERSION_PATH], eksa).map(({ who, reverts }) => [who, reverts]);
}

describe('Argo CD', () => {
  test.each([
    ['selfHeal', { selfHeal: true }, 'by-itself'],
    ['automated', {}, 'at-next-sync'],
    ['automated, enabled', { enabled: true, selfHeal: false }, 'at-next-sync'],
    ['switched off', { enabled: false, selfHeal: true }, 'by-hand'],
    ['by hand', null, 'by-hand'],
  ] as const)('%s', (_name, automated, reverts) => {
    const keeper = argo(aGroup(TRACKED), seen(anApplication(automated)));

    expect(keeper).toMatchObject({
      object: 'MachineDeployment capi/capi-md-0',
      who: 'Argo CD, Application argocd/clusters',
      reverts,
      source: 'https://git.example.com/clusters.git, path prod',
    });
    expect(keeper?.suspension === null).toBe(reverts === 'by-hand');
  });

  test('what a chart renders is changed in its values', () => {
    const application = anApplication();
    const spec = JsonObject.parse(application['spec']);
    const places = [{ path: 'a' }, { chart: 'clusters' }, { path: 'a', helm: { valueFiles: ['x.yaml'] } }].map(
      (source) => argo(aGroup(TRACKED), seen({ ...application, spec: { ...spec, source } }))?.place,
    );
    expect(places).toEqual(['manifest', 'chart', 'chart']);
  });

  test('an Application that somebody told it to leave alone stays so', () => {
    const skipped = anApplication({ selfHeal: true }, { annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } });

    expect(argo(aGroup(TRACKED), seen(skipped))).toMatchObject({ reverts: 'by-hand', suspension: null });
  });

  test.each([
    [
      'an ApplicationSet',
      { ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'all', uid: 'u' }] },
      /^ApplicationSet all/,
    ],
    [
      'another Application',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'root:argoproj.io/Application:argocd/clusters' } },
      /^Application root keeps/,
    ],
  ] as const)('an Application that %s keeps cannot be suspended', (_name, metadata, stays) => {
    const keeper = argo(aGroup(TRACKED), seen(anApplication({ selfHeal: true }, metadata)));

    expect(keeper).toMatchObject({ reverts: 'by-itself', suspension: null, stays: expect.stringMatching(stays) });
  });

  test('that Argo CD writes the status of an Application does not make it one that others keep', () => {
    const written = anApplication({}, { managedFields: [wrote('argocd-controller', ['status', 'sync'])] });

    expect(argo(aGroup(TRACKED), seen(written))).toMatchObject({ reverts: 'at-next-sync', stays: '' });
  });

  test('the tracking id of another object came with a copy and says nothing', () => {
    const copy = {
      annotations: { 'argocd.argoproj.io/tracking-id': 'clusters:cluster.x-k8s.io/MachineDeployment:capi/other' },
    };

    expect(argo(aGroup(copy), seen(anApplication()))).toBeNull();
  });

  test('an Application outside the namespace of Argo CD is found by both of its names', () => {
    const id = 'teams_clusters:cluster.x-k8s.io/MachineDeployment:capi/capi-md-0';
    const marked = aGroup({ annotations: { 'argocd.argoproj.io/tracking-id': id } });

    expect(argo(marked, seen(anApplication({}, { namespace: 'teams' })))?.who).toBe(
      'Argo CD, Application teams/clusters',
    );
  });

  test('a label that others use too counts only when the Application lists the object', () => {
    const labelled = aGroup({ labels: { 'app.kubernetes.io/instance': 'clusters' } });
    const { status: _status, ...without } = anApplication();

    expect(argo(labelled, seen(anApplication()))).toMatchObject({ reverts: 'by-itself' });
    expect(argo(labelled, seen(without))).toBeNull();
    expect(argo(labelled, seen())).toBeNull();
  });

  test('what cannot be seen is not "nobody"', () => {
    const unread: ApplicationsSeen = { management: { kind: 'unread', why: 'forbidden' }, workload: { kind: 'none' } };
    const written = aGroup({ managedFields: [wrote('argocd-controller', VERSION_PATH)] });

    expect(argo(aGroup(TRACKED), unread)).toMatchObject({
      reverts: 'unknown',
      words: expect.stringContaining('forbidden'),
    });
    expect(argo(aGroup(TRACKED), seen())).toMatchObject({
      reverts: 'unknown',
      words: expect.stringContaining('from elsewhere'),
    });
    expect(argo(written, unread)).toMatchObject({ reverts: 'unknown', who: 'Argo CD' });
    expect(argo(written, seen())).toMatchObject({ reverts: 'by-hand', who: 'Argo CD' });
    expect(argo(written, seen(anApplication()))).toMatchObject({ reverts: 'by-itself' });
    expect(argo(aGroup(), seen(anApplication()))).toBeNull();
  });

  test.each([
    ['no spec', { spec: null }],
    ['a spec of another shape', { spec: { syncPolicy: 7 } }],
    ['a status of another shape', { status: { sync: [] } }],
  ] as const)('an Application with %s is not understood', (_name, odd) => {
    expect(readApplication(asStored({ ...anApplication(), ...odd }))).toBeNull();
  });
});

describe('Flux', () => {
  test('a Kustomization takes changes back at its interval, and can be suspended', () => {
    expect(judged(aGroup(BY_KUSTOMIZATION), read({}))).toMatchObject({
      who: 'Flux, Kustomization flux-system/clusters',
      reverts: 'by-itself',
      words: 'It applies what is in Git every 10m and takes the change back',
      suspension: { way: 'flux', uid: 'uid-app', before: null },
    });
  });

  test.each([
    ['suspended', aGroup(BY_KUSTOMIZATION), { suspend: true }, 'suspended it already'],
    [
      'told to leave the object alone',
      aGroup({ ...BY_KUSTOMIZATION, annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'Disabled' } }),
      {},
      'reconcile: disabled',
    ],
    [
      'told to apply it once',
      aGroup({ ...BY_KUSTOMIZATION, annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } }),
      {},
      'ssa: IfNotPresent',
    ],
    [
      'keeping other fields',
      aGroup({ ...BY_KUSTOMIZATION, managedFields: [wrote('kustomize-controller', ['spec', 'replicas'], 'Apply')] }),
      {},
      'not the fields',
    ],
  ])('a Kustomization %s takes nothing back by itself', (_name, object, spec, words) => {
    expect(judged(object, read(spec))).toMatchObject({
      reverts: 'by-hand',
      words: expect.stringContaining(words),
      suspension: null,
    });
  });

  test('a Kustomization that owns the field takes it back', () => {
    const owned = aGroup({
      ...BY_KUSTOMIZATION,
      managedFields: [wrote('kustomize-controller', VERSION_PATH, 'Apply')],
    });

    expect(judged(owned, read({ suspend: false }))).toMatchObject({
      reverts: 'by-itself',
      suspension: { before: false },
    });
  });

  test.each([
    [{ driftDetection: { mode: 'enabled' } }, 'by-itself'],
    [{ driftDetection: { mode: 'warn' } }, 'at-next-sync'],
    [{}, 'at-next-sync'],
  ] as const)('a HelmRelease with %j: %s', (spec, reverts) => {
    const labels = { 'helm.toolkit.fluxcd.io/name': 'x', 'helm.toolkit.fluxcd.io/namespace': 'flux-system' };

    expect(judged(aGroup({ labels }), read(spec))).toMatchObject({ who: 'Flux, HelmRelease flux-system/x', reverts });
  });

  test.each([{ kind: 'gone' }, { kind: 'unread', why: 'forbidden' }, read({ suspend: 'perhaps' })] as const)(
    'what cannot be seen is not "nobody": %j',
    (what) => {
      expect(judged(aGroup(BY_KUSTOMIZATION), what)).toMatchObject({ reverts: 'unknown', suspension: null });
    },
  );
});

describe('others', () => {
  test('who they are, and what they do', () => {
    expect(found(aGroup())).toEqual([]);
    expect(found(aGroup({ labels: { 'topology.cluster.x-k8s.io/owned': '' } }))).toEqual([
      ['the topology controller of Cluster API', 'by-itself'],
    ]);
    // A Cluster of a ClusterClass has the label too, and is what people change.
    const cluster = { ...aGroup({ labels: { 'topology.cluster.x-k8s.io/owned': '' } }), kind: 'Cluster' };
    expect(found(cluster)).toEqual([]);
    const helm = { 'app.kubernetes.io/managed-by': 'Helm' };
    expect(found(aGroup({ labels: helm, annotations: { 'meta.helm.sh/release-name': 'web' } }))).toEqual([
      ['Helm, release web', 'by-hand'],
    ]);
    expect(found(aGroup({ managedFields: [wrote('Terraform', VERSION_PATH)] }))).toEqual([['Terraform', 'by-hand']]);
    expect(
      found(
        aGroup({
          managedFields: [
            wrote('pulumi-kubernetes-1', VERSION_PATH, 'Apply'),
            wrote('x', ['spec', 'replicas'], 'Apply'),
            wrote('kubectl-edit', VERSION_PATH),
            wrote('capi-kubeadmcontrolplane', VERSION_PATH, 'Apply'),
          ],
        }),
      ),
    ).toEqual([['field manager pulumi-kubernetes-1', 'by-hand']]);
  });

  test('EKS Anywhere, where it keeps the cluster or that cannot be told', () => {
    const object = aGroup({ namespace: 'eksa-system', labels: { 'cluster.x-k8s.io/cluster-name': 'prod' } });

    expect(found(object, ['prod'])).toEqual([['EKS Anywhere, Cluster prod', 'by-itself']]);
    expect(found(object, ['other'])).toEqual([]);
    expect(found(object, { unread: 'forbidden' })).toEqual([['EKS Anywhere, Cluster prod', 'unknown']]);
    expect(found(aGroup(), ['prod'])).toEqual([]);
  });
});

function checked(findings: readonly (GitopsFinding | null | undefined)[], suspend: boolean) {
  const known = findings.filter((each) => each !== null && each !== undefined);
  return gitopsCheck(known, 1, suspend);
}

describe('the check', () => {
  const selfHeal = argo(aGroup(TRACKED), seen(anApplication()));
  const byHand = argo(aGroup(TRACKED), seen(anApplication(null)));
  const unknown = argo(aGroup(TRACKED), seen());
  const topology = otherFindings(aGroup({ labels: { 'topology.cluster.x-k8s.io/owned': '' } }), [VERSION_PATH], [])[0];

  test.each([
    ['nobody', [], false, 'pass', 'no GitOps tool keeps the object'],
    ['by hand', [byHand], false, 'warn', 'syncs by hand'],
    ['by itself', [selfHeal], false, 'block', 'or ask again with --suspend-gitops.'],
    ['by itself, suspended', [selfHeal, byHand], true, 'warn', 'It is suspended for the run.'],
    ['not seen', [unknown], false, 'block', 'Bring the change that is in the thread as a file into Git.'],
    ['not seen, to be suspended', [unknown], true, 'block', 'It cannot be suspended: its Application cannot be seen.'],
    ['one of two cannot be suspended', [selfHeal, topology], true, 'block', 'or end by hand what cannot be suspended.'],
  ] as const)('%s', (_name, findings, suspend, verdict, evidence) => {
    expect(checked(findings, suspend)).toMatchObject({
      id: 'gitops',
      verdict,
      evidence: expect.stringContaining(evidence),
    });
  });
});
