import { z } from 'zod';
import { gateTrouble, healthGate, isHealthyVoter } from '../../src/core/etcd/health-gate.ts';
import { hasAlarm, type Ring, votersOf } from '../../src/core/etcd/ring.ts';
import { alarmTable, memberTable, ringSummary } from '../../src/core/etcd/ring-report.ts';
import { readNode } from '../../src/core/kubernetes/node.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../src/core/step.ts';
import { formatSpan } from '../../src/core/time.ts';
import { seeChanged, votersWords } from '../steps/changed-ring.ts';
import { type ComparedRing, compareRing, WHOLE_STORE_MS } from '../steps/compare-hashes.ts';
import { gateGraceMs } from '../steps/pass-gate.ts';
import { addedBefore, asideBefore, changesOf, RingInput } from './input.ts';

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

const VerifyState = z.object({ waitingSince: z.number().nullable(), wellSince: z.number().nullable() });
type VerifyState = z.infer<typeof VerifyState>;
const VerifyOutput = z.object({ report: StateReport });
type VerifyAnswer = StepAnswer<VerifyState, z.infer<typeof VerifyOutput>>;
type VerifyContext = StepContext<'etcd' | 'kubernetes'>;

const CALL_MS = 10_000;
/** How long a ring, and the nodes, may take to be as they should be after the last step. */
const GRACE_SAMPLES = 3;

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
  initial: () => ({ waitingSince: null, wellSince: null }),
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
  if (first.kind === 'wait' || second.kind === 'wait')
    return notYet(context, state, second.kind === 'wait' ? second.note : 'the ring could not be seen a moment ago');
  const { ring } = second;
  const troubles = [...ringTrouble(first.ring, ring, input), ...(await nodeTrouble(context, input.nodes))];
  if (troubles.length > 0) return notYet(context, state, `${troubles.join('; ')}. ${votersWords(ring)}.`);
  const wellSince = state.wellSince ?? context.nowMs();
  const leftMs = input.stillMs - (context.nowMs() - wellSince);
  if (leftMs > 0) {
    const note = `All is well; looking for ${formatSpan(leftMs)} more whether somebody changes the list again.`;
    return { kind: 'again', afterMs: Math.min(leftMs, 15_000), state: { waitingSince: null, wellSince }, note };
  }
  return await compared(context, input, state, ring);
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

async function nodeTrouble({ ports, signal }: VerifyContext, nodes: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    nodes.map(async (name) => {
      const ref = { apiVersion: 'v1', kind: 'Node', namespace: null, name };
      const got = await ports.kubernetes.get(ref, { timeoutMs: CALL_MS, signal });
      if (!got.ok) return [`node ${name} could not be read: ${got.error.message}`];
      const { ready, why } = readNode(got.value);
      return ready === 'yes' ? [] : [`node ${name} is not ready${why === '' ? '' : `: ${why}`}`];
    }),
  );
  return found.flat();
}

/** A ring may need a moment after the last step; what is still wrong then is the result. */
function notYet(context: VerifyContext, state: VerifyState, trouble: string): VerifyAnswer {
  const { sampleMs } = context.cluster.defrag;
  const waitingSince = state.waitingSince ?? context.nowMs();
  const note = `The ring is not as it should be: ${trouble.replace(/\.$/, '')}.`;
  if (context.nowMs() - waitingSince >= GRACE_SAMPLES * gateGraceMs(sampleMs))
    return { kind: 'stop', reason: 'not-verified', note };
  return { kind: 'again', afterMs: sampleMs, state: { waitingSince, wellSince: null }, note: `Waiting: ${note}` };
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
  // One that joined a moment ago may have been compacted at another revision: the next compaction makes them comparable.
  if (well.length > 1 && same.length < well.length) return notCompared(context, input, state, { ring, hashes });
  return done(context, input, ring, hashes);
}

function notCompared(
  context: VerifyContext,
  input: VerifyInput,
  state: VerifyState,
  { ring, hashes }: { readonly ring: Ring; readonly hashes: ComparedRing },
): VerifyAnswer {
  const { sampleMs } = context.cluster.defrag;
  const waitingSince = state.waitingSince ?? context.nowMs();
  if (context.nowMs() - waitingSince >= gateGraceMs(sampleMs)) return done(context, input, ring, hashes);
  const note = `Waiting: ${hashes.unseen.join(' ')}`;
  return { kind: 'again', afterMs: sampleMs, state: { ...state, waitingSince }, note };
}

function done(context: VerifyContext, input: VerifyInput, ring: Ring, hashes: ComparedRing): VerifyAnswer {
  const gate = healthGate(ring, ring, { level: 'strict', nospaceAllowed: false });
  const well = votersOf(ring).filter(({ id }) => !input.alsoDead.includes(id));
  const isSame = well.length === 1 || well.every(({ id }) => hashes.signs.get(id)?.kind === 'same');
  const report: StateReport = {
    at: context.nowIso(),
    healthy: gate.ok && isSame,
    summary: isSame
      ? `${ringSummary(ring, gate)} ${sameWords(hashes)}`
      : `${ringSummary(ring, gate)} ${hashes.unseen.join(' ')}`,
    tables: [memberTable(ring), ...(ring.alarms?.length === 0 ? [] : [alarmTable(ring)])],
    notes: notesOn(context, input, ring, hashes),
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
