import { etcdBackup } from '../../jobs/etcd-backup/runbook.ts';
import type { BackupSettings } from '../../src/core/cluster-profile.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { createSmallVault, type SmallVault } from './small-vault.ts';
import { createStepHarness, type HarnessEnd, type HarnessOptions, type StepHarness } from './step-harness.ts';

/** Limits that no backup of a test reaches, unless it says so. */
export const ROOMY: BackupSettings = { maxAgeMs: 86_400_000, retention: { keepLast: 14, maxAgeMs: null } };

/** A ring, a store and the plan of a backup. */
export interface BackupScene {
  readonly harness: StepHarness;
  readonly store: SmallVault;
  readonly draft: PlanDraft;
  /** Runs the plan to its end. */
  readonly run: () => Promise<HarnessEnd>;
}

/** What a scene may be given. */
export interface BackupSceneOptions extends HarnessOptions {
  readonly params?: { readonly member?: string; readonly note?: string };
  /** Changes ring and store before the plan is made. */
  readonly before?: (harness: StepHarness, store: SmallVault) => void;
}

/** Plans a backup on a small fake ring and a small vault; everything after the plan may still be disturbed. */
export async function backupScene(options: BackupSceneOptions = {}): Promise<BackupScene> {
  const { params = {}, before, ...given } = options;
  const store = createSmallVault();
  const harness = createStepHarness({
    etcd: { members: [{}, {}, {}].map(() => ({ dbSizeBytes: 64 * 1024, dbSizeInUseBytes: 32 * 1024 })) },
    ...given,
    cluster: { backups: ROOMY, ...given.cluster },
    extra: { backups: store.vault },
  });
  before?.(harness, store);
  const asked = { member: params.member ?? null, note: params.note ?? null, by: 'T0HOME/U0OPERATOR' };
  const draft = await harness.plan(etcdBackup, asked);
  return { harness, store, draft, run: async () => await harness.run(etcdBackup, draft.steps) };
}
