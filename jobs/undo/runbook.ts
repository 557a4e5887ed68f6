import { clusterLock, nodeGroupLock, nodesLock } from '../../src/core/lock.ts';
import { defineRunbook } from '../../src/core/runbook.ts';
import type { UndoRecord } from '../../src/core/undo-record.ts';
import { PROVIDERS } from '../node-groups/providers.ts';
import { uncordonStep } from '../steps/drain/uncordon-step.ts';
import { GITOPS_CLEANUPS, GITOPS_STEPS, GITOPS_WATCHES } from '../steps/gitops/plan-gitops.ts';
import { UndoParams } from './params.ts';
import { planUndo } from './plan-undo.ts';

/** Takes back what a run changed, as far as that is possible: a change of its own, with its own approval. */
export const undo = defineRunbook({
  id: 'undo',
  version: 1,
  title: 'Undo a run',
  params: UndoParams,
  needs: ['kubernetes', 'management', 'etcd', 'backups'],
  steps: [uncordonStep, ...PROVIDERS.flatMap(({ steps }) => steps), ...GITOPS_STEPS],
  cleanups: [...PROVIDERS.flatMap(({ cleanups }) => cleanups), ...GITOPS_CLEANUPS],
  watches: [...PROVIDERS.flatMap(({ watches }) => watches), ...GITOPS_WATCHES],
  locks: (cluster, { records }) => [...new Set(records.map((record) => lockOf(cluster, record)))],
  plan: async (context, params) => await planUndo(context, params, PROVIDERS),
});

function lockOf(cluster: string, record: UndoRecord): string {
  if (record.kind === 'drain') return nodesLock(cluster);
  const name = /^nodegroup\/(.+)$/.exec(record.group)?.[1];
  return name === undefined ? clusterLock(cluster) : nodeGroupLock(cluster, name);
}
