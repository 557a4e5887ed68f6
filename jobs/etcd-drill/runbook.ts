import { chooseBackup } from '../../src/core/backup/chosen-backup.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import type { Check } from '../../src/core/plan.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import { identityIn, vaultCheck } from '../steps/read-backups.ts';
import { backupCheck, keyCheck, programsCheck, snapshotOf } from './checks.ts';
import { DrillParams } from './params.ts';
import { restoreStep } from './restore-step.ts';

/** Restores a backup in a throw-away etcd on the worker, and says whether it is what it should be. */
export const etcdDrill = defineRunbook({
  id: 'etcd-drill',
  version: 1,
  title: 'Drill a restore',
  params: DrillParams,
  needs: ['backups', 'drill'],
  steps: [restoreStep],
  cleanups: [],
  locks: () => [],
  plan: async (context, params) => await planDrill(context, params),
});

const EMPTY = { facts: {}, gates: [], checks: [], forecast: [], notes: [], before: [] } as const;

async function planDrill(context: PlanContext<'backups' | 'drill'>, { backup: name }: DrillParams): Promise<PlanDraft> {
  const { ports, cluster, signal } = context;
  const listed = await ports.backups.list({ signal });
  if (!listed.ok) return refused([vaultCheck(listed.error)]);
  const chosen = chooseBackup(cluster.name, listed.value, name, context.nowMs());
  if (!chosen.ok) return refused([{ id: 'backup', verdict: 'block', title: 'No such backup', evidence: chosen.why }]);
  const { backup } = chosen;
  const { manifest } = backup;
  const file = manifest === null ? null : snapshotOf(manifest);
  if (manifest === null || file === null) return refused([backupCheck(backup)]);
  const version = manifest.versions.etcd;
  const checks = [
    backupCheck(backup),
    keyCheck(file, ports.backups.facts),
    programsCheck(version, await ports.drill.programsFor(version, { signal })),
  ];
  if (checks.some(({ verdict }) => verdict === 'block')) return refused(checks);
  const size = formatBytes(file.contentBytes);
  return {
    ...EMPTY,
    identity: identityIn([backup]),
    facts: { backup: backup.id, sha256: manifest.sha256 },
    steps: [restoreStep.plan({ id: backup.id, sha256: manifest.sha256, bytes: file.contentBytes })],
    checks,
    forecast: [
      `Touches no cluster. The worker needs room for a database of ${size} twice over while it lasts, and removes it afterwards.`,
    ],
  };
}

function refused(checks: readonly Check[]): PlanDraft {
  return { ...EMPTY, identity: '', steps: [], checks };
}
