import { z } from 'zod';
import { gateTrouble, healthGate, isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import { hasAlarm, type Ring, votersOf } from '../../src/core/etcd/ring.ts';
import { alarmTable, memberTable, ringSummary } from '../../src/core/etcd/ring-report.ts';
import { readNode } from '../../src/core/kubernetes/node.ts';
import type { EndReason } from '../../src/core/reasons.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { formatSpan, timeInWords } from '../../src/core/time.ts';
import { seeChanged, votersWords } from '../steps/changed-ring.ts';
import { type ComparedRing, compareRing, WHOLE_STORE_MS } from '../steps/compare-hashes.ts';
import { FORWARD_MS, gateGraceMs } from '../steps/pass-gate.ts';
import { addedBefore, asideBefore, changesOf, RingInput } from './input.ts';
import { seeCertificate, speaksTls } from './plan-certificates.ts';

/** Input of `replace.verify@1`. */
export const VerifyInput = RingInput.extend({
  /** Voters that there must be. */
  voters: z.int().positive(),
  /** Ids of voters that were dead before; each needs a run of its own. */
  alsoDead: z.array(z.string()),
  /** Nodes that must be Ready. */
  nodes: z.array(z.string()),
  /** How long the list must stay as it is, ms: operators may add somebody again. */
  stillMs: z.number().int().min(0),
});
export type VerifyInput = z.infer<typeof VerifyInput>;

const VerifyState = z.object({
  /** Since when something is not as it should be; `null`: all is well, as far as the last look shows. All times in ms since the epoch. */
  waitingSince: z.number().nullable(),
  /** Since when all is well, a single look left out. */
  wellSince: z.number().nullable(),
  /** Since when no look was answered. */
  unseenSince: z.number().nullable(),
  /** Since when the data of the members are compared in vain. */
  comparingSince: z.number().nullable(),
});
type VerifyState = z.infer<typeof VerifyState>;
const VerifyOutput = z.object({ report: StateReport });
type VerifyAnswer = StepAnswer<VerifyState, z.infer<typeof VerifyOutput>>;
type VerifyContext = StepContext<'etcd' | 'kubernetes'>;

const CALL_MS = 10_000;
/** How long a ring, and the nodes, may take to be as they should be after the last step. */
const GRACE_SAMPLES = 3;
/** From one comparison in vain to the next: each of them holds up writes. */
const COMPARE_SAMPLES = 6;

/** Looks at the whole ring at the end: everybody well, the same data everywhere, nodes ready; and reports it. */
export const replaceVerifyStep = defineStep({
  kind: 'replace.verify@1',
  input: VerifyInput,
  state: VerifyState,
  output: VerifyOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'read',
  timeoutMs: () => 3 * 3_600_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ voters }) =>
    `Verify the whole ring: ${voters} voters, each well by its own connection, and the same data at one revision`,
  items: () => [],
  initial: () => ({ waitingSince: null, wellSince: null, unseenSince: null, comparingSince: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => await look(context, input, state),
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function look(context: VerifyContext, input: VerifyInput, state: VerifyState): Promise<VerifyAnswer> {
  const { sampleMs } = context.cluster.defrag;
  const expected = { planned: input.ring, changes: changesOf(context.outputs, input.mayJoin) };
  const first = await seeChanged(context, expected);
  if (first.kind === 'stop') return first;
  await context.pause(sampleMs);
  const second = await seeChanged(context, expected);
  if (second.kind === 'stop') return second;
  const nodes = await readNodes(context, input.nodes);
  if (first.kind === 'wait') return unseen(context, state, first);
  if (second.kind === 'wait') return unseen(context, state, second);
  const { ring } = second;
  const troubles = [...ringTrouble(first.ring, ring, input), ...nodes.troubles];
  if (troubles.length > 0) return notYet(context, state, `${troubles.join('; ')}. ${votersWords(ring)}.`);
  if (nodes.unread.length > 0)
    return unseen(context, state, { reason: 'not-verified', note: `${nodes.unread.join('; ')}.` });
  const wellSince = state.wellSince ?? context.nowMs();
  const leftMs = input.stillMs - (context.nowMs() - wellSince);
  const well: VerifyState = { ...state, waitingSince: null, wellSince, unseenSince: null };
  if (leftMs > 0) {
    const note = `All is well; looking for ${formatSpan(leftMs)} more whether somebody changes the list again.`;
    return { kind: 'again', afterMs: Math.min(leftMs, 15_000), state: well, note };
  }
  return await compared(context, input, well, ring);
}

/** A look that nobody answered speaks neither for nor against the ring: what was seen before it stands, and there is time to look again. */
function unseen(
  context: VerifyContext,
  state: VerifyState,
  { reason, note }: { readonly reason: EndReason; readonly note: string },
): VerifyAnswer {
  const unseenSince = state.unseenSince ?? context.nowMs();
  if (context.nowMs() - unseenSince >= FORWARD_MS)
    return { kind: 'stop', reason: reason === 'ring-thin' ? reason : 'not-verified', note };
  const { sampleMs } = context.cluster.defrag;
  return { kind: 'again', afterMs: sampleMs, state: { ...state, unseenSince }, note: `Waiting: ${note}` };
}

function ringTrouble(first: Ring, ring: Ring, { voters, alsoDead }: VerifyInput): readonly string[] {
  const level = alsoDead.length === 0 ? 'strict' : 'quorum';
  const gate = healthGate(first, ring, { level, nospaceAllowed: true });
  const now = votersOf(ring);
  const sick = now.filter((each) => !alsoDead.includes(each.id) && !isHealthyVoter(each)).map(({ label }) => label);
  const learners = ring.members.filter(({ learner }) => learner).map(({ label }) => label);
  return [
    ...(gate.ok ? [] : [gateTrouble(gate)]),
    ...(sick.length === 0 || !gate.ok ? [] : [`${sick.join(', ')} is not healthy`]),
    ...(learners.length === 0 ? [] : [`${learners.join(', ')} does not vote yet`]),
    ...(now.length >= voters ? [] : [`${now.length} voters are in the list, and ${voters} should be`]),
  ];
}

interface NodesSeen {
  readonly troubles: readonly string[];
  /** Which could not be read, and why. */
  readonly unread: readonly string[];
}

async function readNodes({ ports, signal }: VerifyContext, names: readonly string[]): Promise<NodesSeen> {
  const found = await Promise.all(
    names.map(async (name): Promise<NodesSeen> => {
      const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name };
      const got = await ports.kubernetes.get(ref, { timeoutMs: CALL_MS, signal });
      if (!got.ok && got.error.code === 'not-found') return { troubles: [`there is no node ${name}`], unread: [] };
      if (!got.ok) return { troubles: [], unread: [`node ${name} could not be read: ${got.error.message}`] };
      const { ready, why } = readNode(got.value);
      return {
        troubles: ready === 'yes' ? [] : [`node ${name} is not ready${why === '' ? '' : `: ${why}`}`],
        unread: [],
      };
    }),
  );
  return { troubles: found.flatMap(({ troubles }) => troubles), unread: found.flatMap(({ unread }) => unread) };
}

/** A ring may need a moment after the last step; what is still wrong then is the result. One look alone does not end the time that all was well. */
function notYet(context: VerifyContext, state: VerifyState, trouble: string): VerifyAnswer {
  const { sampleMs } = context.cluster.defrag;
  const waitingSince = state.waitingSince ?? context.nowMs();
  const note = `The ring is not as it should be: ${trouble.replace(/\.$/, '')}.`;
  if (context.nowMs() - waitingSince >= GRACE_SAMPLES * gateGraceMs(sampleMs))
    return { kind: 'stop', reason: 'not-verified', note };
  const wellSince = state.waitingSince === null ? state.wellSince : null;
  const now: VerifyState = { ...state, waitingSince, wellSince, unseenSince: null };
  return { kind: 'again', afterMs: sampleMs, state: now, note: `Waiting: ${note}` };
}

async function compared(
  context: VerifyContext,
  input: VerifyInput,
  state: VerifyState,
  ring: Ring,
): Promise<VerifyAnswer> {
  const hashes = await compareRing(context, ring, WHOLE_STORE_MS);
  context.signal.throwIfAborted();
  const differing = ring.members.flatMap((each) => {
    const sign = hashes.signs.get(each.id);
    return sign?.kind === 'differs' || sign?.kind === 'undecided' ? [`${each.label}: ${sign.words}`] : [];
  });
  if (differing.length > 0) {
    const note = `Members have different data: ${differing.join('; ')}.`;
    return { kind: 'stop', reason: 'data-differs-after', note };
  }
  const well = votersOf(ring).filter((each) => !input.alsoDead.includes(each.id));
  const same = well.filter(({ id }) => hashes.signs.get(id)?.kind === 'same');
  return well.length > 1 && same.length < well.length
    ? notCompared(context, state, hashes)
    : await done(context, input, ring, hashes);
}

/** One that joined a moment ago may have been compacted at another revision: the next compaction, which Kubernetes makes every 5 min, makes them comparable. */
function notCompared(context: VerifyContext, state: VerifyState, hashes: ComparedRing): VerifyAnswer {
  const comparingSince = state.comparingSince ?? context.nowMs();
  const why = hashes.unseen.length === 0 ? 'Nobody said why.' : hashes.unseen.join(' ');
  if (context.nowMs() - comparingSince >= FORWARD_MS) {
    const note = `Every voter is well, but whether all have the same data is not known: ${why} \`/kube backup ${context.cluster.name}\` compares them again.`;
    return { kind: 'stop', reason: 'not-verified', note };
  }
  const afterMs = COMPARE_SAMPLES * context.cluster.defrag.sampleMs;
  return { kind: 'again', afterMs, state: { ...state, comparingSince }, note: `Waiting: ${why}` };
}

async function done(
  context: VerifyContext,
  input: VerifyInput,
  ring: Ring,
  hashes: ComparedRing,
): Promise<VerifyAnswer> {
  const gate = healthGate(ring, ring, { level: 'strict', nospaceAllowed: false });
  const report: StateReport = {
    at: context.nowIso(),
    healthy: gate.ok,
    summary: `${ringSummary(ring, gate)} ${sameWords(hashes)}`,
    tables: [memberTable(ring), ...(ring.alarms?.length === 0 ? [] : [alarmTable(ring)])],
    notes: [...notesOn(context, input, ring, hashes), ...(await certificateNotes(context, ring))],
  };
  return { kind: 'done', output: { report }, note: report.summary };
}

function sameWords({ revision }: ComparedRing): string {
  return revision === null
    ? 'There is nothing to compare its data with.'
    : `All have the same data at revision ${revision}.`;
}

function notesOn(context: VerifyContext, { alsoDead }: VerifyInput, ring: Ring, hashes: ComparedRing): string[] {
  const added = addedBefore(context.outputs);
  const member = ring.members.find(({ id }) => id === added?.id);
  const aside = asideBefore(context.outputs);
  const dead = ring.members.filter(({ id }) => alsoDead.includes(id)).map(({ label }) => label);
  return [
    `${votersWords(ring)}.`,
    ...(member === undefined ? [] : [`The new member is ${member.label} (${member.id}).`]),
    ...(aside === null
      ? []
      : [`The data of the old member are kept in ${aside.path} on ${aside.node}: remove them when nobody needs them.`]),
    ...(dead.length === 0
      ? []
      : [
          `${dead.join(', ')} is still dead: \`/kube replace ${context.cluster.name} member/${dead[0] ?? ''}\` is next.`,
        ]),
    ...(hasAlarm(ring, 'NOSPACE')
      ? [`A NOSPACE alarm is active: \`/kube defrag ${context.cluster.name}\` clears it.`]
      : []),
    ...hashes.unseen,
    `Ring ${ring.clusterId}.`,
  ];
}

/** Until when the new member can be spoken to; what is not read is said so. Nothing where it does not speak TLS. */
async function certificateNotes({ ports, outputs, signal }: VerifyContext, ring: Ring): Promise<readonly string[]> {
  const added = addedBefore(outputs);
  const member = ring.members.find(({ id }) => id === added?.id);
  if (member === undefined || !speaksTls(member.member)) return [];
  const { end, why } = await seeCertificate(ports.etcd, member, signal);
  return [
    end === null
      ? `When its certificate ends was not read: ${why}.`
      : `It was connected to by TLS; the certificate that it shows to clients ends at ${timeInWords(end)}.`,
  ];
}
