import type { DrainView } from '../../../src/core/drain/view.ts';
import { podName } from '../../../src/core/drain/view.ts';
import type { Wave } from '../../../src/core/drain/wave.ts';
import { blockedWords, counted, forceWords, someOf, stuckWords } from '../../../src/core/drain/words.ts';
import type { EndReason } from '../../../src/core/reasons.ts';
import { sentence } from '../../../src/core/sentence.ts';
import type { Condition, DrainAnswer, DrainInput } from './drain-input.ts';

/** Nodes named in a note; of more the card has a line each. */
const MOST_NAMED = 3;

/** What one look decides, and how the cluster was before the drain. */
export interface SeenWave extends Wave {
  readonly before: Condition;
}

/** How a drain ends with what one look shows; `null`: it goes on. */
export function endOfWave(input: DrainInput, view: DrainView, wave: SeenWave, nowMs: number): DrainAnswer | null {
  const { gone, uncordoned, hopeless, returning, refused, stuck, left, done } = wave;
  if (gone.length > 0) return stop('node-gone', `${someOf(gone)} ${isAre(gone)} no longer there`, wave);
  if (done) return finished(wave, []);
  if (uncordoned.length > 0)
    return stop('plan-drifted', `somebody uncordoned ${someOf(uncordoned)} while it was being drained`, wave);
  if (refused.length > 0)
    return stop('plan-drifted', `pods may not go without a consent: ${someOf(refused.map(podName))}`, wave);
  if (hopeless.length > 0)
    return stop(
      'drain-blocked',
      someOf(
        hopeless.map(({ pod, why }) => `pod ${podName(pod)} on node ${pod.node}: ${why}`),
        2,
      ),
      wave,
    );
  if (returning.length > 0) return stop('drain-blocked', returning.join('; '), wave);
  // Everything else has gone, so that nothing is held up by what is stuck.
  if (stuck.length > 0 && stuck.length === left) {
    if (!input.leavesStuck) return stop('pod-stuck', someOf(stuck.map(stuckWords), 2), wave);
    return finished(
      wave,
      forceWords(stuck).map(({ pod: { namespace, name, uid, node }, words }) => ({
        namespace,
        name,
        uid,
        node,
        words,
      })),
    );
  }
  return overdueOf(input, view, wave, nowMs);
}

function overdueOf({ facts }: DrainInput, view: DrainView, wave: SeenWave, nowMs: number): DrainAnswer | null {
  const { overdue, late, stuck } = wave;
  if (overdue.length === 0 && !late) return null;
  const named = overdue.length > 0 ? overdue : facts.nodes.map(({ name }) => name);
  const here = stuck.filter(({ pod }) => named.includes(pod.node));
  if (here.length > 0) return stop('pod-stuck', someOf(here.map(stuckWords), 2), wave);
  const words = named.slice(0, MOST_NAMED).map((name) => blockedWords(view, name, facts.consents, nowMs));
  const what = overdue.length > 0 ? 'took longer than one node may' : 'all nodes together took longer than they may';
  return stop(
    'drain-blocked',
    `${overdue.length > 0 ? `${someOf(overdue)} ${what}` : what}; ${words.join('; ')}`,
    wave,
  );
}

function finished(
  { cursor, words, before }: SeenWave,
  stuck: Extract<DrainAnswer, { kind: 'done' }>['output']['stuck'],
): DrainAnswer {
  const { evicted, refused } = cursor;
  return { kind: 'done', output: { evicted, refused, stuck, before }, note: sentence(words) };
}

/** Says beside the cause how much is left. */
function stop(reason: EndReason, why: string, { left }: Wave): DrainAnswer {
  const words = left === 0 ? '' : ` ${counted(left, 'pod')} left on the nodes.`;
  return { kind: 'stop', reason, note: `${sentence(why)}${words}` };
}

function isAre(names: readonly string[]): string {
  return names.length === 1 ? 'is' : 'are';
}
