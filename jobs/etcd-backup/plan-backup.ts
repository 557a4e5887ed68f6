import {
  type EncryptionReading,
  recalledEncryption,
  type StoredSnapshot,
} from '../../src/core/backup/encryption-state.ts';
import { chooseBackupMember, type MemberChoice } from '../../src/core/backup/member-choice.ts';
import { backupPreflight, type StaticPlan } from '../../src/core/backup/preflight.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import type { BackupSettings } from '../../src/core/cluster-profile.ts';
import { identityOf } from '../../src/core/etcd/identity.ts';
import { type Ring, votersOf } from '../../src/core/etcd/ring.ts';
import type { Check, PlannedStep } from '../../src/core/plan.ts';
import type { VaultFacts } from '../../src/core/ports/backup-vault.ts';
import type { PlanContext } from '../../src/core/runbook.ts';
import { formatSpan } from '../../src/core/time.ts';
import { publishStep } from './publish-step.ts';
import { readPlatform } from './read-platform.ts';
import { roomChecks } from './room-check.ts';
import { lookAhead, storedIn, whyNever } from './static-outlook.ts';
import { staticStep } from './static-step.ts';
import { takeStep } from './take-step.ts';

/** What planning a backup may use. */
export type BackupPlanContext = PlanContext<'etcd' | 'kubernetes' | 'backups'>;

/** Where backups go, or why there can be none. */
export type BackupWay =
  | { readonly ok: true; readonly vault: VaultFacts; readonly settings: BackupSettings }
  | { readonly ok: false; readonly check: Check };

/** Two looks at the ring, some seconds apart, and who was asked for by name. */
export interface BackupOrder {
  readonly first: Ring;
  readonly ring: Ring;
  /** Name or id; `null`: by rule. */
  readonly member: string | null;
}

/** Everything that was looked at for a backup. */
export interface BackupLook {
  readonly choice: MemberChoice;
  readonly beside: StaticPlan | null;
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
  /** Why each other member does not give the snapshot. */
  readonly left: readonly string[];
}

/** One line of a plan. */
export interface BackupLine {
  readonly step: PlannedStep;
  readonly forecast: string;
  /** ms. */
  readonly estimateMs: number;
}

/** About as fast as a snapshot goes where nothing holds it up, bytes a second. */
const BYTES_PER_S = 10_000_000;
/** Until a pod runs whose image has to be pulled, and is gone again, ms. */
const SHELL_MS = 30_000;

/** Where backups of this cluster go, and whether its snapshots can get there at all. */
export function backupWay(context: BackupPlanContext): BackupWay {
  const { cluster, ports } = context;
  const obstacle = noWay(context);
  if (obstacle !== null) return { ok: false, check: obstacle };
  const { facts: vault } = ports.backups;
  const settings = cluster.backups ?? null;
  if (vault === null || settings === null) return { ok: false, check: noStore(cluster.name) };
  return { ok: true, vault, settings };
}

/** Reads platform and store, and judges whether a backup can be taken now. Changes nothing. */
export async function lookForBackup(
  context: BackupPlanContext,
  { vault }: BackupWay & { readonly ok: true },
  { first, ring, member }: BackupOrder,
): Promise<BackupLook | Check> {
  const { cluster, ports, signal } = context;
  const [listed, platform] = await Promise.all([
    ports.backups.list({ signal }),
    readPlatform(ports.kubernetes, cluster.platform, signal),
  ]);
  if (!listed.ok) return block('store', 'The store of backups cannot be used', listed.error.message);
  const choice = chooseBackupMember(ring, member);
  const earlier = listed.value.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]));
  const encryption =
    platform.encryption === null ? null : recalledEncryption(platform.encryption, earlier, context.nowMs());
  const beside = await staticPlan(context, vault, platform.encryption, storedIn(listed.value));
  const bytes = choice.ok ? (choice.member.status?.dbSizeBytes ?? 0) : 0;
  const room = roomChecks(vault, await ports.backups.room({ signal }), bytes);
  const preflight = backupPreflight({
    first,
    ring,
    choice,
    vault,
    backups: listed.value,
    identity: { etcd: ring.clusterId, kubernetes: platform.uid },
    encryption,
    beside,
    nowMs: context.nowMs(),
  });
  const notes = [...giverNotes(choice), ...platform.unseen];
  return { choice, beside, checks: [...preflight, ...room], notes, left: leftNotes(choice) };
}

/** The lines of a plan that take a backup and publish it. What is superfluous afterwards is not theirs. */
export function backupLines(
  {
    ring,
    member: named,
    by,
    note,
  }: Pick<BackupOrder, 'ring' | 'member'> & { readonly by: string; readonly note: string | null },
  { choice, beside }: Pick<BackupLook, 'choice' | 'beside'>,
  vault: VaultFacts,
): readonly BackupLine[] {
  const giver = choice.ok ? choice.member : null;
  const member = named === null || giver === null ? null : { id: giver.id, label: giver.label };
  const bytes = giver?.status?.dbSizeBytes ?? 0;
  // There and back again.
  const takeMs = (2 * bytes * 1000) / BYTES_PER_S;
  const size = `${formatBytes(bytes)} from ${giver?.label ?? ''} to ${vault.place} and back, about ${formatSpan(takeMs)}`;
  const image = beside?.image ?? null;
  return [
    {
      step: takeStep.plan({ ring: identityOf(ring), member }),
      forecast: `${size}. Reads and writes go on; while a member hashes, a write may wait for it. ${hashForecast(ring)}`,
      estimateMs: takeMs,
    },
    ...(image === null
      ? []
      : [
          {
            step: staticStep.plan({ image }),
            forecast: staticForecast(vault, beside?.why ?? null),
            estimateMs: SHELL_MS,
          },
        ]),
    {
      step: publishStep.plan({ by, note, snapshotOnly: image === null ? (beside?.why ?? null) : null }),
      forecast: 'One small object in the store.',
      estimateMs: 1000,
    },
  ];
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

function giverNotes(choice: MemberChoice): readonly string[] {
  if (!choice.ok) return [];
  const { member, reason } = choice;
  return [
    `${member.label} gives the snapshot as things are now (${reason}); this is looked at again when the step begins.`,
  ];
}

function leftNotes({ left }: MemberChoice): readonly string[] {
  return left.map(({ member, reason }) => `${member.label} does not give the snapshot: ${reason}.`);
}

function block(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'block', title, evidence };
}
