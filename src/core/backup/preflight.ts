import { type GateFinding, type GateRule, healthGate } from '../etcd/health-gate.ts';
import { hasAlarm, type Ring } from '../etcd/ring.ts';
import type { Check } from '../plan.ts';
import type { VaultFacts } from '../ports/backup-vault.ts';
import { parseTime } from '../time.ts';
import { ageWords } from './advice.ts';
import { type CataloguedBackup, staticUnseen } from './catalogue.ts';
import { isAhead, newestGood } from './chosen-backup.ts';
import type { EncryptionReading } from './encryption-state.ts';
import { type ClusterIdentity, identityWords, sameCluster } from './identity.ts';
import type { MemberChoice } from './member-choice.ts';

/** What is planned of the files of the control plane. */
export interface StaticPlan {
  /** Of the shell that reads them; `null`: they are not to be taken. */
  readonly image: string | null;
  /** Why there would be none as things are now, without a period; `null`: nothing speaks against it. */
  readonly why: string | null;
}

/** Everything that speaks for or against a backup now. */
export interface BackupSight {
  /** Two looks at the ring, some seconds apart. */
  readonly first: Ring;
  readonly ring: Ring;
  readonly choice: MemberChoice;
  readonly vault: VaultFacts;
  /** What is in the store, newest first. */
  readonly backups: readonly CataloguedBackup[];
  /** Who the cluster is. */
  readonly identity: ClusterIdentity;
  /** `null`: a bare ring, where nothing encrypts. */
  readonly encryption: EncryptionReading | null;
  /** `null`: the platform has none. */
  readonly beside: StaticPlan | null;
  readonly nowMs: number;
}

const GATE_TITLES: Readonly<Record<GateRule, readonly [holds: string, fails: string]>> = {
  'ring-known': ['The ring is known', 'The ring is not known'],
  'one-ring': ['All members know the same ring', 'Members know different rings'],
  'members-answer': ['Enough voters answer', 'Too few voters answer'],
  leader: ['One steady leader', 'No steady leader'],
  'caught-up': ['Healthy members keep up', 'A member is behind'],
  reads: ['Reads with quorum work', 'Reads with quorum fail'],
  corrupt: ['No CORRUPT alarm', 'CORRUPT alarm'],
  nospace: ['No NOSPACE alarm', 'NOSPACE alarm'],
  'other-defrag': ['No defragmentation', 'A member is being defragmented'],
};

/** All pre-flight checks of a backup, each with what was seen. */
export function backupPreflight(sight: BackupSight): readonly Check[] {
  const gate = healthGate(sight.first, sight.ring, { level: 'quorum', nospaceAllowed: true });
  return [
    ...gate.findings.map((finding) => gateCheck(finding, sight.ring)),
    memberCheck(sight.choice),
    storeCheck(sight),
    ...unseenCheck(sight),
    clockCheck(sight),
    identityCheck(sight),
    ...protection(sight.vault),
    ...(sight.encryption === null ? [] : [migration(sight.encryption)]),
    ...(sight.beside === null ? [] : staticChecks(sight.beside, sight.vault)),
  ];
}

function gateCheck({ rule, ok, text }: GateFinding, ring: Ring): Check {
  const [holds, fails] = GATE_TITLES[rule];
  if (rule === 'nospace' && hasAlarm(ring, 'NOSPACE'))
    return check(rule, 'warn', fails, `${text}: a restored database brings it along`);
  // Another member's work does no harm to the one that gives the backup, and that one is never chosen.
  if (rule === 'other-defrag') return check(rule, ok ? 'pass' : 'warn', ok ? holds : fails, text);
  return check(rule, ok ? 'pass' : 'block', ok ? holds : fails, text);
}

function memberCheck(choice: MemberChoice): Check {
  return choice.ok
    ? check('member', 'pass', `${choice.member.label} can give the backup`, choice.reason)
    : check('member', 'block', 'No member can give the backup', choice.trouble);
}

function storeCheck({ vault, backups, nowMs }: BackupSight): Check {
  const newest = newestGood(backups, nowMs);
  const age = newest === undefined ? null : nowMs - parseTime(newest.createdAt);
  const last = age === null ? 'no good backup yet' : `the newest good one is ${ageWords(Math.max(0, age))} old`;
  const bad = backups.filter(({ state }) => state === 'damaged').length;
  const also = bad === 0 ? '' : `, ${bad} damaged`;
  return check(
    'store',
    'pass',
    'The store of backups answers',
    `${vault.place}: ${backups.length} there, ${last}${also}`,
  );
}

/** No obstacle: the snapshot has its own store, and the static files are said to be missing when they could not be stored. */
function unseenCheck({ vault, backups }: BackupSight): readonly Check[] {
  const why = staticUnseen(backups);
  if (why === null) return [];
  const evidence = `${vault.static.place}: ${why}; unless it answers in time the backup is snapshot only; whether the static files of earlier ones are there is not known, and none is removed meanwhile`;
  return [check('static-store', 'warn', 'The store of static files cannot be looked at', evidence)];
}

function clockCheck({ backups, nowMs }: BackupSight): Check {
  const one = backups.find((backup) => isAhead(backup, nowMs));
  if (one === undefined) return check('clock', 'pass', 'No backup is from the future', 'the clocks agree');
  const evidence = `${one.id} was taken ${ageWords(parseTime(one.createdAt) - nowMs)} from now: the clock that named it, or the one here, is wrong; it is kept, and does not count as the newest`;
  return check('clock', 'warn', 'A backup is from the future', evidence);
}

/** No obstacle: a ring that was restored, or a cluster that was set up anew, needs a backup most of all. */
function identityCheck({ backups, identity, nowMs }: BackupSight): Check {
  const newest = newestGood(backups, nowMs);
  const known = newest?.manifest?.identity;
  if (newest === undefined || known === undefined || sameCluster(known, identity))
    return check('identity', 'pass', 'The newest backup is of this cluster, or there is none', identityWords(identity));
  const evidence = `${newest.id}, the newest good one, is of ${identityWords(known)}, and this is ${identityWords(identity)}: it was restored or set up anew, or what is configured leads to another cluster; the last good one of the other is never removed`;
  return check('identity', 'warn', 'The backups in the store are of another cluster', evidence);
}

function protection({ place, snapshot }: VaultFacts): readonly Check[] {
  if (snapshot.recipients.length === 0) {
    const evidence = `who can read ${place} can read all that etcd holds: set backups.encryption`;
    return [check('encrypted', 'warn', 'The snapshot is stored without encryption', evidence)];
  }
  const evidence = `age, ${snapshot.recipients.length} ${snapshot.recipients.length === 1 ? 'recipient' : 'recipients'}`;
  const sealed = check('encrypted', 'pass', 'The snapshot is stored encrypted', evidence);
  if (snapshot.canOpen) return [sealed];
  const why = 'this worker has no identity that opens it: it is compared as stored only, and cannot be drilled here';
  return [sealed, check('opened', 'warn', 'The snapshot cannot be opened here', why)];
}

function migration(reading: EncryptionReading): Check {
  const id = 'encryption-migration';
  if (reading.kind === 'migrating')
    return check(id, 'block', 'An encryption migration is in progress', `${reading.words}; ask again when it is over`);
  if (reading.kind === 'unknown')
    return check(id, 'warn', 'Whether an encryption migration is in progress cannot be told', reading.why);
  const how =
    reading.kind === 'on' ? `values are encrypted with ${reading.types.join(', ')}` : 'values are not encrypted';
  return check(id, 'pass', 'No encryption migration', how);
}

function staticChecks({ image, why }: StaticPlan, { static: { place, recipients } }: VaultFacts): readonly Check[] {
  if (image === null || why !== null)
    return [
      check('static-files', 'warn', 'The backup is a snapshot only', why ?? 'no shell can be opened on the node'),
    ];
  const evidence = `through a shell on the node of the member (${image}), to ${place}; looked at again before it is opened`;
  const taken = check('static-files', 'pass', 'Static files are taken too', evidence);
  if (recipients.length > 0) return [taken];
  const plain = `who can read ${place} has the private keys of the control plane: set backups.staticResources.encryption`;
  return [taken, check('static-encrypted', 'warn', 'Static files are stored without encryption', plain)];
}

function check(id: string, verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id, verdict, title, evidence };
}
