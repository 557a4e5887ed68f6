import { expect, test } from 'vitest';
import { fluxSource, hasMoved, takenRevisions } from '../../../../src/core/gitops/flux-source.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';
import { aKustomization, asStored } from '../../../support/gitops-objects.ts';

function aRelease(spec: JsonObject, status: JsonObject = {}): KubernetesObject {
  const metadata = { name: 'clusters', namespace: 'flux-system' };
  return asStored({ apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', metadata, spec, status });
}

const REPOSITORY = { kind: 'HelmRepository', name: 'charts', namespace: 'sources' };
const BEFORE = { revisions: ['main@sha1:aaaa'], generation: null };

test.each([
  ['a Kustomization', asStored(aKustomization()), 'GitRepository flux-system/fleet'],
  [
    'a Kustomization of another namespace',
    asStored(aKustomization({ sourceRef: { kind: 'OCIRepository', name: 'x', namespace: 'sources' } })),
    'OCIRepository sources/x',
  ],
  [
    'a release, as its controller names its chart',
    aRelease({ chart: { spec: { chart: 'c', sourceRef: REPOSITORY } } }, { helmChart: 'sources/other' }),
    'HelmChart sources/other',
  ],
  [
    'a release without a status',
    aRelease({ chart: { spec: { chart: 'c', sourceRef: REPOSITORY } } }),
    'HelmChart sources/flux-system-clusters',
  ],
  [
    'a release of a chart reference',
    aRelease({ chartRef: { kind: 'OCIRepository', name: 'c' } }),
    'OCIRepository flux-system/c',
  ],
  ['one that names none', aRelease({}), ''],
  ['one of another shape', aRelease({ chart: 'c', sourceRef: 7 }), ''],
] as const)('the source of %s', (_name, object, words) => {
  const source = fluxSource(object);
  expect(source === null ? '' : `${source.kind} ${source.namespace}/${source.name}`).toBe(words);
});

test('what was taken, and what was tried', () => {
  const status = { lastAttemptedRevision: 'b', lastAppliedRevision: 'a' };
  expect(takenRevisions(aRelease({}, status))).toEqual(['b', 'a']);
  expect(takenRevisions(aRelease({}, { lastAttemptedRevision: 7 }))).toEqual([]);
});

test.each([
  ['the same revision', {}, BEFORE, 'main@sha1:aaaa', 'behind'],
  ['another revision', {}, BEFORE, 'main@sha1:bbbb', 'moved'],
  ['no revision', {}, BEFORE, '', 'not-told'],
  ['nothing known of before', {}, { ...BEFORE, revisions: [] }, 'main@sha1:bbbb', 'not-told'],
  ['another spec of its own', {}, { ...BEFORE, generation: 3 }, 'main@sha1:aaaa', 'not-told'],
  [
    'variables from elsewhere',
    { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'v' }] } },
    BEFORE,
    'main@sha1:aaaa',
    'not-told',
  ],
  ['values from elsewhere', { valuesFrom: [{ kind: 'ConfigMap', name: 'v' }] }, BEFORE, 'main@sha1:aaaa', 'not-told'],
  ['no values from elsewhere', { valuesFrom: [] }, BEFORE, 'main@sha1:aaaa', 'behind'],
] as const)('whether Git can have the change: %s', (_name, spec, before, revision, is) => {
  expect(hasMoved(asStored(aKustomization(spec)), before, { revision })).toMatchObject({ is });
});

test('a source that could not be read is told', () => {
  const { is, words } = hasMoved(asStored(aKustomization()), BEFORE, { why: 'no right' });
  expect([is, words]).toEqual([
    'not-told',
    'whether Git has what Kustomization flux-system/clusters applies was believed: no right',
  ]);
});
