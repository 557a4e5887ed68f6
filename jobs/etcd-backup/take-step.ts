import { z } from 'zod';
import { chooseBackupMember, type MemberChoice } from '../../src/core/backup/member-choice.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import { hasAlarm, type Ring, type RingMember } from '../../src/core/etcd/ring.ts';
import type { FeedEnd, TakeProgress } from '../../src/core/ports/backup-vault.ts';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { type Clearance, seeRing, waitOrStop } from '../steps/pass-gate.ts';
import { type RecordedFacts, recordFacts } from './facts.ts';
import { TakeInput, TakeOutput } from './input.ts';
import { readPlatform } from './read-platform.ts';
import { vaultStop } from './vault-trouble.ts';

const TakeState = z.object({ waitingSince: z.number().nullable() });
type TakeState = z.infer<typeof TakeState>;
type TakeContext = StepContext<'etcd' | 'kubernetes' | 'backups'>;
type TakeAnswer = StepAnswer<TakeState, TakeOutput>;

/** No new bytes for so long end a snapshot, ms: etcd may go on sending nothing for ever. */
const STALL_MS = 60_000;
const LEAST_MS = 15 * 60_000;
/** Three times as long as at 10 MB/s. */
const MS_PER_BYTE = 3 / 10_000;

/**
 * Streams a snapshot of one member into the store, where it is read back and compared. Each attempt has an id of its own: what one that died left
 * behind has no manifest, is nobody's backup, and goes with retention.
 */
export const takeStep = defineStep({
  kind: 'backup.take@1',
  input: TakeInput,
  state: TakeState,
  output: TakeOutput,
  needs: ['etcd', 'kubernetes', 'backups'],
  risk: 'read',
  timeoutMs: () => 6 * 3_600_000,
  retry: { attempts: 2, backoffMs: 30_000 },
  describe: ({ member }) =>
    member === null
      ? 'Take a snapshot of a healthy member that does not lead, store it, read it back and compare'
      : `Take a snapshot of ${member.label}, store it, read it back and compare`,
  items: ({ member }) => (member === null ? [] : [member.label]),
  initial: () => ({ waitingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const seen = chosen(await seeRing(context, input.ring), input);
    if (seen.kind === 'stop') return seen;
    if (seen.kind === 'wait')
      return waitOrStop(context, state.waitingSince, seen, (waitingSince) => ({ waitingSince }));
    return await take(context, seen.ring, seen.member);
  },
  // The vault has read it back.
  verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: doneWords(output) }),
});

type Chosen =
  | { readonly kind: 'go'; readonly ring: Ring; readonly member: RingMember }
  | Exclude<Clearance, { readonly kind: 'go' }>;

function chosen(seen: Clearance, input: TakeInput): Chosen {
  if (seen.kind !== 'go') return seen;
  const choice = chooseBackupMember(seen.ring, input.member?.id ?? null);
  if (choice.ok) return { kind: 'go', ring: seen.ring, member: choice.member };
  return { kind: 'wait', reason: reasonFor(seen.ring, choice, input), note: `${sentence(choice.trouble)}.` };
}

function reasonFor(ring: Ring, choice: MemberChoice, { member }: TakeInput) {
  if (ring.alarms === null || hasAlarm(ring, 'UNKNOWN')) return 'alarms-unreadable' as const;
  const asked = choice.left.filter((each) => member === null || each.member.id === member.id);
  const isForeign = asked.some((each) => each.member.defragInflight === true);
  return isForeign ? ('foreign-operation' as const) : ('member-unhealthy' as const);
}

async function take(context: TakeContext, ring: Ring, member: RingMember): Promise<TakeAnswer> {
  const { ports, cluster, signal } = context;
  const platform = await readPlatform(ports.kubernetes, cluster.platform, signal);
  if (platform.encryption?.kind === 'migrating') {
    const note = `An encryption migration is in progress (${platform.encryption.words}): a backup of now might not be readable.`;
    return { kind: 'stop', reason: 'foreign-operation', note };
  }
  const order = { cluster: cluster.name, runId: context.runId, nowIso: context.nowIso(), ring, member, platform };
  const recorded = await recordFacts(ports.etcd, order, signal);
  signal.throwIfAborted();
  if (!recorded.ok)
    return { kind: 'stop', reason: 'member-unhealthy', note: `${member.label} answered: ${recorded.error.message}.` };
  const { facts, notes } = recorded.value;
  await context.progress(`Taking a snapshot of ${member.label} as ${facts.id}.`);
  const taken = await ports.backups.take(
    {
      id: facts.id,
      role: 'snapshot',
      feed: async (write, feeding) => await feed(ports.etcd, recorded.value, member, write, feeding),
      onProgress: tell(context, member, recorded.value.databaseBytes),
    },
    { signal },
  );
  signal.throwIfAborted();
  // An attempt of this very second died: the next second has another id.
  if (!taken.ok && taken.error.store === 'already-there')
    return { kind: 'again', afterMs: 1000, state: { waitingSince: null }, note: `${facts.id} was begun before.` };
  if (!taken.ok) return vaultStop(`The snapshot of ${member.label} was not stored (${facts.id})`, taken.error);
  const output: TakeOutput = { taken: 'snapshot', facts, file: taken.value, notes: [...notes] };
  return { kind: 'done', output, note: doneWords(output) };
}

async function feed(
  etcd: EtcdPort,
  { databaseBytes }: RecordedFacts,
  { member, label }: RingMember,
  write: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<FeedEnd> {
  const timeoutMs = Math.max(LEAST_MS, Math.ceil(databaseBytes * MS_PER_BYTE));
  const call = { timeoutMs, stallMs: STALL_MS, signal };
  const end = await etcd.snapshot(member, async ({ bytes }) => await write(bytes), call);
  return end.ok ? { ok: true } : { ok: false, why: `${label} answered: ${end.error.message}` };
}

/** At most one line at a time is under way; one that could not be written is followed by the next. */
function tell(context: TakeContext, { label }: RingMember, wholeBytes: number): (progress: TakeProgress) => void {
  let isTelling = false;
  return ({ phase, bytes }) => {
    if (isTelling) return;
    isTelling = true;
    const how = phase === 'taking' ? `Snapshot of ${label}` : 'Reading it back';
    const note = `${how}: ${formatBytes(bytes)} of about ${formatBytes(wholeBytes)}.`;
    context
      .progress(note)
      .catch(() => undefined)
      .finally(() => {
        isTelling = false;
      });
  };
}

function doneWords({ facts, file }: TakeOutput): string {
  const { id, member, revision } = facts;
  return `Snapshot of ${member.name} at revision ${revision}, ${formatBytes(file.contentBytes)}, stored as ${id} and read back.`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
