import { z } from 'zod';
import type { Cursor } from '../../../src/core/drain/cursor.ts';
import { evictionSeen, isUnsure } from '../../../src/core/drain/eviction-seen.ts';
import type { DrainPod } from '../../../src/core/drain/view.ts';
import { podName } from '../../../src/core/drain/view.ts';
import { counted, someOf } from '../../../src/core/drain/words.ts';
import type { KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import type { ActState } from '../../../src/core/run-state.ts';
import { withoutSecrets } from '../../../src/core/secrets.ts';
import type { Observation, StepContext } from '../../../src/core/step.ts';
import { type DrainInput, PodId } from './drain-input.ts';

/** Action of the announced calls. Several evictions of one node are one announcement that names the uid of each pod. */
export const EVICTIONS = 'evictions';

/** Limit of one eviction, ms: an API server gives up a write after 34 s. */
const EVICT_MS = 35_000;
const LOOK_MS = 10_000;

const EvictFacts = z.object({ node: z.string(), pods: z.array(PodId) });

/**
 * Asks pods of one node to go, all at once, and looks what became of each. Every request names the uid of its pod, so that a second one is
 * harmless and a namesake is never touched.
 *
 * @returns the cursor with the answers
 */
export async function evictPods(
  context: StepContext<'kubernetes'>,
  input: DrainInput,
  cursor: Cursor,
  pods: readonly DrainPod[],
): Promise<Cursor> {
  const [first] = pods;
  if (first === undefined) return cursor;
  const nth = context.acts.filter((act) => act.action === EVICTIONS).length + 1;
  const facts = { node: first.node, pods: pods.map(idOf) };
  const intent = { item: `${first.node}: wave ${nth}`, action: EVICTIONS, facts };
  const answers = await context.act(
    intent,
    async (signal) => await Promise.all(pods.map(async (pod) => await ask(context, input, pod, signal))),
  );
  const asked = pods.map((pod, at) => ({ pod, answer: answers[at] ?? LOST }));
  // A certain answer needs no look of its own: the next whole one shows them all.
  const there = asked.some(({ answer }) => isUnsure(answer)) ? await seePods(context, first.node) : null;
  await context.observed(observationOf(asked, there));
  return asked.reduce((now, { pod, answer }) => evictionSeen(now, pod, answer, context.nowMs()), cursor);
}

/** Budgets are asked, unless people said that they are not to be. */
async function ask(
  { ports: { kubernetes } }: StepContext<'kubernetes'>,
  { facts, graceSeconds }: DrainInput,
  { namespace, name, uid }: DrainPod,
  signal: AbortSignal,
): Promise<KubernetesResult<unknown>> {
  const how = { timeoutMs: EVICT_MS, signal, ...(graceSeconds === null ? {} : { gracePeriodSeconds: graceSeconds }) };
  if (!facts.consents.ignoreBudgets) return await kubernetes.evict({ namespace, name, uid }, how);
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  return await kubernetes.delete(ref, { ...how, preconditions: { uid } });
}

/**
 * Takes up what an earlier worker announced: nobody knows its answers, so each pod is looked at before it is asked again. `null`: the pods could not
 * be read, and the call stays open.
 *
 * @throws ZodError when what is open is no call of this kind.
 */
export async function settleEvictions(
  context: StepContext<'kubernetes'>,
  cursor: Cursor,
  open: ActState,
): Promise<Cursor | null> {
  const { node, pods } = EvictFacts.parse(open.facts);
  const there = await seePods(context, node);
  if (there === null) return null;
  const left = pods.filter(({ uid }) => there.get(uid) === 'there');
  const gone = pods.length - left.length;
  const result = gone > 0 ? 'done' : 'not-done';
  const note = `looked at anew: ${gone} of ${counted(pods.length, 'pod')} ${gone === 1 ? 'goes or is' : 'go or are'} gone`;
  await context.observed({ result, note, evidence: null });
  // What was sent may still take effect for a while: until then they are not asked again.
  const uids = new Set(left.map(({ uid }) => uid));
  const others = cursor.asked.filter(({ uid }) => !uids.has(uid));
  const nowMs = context.nowMs();
  return { ...cursor, asked: [...others, ...left.map((pod) => unsure(pod, nowMs))], evicted: cursor.evicted + gone };
}

/** So long a call whose answer is lost may still take effect, ms. */
const LATE_MS = 35_000;

function unsure({ uid, namespace, name, node }: PodId, nowMs: number): Cursor['asked'][number] {
  const again = { atMs: nowMs, answer: 'unsure', againMs: nowMs + LATE_MS } as const;
  return { uid, namespace, name, node, ...again, words: '', refusals: 0, hopeless: false };
}

/** The pods of a node by uid: there, or on their way. `null`: they could not be read. */
async function seePods(
  { ports, signal }: StepContext<'kubernetes'>,
  node: string,
): Promise<ReadonlyMap<string, 'there' | 'ending'> | null> {
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: null, fieldSelector: `spec.nodeName=${node}` };
  const listed = await ports.kubernetes.list(query, { timeoutMs: LOOK_MS, signal, metadataOnly: true });
  if (!listed.ok) return null;
  return new Map(
    listed.value.items.map(({ metadata: { uid, deletionTimestamp } }) => [
      uid,
      deletionTimestamp === undefined ? 'there' : 'ending',
    ]),
  );
}

interface Answered {
  readonly pod: DrainPod;
  readonly answer: KubernetesResult<unknown>;
}

const LOST = { ok: false, error: { code: 'unknown-outcome', message: 'no answer was kept' } } as const;

/** What was seen of them. Those without a certain answer are followed by the cursor, and by uid. */
function observationOf(asked: readonly Answered[], there: ReadonlyMap<string, string> | null): Observation {
  const goes = asked.filter(({ pod, answer }) => (there === null ? answer.ok : there.get(pod.uid) !== 'there'));
  const stays = asked.filter((each) => !goes.includes(each));
  const words = stays.map(
    ({ pod, answer }) => `${podName(pod)}: ${answer.ok ? 'taken, and it has not begun to end' : answer.error.message}`,
  );
  const note = `${goes.length} of ${counted(asked.length, 'pod')} ${asked.length === 1 ? 'goes' : 'go'}${there === null ? ', by the answers' : ''}`;
  return {
    result: goes.length > 0 ? 'done' : 'not-done',
    note: words.length === 0 ? note : withoutSecrets(`${note}; ${someOf(words, 3)}`),
    evidence: null,
  };
}

function idOf({ namespace, name, uid, node }: DrainPod): PodId {
  return { namespace, name, uid, node };
}
