import { expect, test } from 'vitest';
import { upgrade } from '../../jobs/upgrade/runbook.ts';
import { textOf } from '../support/repository.ts';

/**
 * Every step of an upgrade of a control plane on Cluster API as it was written down by people who did it by hand, in their order: what they set up
 * (A), and the upgrade (B), where they found in the end that it had been taken back. Each with a word that its row must have.
 */
const STEPS = [
  ['A1', 'clusterctl'],
  ['A2', "Docker's socket"],
  ['A3', 'kind create cluster'],
  ['A4', 'CLUSTER_TOPOLOGY=true'],
  ['A5', 'Argo CD'],
  ['B1a', 'clusterctl generate cluster'],
  ['B1b', 'kubectl apply'],
  ['B1c', 'clusterctl get kubeconfig'],
  ['B1d', 'network plug-in'],
  ['B1e', 'clusterctl describe cluster'],
  ['B2', 'kubectl get nodes'],
  ['B3', 'nginx'],
  ['B4a', 'kubectl get dockermachinetemplate'],
  ['B4b', 'saved'],
  ['B5a', 'customImage'],
  ['B5b', 'kubectl apply -f control-plane-template.yaml'],
  ['B6a', 'kubectl get kubeadmcontrolplane'],
  ['B6b', '`version`'],
  ['B7', 'kubectl patch --type=merge'],
  ['B8', 'RollingUpdateInProgress'],
  ['B9a', 'docker ps'],
  ['B9b', 'kubectl get nodes'],
  ['B10a', 'Ready: True'],
  ['B10b', 'v1.26.0 again'],
] as const;

const page = textOf('docs/runbooks/upgrade.md');
const rows = [...page.matchAll(/^\| ([AB]\d+[a-z]?) \| ([^|]+) \| ([^|]+) \| ([^|]*)\|$/gm)].map(
  ([, step = '', words = '', here = '', why = '']) => ({ step, words, here: here.trim(), why: why.trim() }),
);
const kinds = new Set(upgrade.steps.map(({ kind }) => kind));

test('each step of the procedure has its row on the page, in its order, and says what is done here', () => {
  expect(rows.map(({ step }) => step)).toEqual(STEPS.map(([step]) => step));
  expect(STEPS.filter(([, word], index) => rows[index]?.words.includes(word) !== true)).toEqual([]);
  expect(rows.filter(({ here }) => here === '')).toEqual([]);
});

test('a step that the rows name is one of the runbook, and all of a control plane are named', () => {
  const named = rows.flatMap(({ here }) =>
    [...here.matchAll(/`([a-z-]+\.[a-z-]+@\d+)`/g)].map(([, kind = '']) => kind),
  );

  expect(named.filter((kind) => !kinds.has(kind))).toEqual([]);
  const ofControlPlane = ['capi.export@1', 'backup.take@1', 'capi.apply-forward@1', 'capi.roll@1', 'capi.verify@1'];
  expect(ofControlPlane.filter((kind) => !named.includes(kind))).toEqual([]);
});

test('a row that others are referred to is there, above them or below', () => {
  const referred = rows.flatMap(({ here, why }) =>
    [...`${here} ${why}`.matchAll(/(?:as|see|step) ([AB]\d+[a-z]?)/g)].map(([, step = '']) => step),
  );

  expect(referred.length).toBeGreaterThan(5);
  expect(referred.filter((step) => !rows.some((row) => row.step === step))).toEqual([]);
});
