import {
  type EncryptionReading,
  recalledEncryption,
  type StoredSnapshot,
} from '../../src/core/backup/encryption-state.ts';
import { chooseBackupMember, type MemberChoice } from '../../src/core/backup/member-choice.ts';
import { backupPreflight, type StaticPlan } from '../../src/core/backup/preflight.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import type { BackupSettings } from '../../src/core/cluster-profile.ts';
import { accessTrouble, wayTrouble } from '../../src/core/etcd/access.ts';
import { identityOf } from '../../src/core/etcd/identity.ts';
import { type Ring, votersOf } from '../../src/core/etcd/ring.ts';
import { sizeTable } from '../../src/core/etcd/ring-report.ts';
import { ringLock } from '../../src/core/lock.ts';
import type { Check } from '../../src/core/plan.ts';
import type { VaultFacts } from '../../src/core/ports/backup-vault.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import { formatSpan } from '../../src/core/time.ts';
import { etcdBeyondReach } from '../steps/applicable.ts';
import { nodeShellCleanup } from '../steps/node-shell.ts';
import { lookOf, readRing } from '../steps/read-ring.ts';
import { BackupParams } from './params.ts';
import { publishStep } from './publish-step.ts';
import { readPlatform } from './read-platform.ts';
import { retainStep } from './retain-step.ts';
import { roomChecks } from './room-check.ts';
import { lookAhead, storedIn, whyNever } from './static-outlook.ts';
import { staticStep } from './static-step.ts';
import { takeStep } from './take-step.ts';

type BackupPlanContext = PlanContext<'etcd' | 'kubernetes' | 'backups'>;

/** About as fast as a snapshot goes where nothing holds it up, bytes a second. */
const BYTES_PER_S = 10_000_000;
/** Until a pod runs whose image has to be pulled, and is gone again, ms. */
const SHELL_MS = 30_000;

/** Takes a snapshot of etcd into the store of the cluster, proves that it lies there whole, and removes what is superfluous. */
export const etcdBackup = defineRunbook({
  id: 'etcd-backup',
  version: 1,
  title: 'Back up etcd',
  params: BackupParams,
  needs: ['etcd', 'kubernetes', 'backups'],
  steps: [takeStep, staticStep, publishStep, retainStep],
  cleanups: [nodeShellCleanup],
  locks: (cluster) => [ringLock(cluster)],
  plan: async (context, params) => await planBackup(context, params),
});

/** Reads ring, platform and store, checks them and lays out the steps. Changes nothing. */
async function planBackup(context: BackupPlanContext, params: BackupParams): Promise<PlanDraft> {
  const { cluster, ports } = context;
  const { facts: vault } = ports.backups;
  const settings = cluster.backups ?? null;
  const obstacle = etcdBeyondReach(cluster) ?? noWay(context);
  if (obstacle !== null || vault === null || settings === null) return refused(obstacle ?? noStore(cluster.name), []);
  const first = await readRing(lookOf(context));
  await context.pause(cluster.defrag.sampleMs);
  const { ring, trouble } = await readRing(lookOf(context));
  if (first.ring === null || ring === null || ring.localList)
    return refused(unseen(trouble ?? first.trouble, ring !== null), ring === null ? [] : [table(ring)]);
  const [listed, platform] = await Promise.all([
    ports.backups.list({ signal: context.signal }),
    readPlatform(ports.kubernetes, cluster.platform, context.signal),
  ]);
  if (!listed.ok) {
    return refused(block('store', 'The store of backups cannot be used', listed.error.message), [table(ring)]);
  }
  const choice = chooseBackupMember(ring, params.member);
  const earlier = listed.value.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  const encryption =
    platform.encryption === null ? null : recalledEncryption(platform.encryption, earlier, context.nowMs());
  const beside = await staticPlan(context, vault, platform.encryption, storedIn(listed.value));
  const bytes = choice.ok ? (choice.member.status?.dbSizeBytes ?? 0) : 0;
  const room = roomChecks(vault, await ports.backups.room({ signal: context.signal }), bytes);
  const preflight = backupPreflight({
    first: first.ring,
    ring,
    choice,
    vault,
    backups: listed.value,
    identity: { etcd: ring.clusterId, kubernetes: platform.uid },
    encryption,
    beside,
    nowMs: context.nowMs(),
  });
  const checks = [...preflight, ...room];
  const blocked = checks.some(({ verdict }) => verdict === 'block');
  return {
    identity: ring.clusterId,
    facts: { ring: identityOf(ring) },
    ...(blocked ? NO_LINES : linesOf(params, ring, choice, vault, settings, beside)),
    gates: [],
    checks,
    notes: [...choiceNotes(choice), ...platform.unseen],
    before: [table(ring)],
  };
}

const NO_LINES = { steps: [], forecast: [], estimatesMs: [] } as const;

function linesOf(
  { member: named, by, note }: BackupParams,
  ring: Ring,
  choice: MemberChoice,
  vault: VaultFacts,
  { retention }: BackupSettings,
  beside: StaticPlan | null,
): Pick<PlanDraft, 'steps' | 'forecast' | 'estimatesMs'> {
  const giver = choice.ok ? choice.member : null;
  const member = named === null || giver === null ? null : { id: giver.id, label: giver.label };
  const bytes = giver?.status?.dbSizeBytes ?? 0;
  // There and back again.
  const takeMs = (2 * bytes * 1000) / BYTES_PER_S;
  const size = `${formatBytes(bytes)} from ${giver?.label ?? ''} to ${vault.place} and back, about ${formatSpan(takeMs)}`;
  const image = beside?.image ?? null;
  return {
    steps: [
      takeStep.plan({ ring: identityOf(ring), member }),
      ...(image === null ? [] : [staticStep.plan({ image })]),
      publishStep.plan({ by, note, snapshotOnly: image === null ? (beside?.why ?? null) : null }),
      retainStep.plan({ keepLast: retention.keepLast, maxAgeMs: retention.maxAgeMs }),
    ],
    forecast: [
      `${size}. Reads and writes go on; while a member hashes, a write may wait for it. ${hashForecast(ring)}`,
      ...(image === null ? [] : [staticForecast(vault, beside?.why ?? null)]),
      'One small object in the store.',
      'Reads the ring; changes only the store. What is removed is named at the end.',
    ],
    estimatesMs: [takeMs, ...(image === null ? [] : [SHELL_MS]), 1000, 10_000],
  };
}

/** What it asks of the members before a byte is streamed. */
function hashForecast(ring: Ring): string {
  return votersOf(ring).length === 1
    ? 'The member reads its whole store twice: for a hash, and for the snapshot.'
    : 'Each voter reads its whole store once for a hash, one after the other; the one that gives it once more for the snapshot.';
}

/** etcdctl in a pod writes to the disk of that pod, and the way out of it holds everything in memory. */
function noWay({ cluster }: BackupPlanContext): Check | null {
  if (cluster.etcdAccess !== 'exec') return null;
  const evidence = `\`access: exec\` runs etcdctl in the pods of ${cluster.name} and cannot stream its database; set \`access: tunnel\`, which needs the right to forward ports to the etcd pods`;
  return block('applicable', 'Snapshots do not come through exec', evidence);
}

function noStore(cluster: string): Check {
  return block('applicable', 'No backups are configured', `the configuration of ${cluster} has no \`backups\``);
}

/** What is planned of static files; `null`: the platform has none. */
async function staticPlan(
  { cluster, ports, signal }: BackupPlanContext,
  vault: VaultFacts,
  encryption: EncryptionReading | null,
  stored: readonly StoredSnapshot[],
): Promise<StaticPlan | null> {
  if (cluster.platform === 'etcd') return null;
  const never = whyNever(cluster);
  const image = cluster.nodeShell?.image ?? null;
  if (never !== null || image === null) return { image: null, why: never };
  const outlook = await lookAhead(ports.kubernetes, cluster, { vault, encryption, stored, node: null }, signal);
  // Planned all the same: it is looked at again, and the plan is the same one whatever the operators do just now.
  return { image, why: outlook.ok ? null : outlook.why };
}

function staticForecast({ static: { place } }: VaultFacts, why: string | null): string {
  return why === null
    ? `A pod on that node for some seconds, and some MB to ${place}.`
    : 'As things are now: nothing, and the backup is snapshot only.';
}

function choiceNotes(choice: MemberChoice): readonly string[] {
  const left = choice.left.map(({ member, reason }) => `${member.label} does not give it: ${reason}.`);
  if (!choice.ok) return left;
  return [
    `${choice.member.label} gives it as things are now (${choice.reason}); this is looked at again when the step begins.`,
    ...left,
  ];
}

/** `seen`: members answer, though not as a ring. */
function unseen(trouble: EtcdError | null, seen: boolean): Check {
  const evidence = trouble?.message ?? 'nobody said why';
  const noAccess = accessTrouble(trouble);
  if (noAccess !== null) return block('access', noAccess, evidence);
  const title = wayTrouble(trouble) ?? (seen ? 'The ring has no quorum' : 'Cluster unreachable');
  return block('reachable', title, evidence);
}

function block(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'block', title, evidence };
}

function table(ring: Ring): ReportTable {
  return sizeTable(ring, 'etcd members');
}

function refused(why: Check, before: readonly ReportTable[]): PlanDraft {
  return { identity: '', facts: {}, ...NO_LINES, gates: [], checks: [why], notes: [], before };
}
