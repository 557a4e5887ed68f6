import { expect, test } from 'vitest';
import { fluxSource, hasMoved, isAhead, takenRevisions } from '../../../../src/core/gitops/flux-source.ts';
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
  ['what was applied', { lastAppliedRevision: 'main@sha1:a' }, 'main@sha1:a', false],
  [
    'what was tried',
    { lastAttemptedRevision: 'main@sha1:b', lastAppliedRevision: 'main@sha1:a' },
    'main@sha1:b',
    false,
  ],
  ['what was never taken', { lastAppliedRevision: 'main@sha1:a' }, 'main@sha1:b', true],
  ['nothing', { lastAppliedRevision: 'main@sha1:a' }, '', false],
  ['something, and what was taken is not told', {}, 'main@sha1:b', false],
  [
    'the chart of a digest that was taken',
    { lastAttemptedRevision: '1.2.3+abc', lastAttemptedRevisionDigest: 'sha256:abc' },
    '1.2.3@sha256:abc',
    false,
  ],
  [
    'the chart of another digest',
    { lastAttemptedRevision: '1.2.3+abc', lastAttemptedRevisionDigest: 'sha256:abc' },
    '1.2.4@sha256:def',
    true,
  ],
] as const)('a source that has fetched %s', (_name, status, fetched, ahead) => {
  expect(isAhead(aRelease({}, status), fetched)).toBe(ahead);
});

test.each([
  ['the same revision', {}, BEFORE, 'main@sha1:aaaa', 'behind'],
  ['another revision', {}, BEFORE, 'main@sha1:bbbb', 'moved'],
  [
    'what was fetched before, and not applied',
    {},
    { ...BEFORE, ahead: ['main@sha1:aaaa'] },
    'main@sha1:aaaa',
    'not-told',
  ],
  ['more than was fetched before', {}, { ...BEFORE, ahead: ['main@sha1:aaaa'] }, 'main@sha1:bbbb', 'moved'],
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
