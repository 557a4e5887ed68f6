import { z } from 'zod';
import type { Agreement } from '../../src/core/backup/hash-agreement.ts';
import { chooseBackupMember, type MemberChoice } from '../../src/core/backup/member-choice.ts';
import { formatBytes } from '../../src/core/bytes.ts';
import { hasAlarm, type Ring, type RingMember } from '../../src/core/etcd/ring.ts';
import type { TakeProgress, VaultError } from '../../src/core/ports/backup-vault.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { type Clearance, seeRing, waitOrStop } from '../steps/pass-gate.ts';
import { readAtRest } from './at-rest.ts';
import { recordFacts } from './facts.ts';
import { GiverReason, type GiverTrouble, giverFeed } from './giver-feed.ts';
import { type SnapshotFacts, TakeInput, TakeOutput } from './input.ts';
import { readPlatform } from './read-platform.ts';
import { vaultStop } from './vault-trouble.ts';

/** A member that was to give it and did not: another one is tried once. */
const Tried = z.object({ id: z.string().min(1), reason: GiverReason, note: z.string().min(1) });
type Tried = z.infer<typeof Tried>;
const TakeState = z.object({ waitingSince: z.number().nullable(), tried: Tried.nullable() });
type TakeState = z.infer<typeof TakeState>;
type Stop = ReturnType<typeof vaultStop>;
type TakeContext = StepContext<'etcd' | 'kubernetes' | 'backups'>;
type TakeAnswer = StepAnswer<TakeState, TakeOutput>;

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
  effect: 'changes the store only',
  timeoutMs: () => 6 * 3_600_000,
  retry: { attempts: 2, backoffMs: 30_000 },
  describe: ({ member }) =>
    member === null
      ? 'Take a snapshot of a healthy member that does not lead, store it, read it back and compare'
      : `Take a snapshot of ${member.label}, store it, read it back and compare`,
  items: ({ member }) => (member === null ? [] : [member.label]),
  initial: () => ({ waitingSince: null, tried: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const { tried } = state;
    const seen = chosen(await seeRing(context, input.ring), input, tried);
    if (seen.kind === 'stop') return seen;
    if (seen.kind === 'wait')
      return waitOrStop(context, state.waitingSince, seen, (waitingSince) => ({ waitingSince, tried }));
    return await take(context, input, seen, tried);
  },
  // The vault has read it back.
  verify: async (_context, _input, output) => await Promise.resolve({ kind: 'done', output, note: doneWords(output) }),
});

interface Giving {
  readonly ring: Ring;
  readonly member: RingMember;
}

type Chosen = ({ readonly kind: 'go' } & Giving) | Exclude<Clearance, { readonly kind: 'go' }>;

function chosen(seen: Clearance, input: TakeInput, tried: Tried | null): Chosen {
  if (seen.kind !== 'go') return tried === null ? seen : { ...seen, note: `${tried.note} ${seen.note}` };
  const choice = chooseBackupMember(seen.ring, input.member?.id ?? null, tried?.id);
  if (choice.ok) return { kind: 'go', ring: seen.ring, member: choice.member };
  const note = `${sentence(seen.ring, choice.trouble)}.`;
  return tried === null
    ? { kind: 'wait', reason: reasonFor(seen.ring, choice, input), note }
    : { kind: 'wait', reason: tried.reason, note: `${tried.note} ${note}` };
}

function reasonFor(ring: Ring, choice: MemberChoice, { member }: TakeInput) {
  if (ring.alarms === null || hasAlarm(ring, 'UNKNOWN')) return 'alarms-unreadable' as const;
  const asked = choice.left.filter((each) => member === null || each.member.id === member.id);
  if (asked.some((each) => each.member.defragInflight === true)) return 'foreign-operation' as const;
  // Nothing is wrong with it: the plan was made when another one led.
  const leads = member !== null && asked.some((each) => each.member.isLeader);
  return leads ? ('plan-drifted' as const) : ('member-unhealthy' as const);
}

/** A member is called what it is called, also at the beginning of a sentence. */
function sentence(ring: Ring, words: string): string {
  if (ring.members.some(({ label }) => words.startsWith(`${label} `))) return words;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

async function take(
  context: TakeContext,
  input: TakeInput,
  { ring, member }: Giving,
  tried: Tried | null,
): Promise<TakeAnswer> {
  const { ports, cluster, signal } = context;
  const platform = await readPlatform(ports.kubernetes, cluster.platform, signal);
  if (platform.encryption?.kind === 'migrating') {
    const note = `An encryption migration is in progress (${platform.encryption.words}): a backup of now might not be readable.`;
    return { kind: 'stop', reason: 'foreign-operation', note };
  }
  const { atRest, notes: untold } = await readAtRest(context, platform);
  const named = { cluster: cluster.name, runId: context.runId, nowIso: context.nowIso() };
  const order = { ...named, ring, member, platform, atRest };
  const recorded = await recordFacts(context, order);
  signal.throwIfAborted();
  if (!recorded.ok)
    return { kind: 'stop', reason: 'member-unhealthy', note: `${member.label} answered: ${recorded.error.message}.` };
  const { facts, notes, agreement } = recorded.value;
  const differs = differing(member, agreement, facts.revision);
  if (differs !== null)
    return agreement.kind === 'minority'
      ? another(context, input, { ring, member }, tried, differs)
      : withBefore(differs, tried);
  await context.progress(`Taking a snapshot of ${member.label} as ${facts.id}.`);
  const { feed, trouble } = giverFeed(context, member, recorded.value.databaseBytes);
  const onProgress = tell(context, member, recorded.value.databaseBytes);
  const taken = await ports.backups.take({ id: facts.id, role: 'snapshot', feed, onProgress }, { signal });
  signal.throwIfAborted();
  // An attempt of this very second died: the next second has another id.
  if (!taken.ok && taken.error.store === 'already-there')
    return {
      kind: 'again',
      afterMs: 1000,
      state: { waitingSince: null, tried },
      note: `${facts.id} was begun before.`,
    };
  if (!taken.ok)
    return notTaken(context, input, { ring, member }, tried, { facts, error: taken.error, trouble: trouble() });
  const output: TakeOutput = {
    taken: 'snapshot',
    facts,
    file: taken.value,
    notes: [...triedNotes(tried), ...untold, ...notes],
  };
  return { kind: 'done', output, note: doneWords(output) };
}

/** Why a member whose data the others do not have gives no backup; `null`: it may. */
function differing({ label }: RingMember, { kind, others }: Agreement, revision: string) {
  if (kind === 'same' || kind === 'majority') return null;
  const who = others.join(', ');
  const note =
    kind === 'minority'
      ? `${label} has other data than ${who} at revision ${revision}, and they are the majority: it gives no backup.`
      : `${[label, ...others].join(', ')} have different data at revision ${revision}, and no majority of them has the same: it cannot be told whose are right.`;
  return { kind: 'stop', reason: 'members-differ', note } as const;
}

interface Failure {
  readonly facts: SnapshotFacts;
  readonly error: VaultError;
  readonly trouble: GiverTrouble | null;
}

/** When it was the member that failed, another one is tried once, unless this one was named. */
function notTaken(
  context: TakeContext,
  input: TakeInput,
  giving: Giving,
  tried: Tried | null,
  { facts, error, trouble }: Failure,
): TakeAnswer {
  const stop = vaultStop(`The snapshot of ${giving.member.label} was not stored (${facts.id})`, error);
  if (error.code !== 'source-failed') return withBefore(stop, tried);
  return another(context, input, giving, tried, { ...stop, reason: trouble?.reason ?? 'snapshot-incomplete' });
}

/** Goes on with another member, once, where there is one that can give it; else ends with what this one ended with. */
function another(
  { cluster }: TakeContext,
  input: TakeInput,
  { ring, member }: Giving,
  tried: Tried | null,
  stop: Stop & { readonly reason: GiverReason },
): TakeAnswer {
  if (tried !== null || input.member !== null || !chooseBackupMember(ring, null, member.id).ok)
    return withBefore(stop, tried);
  const state: TakeState = { waitingSince: null, tried: { id: member.id, reason: stop.reason, note: stop.note } };
  return { kind: 'again', afterMs: cluster.defrag.sampleMs, state, note: `${stop.note} Another member is tried once.` };
}

function withBefore(stop: Stop, tried: Tried | null): Stop {
  return { ...stop, note: [...triedNotes(tried), stop.note].join(' ') };
}

function triedNotes(tried: Tried | null): readonly string[] {
  return tried === null ? [] : [tried.note];
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
