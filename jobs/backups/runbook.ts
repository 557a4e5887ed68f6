import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import { chooseBackup } from '../../src/core/backup/chosen-backup.ts';
import type { PlannedStep } from '../../src/core/plan.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import { identityIn, vaultCheck } from '../steps/read-backups.ts';
import { holdStep, releaseStep } from './hold-steps.ts';
import { listStep } from './list-step.ts';
import { BackupsParams } from './params.ts';
import { readFilesStep } from './read-step.ts';

/** The backups of a cluster: listed, read to their ends, put on hold, released. */
export const backups = defineRunbook({
  id: 'backups',
  version: 1,
  title: 'Backups of a cluster',
  params: BackupsParams,
  needs: ['backups'],
  steps: [listStep, readFilesStep, holdStep, releaseStep],
  cleanups: [],
  locks: () => [],
  plan: async (context, params) => await planBackups(context, params),
});

const EMPTY = { facts: {}, gates: [], checks: [], forecast: [], notes: [], before: [] } as const;

async function planBackups(context: PlanContext<'backups'>, params: BackupsParams): Promise<PlanDraft> {
  const { ports, cluster, signal } = context;
  const listed = await ports.backups.list({ signal });
  if (!listed.ok) return { ...EMPTY, identity: '', steps: [], checks: [vaultCheck(listed.error)] };
  const asked = stepsFor(cluster.name, listed.value, params, context.nowMs());
  if ('why' in asked) {
    const check = { id: 'backup', verdict: 'block', title: 'No such backup', evidence: asked.why } as const;
    return { ...EMPTY, identity: '', steps: [], checks: [check] };
  }
  return {
    ...EMPTY,
    identity: identityIn(listed.value),
    steps: asked.steps,
    forecast: asked.steps.map(() => 'Touches the store of backups only, not the cluster.'),
  };
}

type Asked = { readonly steps: readonly PlannedStep[] } | { readonly why: string };

function stepsFor(cluster: string, all: readonly CataloguedBackup[], params: BackupsParams, nowMs: number): Asked {
  const list = listStep.plan({});
  if (params.verify) {
    const whole = all.flatMap(({ id, manifest, storedBytes }) =>
      manifest === null ? [] : [{ id, bytes: storedBytes }],
    );
    // A list of before would show as good what the reading then finds damaged.
    return { steps: whole.length === 0 ? [list] : [readFilesStep.plan({ backups: whole })] };
  }
  const name = params.hold ?? params.release;
  if (name === null) return { steps: [list] };
  const chosen = chooseBackup(cluster, all, name, nowMs);
  if (!chosen.ok) return { why: chosen.why };
  const { id, manifest } = chosen.backup;
  const { by, why } = params;
  return {
    steps: [
      params.hold === null
        ? releaseStep.plan({ id })
        : holdStep.plan({ id, by, why, sha256: manifest?.sha256 ?? null }),
      list,
    ],
  };
}
