import { expect, test } from 'vitest';
import type { GitopsFinding } from '../../../../src/core/gitops/finding.ts';
import { type ApplicationsSeen, argoFinding } from '../../../../src/core/gitops/judge-argo.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';
import {
  aGroup,
  anApplication,
  applicationsSeen as seen,
  TRACKED,
  VERSION_PATH,
  wrote,
} from '../../../support/gitops-objects.ts';

function argo(object: KubernetesObject, applications: ApplicationsSeen): GitopsFinding | null {
  return argoFinding(object, applications, [VERSION_PATH]);
}

test('it wrote to an object with its label, and no Application is seen at all: it may work from elsewhere', () => {
  const labels = { 'app.kubernetes.io/instance': 'clusters' };
  const written = aGroup({ labels, managedFields: [wrote('argocd-controller', VERSION_PATH)] });
  const nowhere: ApplicationsSeen = { management: { kind: 'none' }, workload: { kind: 'none' } };
  const other = anApplication({}, { name: 'other' });

  for (const none of [nowhere, seen()])
    expect(argo(written, none)).toMatchObject({
      reverts: 'unknown',
      words: expect.stringContaining('if it is gone, take that label away'),
      suspension: null,
    });
  expect(argo(written, seen({ ...other, status: {} }))).toMatchObject({ reverts: 'by-hand' });
  expect(argo(aGroup({ labels }), nowhere)).toBeNull();
});

test('an Application that another one keeps by the label of before cannot be suspended', () => {
  const child = anApplication({ selfHeal: true }, { labels: { 'app.kubernetes.io/instance': 'root' } });
  const own = anApplication({ selfHeal: true }, { labels: { 'app.kubernetes.io/instance': 'clusters' } });
  const root = anApplication({}, { name: 'root', uid: 'uid-root' });

  expect(argo(aGroup(TRACKED), seen(child, root))).toMatchObject({
    reverts: 'by-itself',
    suspension: null,
    stays: expect.stringMatching(/^Application argocd\/root keeps the Application itself/),
  });
  expect(argo(aGroup(TRACKED), seen(child))?.suspension).not.toBeNull();
  expect(argo(aGroup(TRACKED), seen(own, root))?.suspension).not.toBeNull();
});
