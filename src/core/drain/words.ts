import { sentence } from '../sentence.ts';
import { formatSpan } from '../time.ts';
import { leftOn } from './advance.ts';
import { costOf, type Never, standingOf, wantsInWords } from './budget-standing.ts';
import { classify } from './classify.ts';
import { budgetsOver, nodeNamed, podsUnder } from './coverage.ts';
import type { Cursor } from './cursor.ts';
import { REFUSAL_WORDS } from './drift.ts';
import { type StuckPod, stuckOf } from './stuck.ts';
import { type Budget, type DrainConsents, type DrainPod, type DrainView, podName } from './view.ts';

/** More names than this say nothing more on a phone. */
const MOST_NAMED = 5;

/** Names in one line, the first five: `a, b, c, d, e and 3 more`. */
export function someOf(names: readonly string[], most = MOST_NAMED): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ');
}

/** Parts of a sentence in one line, the first of them: `a; b; and 3 more`. */
export function partsOf(parts: readonly string[], most: number): string {
  const rest = parts.length - most;
  return [...parts.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
}

/** A count with its noun: `1 pod`, `2 pods`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What holds a node up, without a period: `draining worker-2: 2 pods left; budget web/nginx allows 0 now (8 of 8 needed healthy)`. */
export function blockedWords(view: DrainView, node: string, consents: DrainConsents, nowMs: number): string {
  const left = leftOn(view, { name: node, uid: nodeNamed(view, node)?.uid ?? '' }, consents, nowMs);
  if (nodeNamed(view, node) === null) return `node ${node} is no longer there`;
  if (left.length === 0) return `${node} is empty`;
  return [`draining ${node}: ${counted(left.length, 'pod')} left`, ...holdups(view, left, consents, nowMs)].join('; ');
}

/** What keeps these pods from going, one thing each. */
function holdups(
  view: DrainView,
  left: readonly DrainPod[],
  consents: DrainConsents,
  nowMs: number,
): readonly string[] {
  const ending = left.filter(({ deletedAt }) => deletedAt !== null).length;
  const refused = left.flatMap((pod) => {
    const of = classify(pod, { view, consents, nowMs });
    return of.kind === 'refuse' ? [`pod ${podName(pod)} may not go: ${REFUSAL_WORDS[of.why]}`] : [];
  });
  return [
    ...(ending > 0 ? [ending === 1 ? '1 is ending' : `${ending} are ending`] : []),
    ...(refused.length > 0 ? [partsOf(refused, 2)] : []),
    ...(consents.ignoreBudgets ? [] : budgetHoldups(view, left)),
  ];
}

/** Budgets that let none of these pods go now, and pods under several. */
export function budgetHoldups(view: DrainView, left: readonly DrainPod[]): readonly string[] {
  if (view.budgets === null) return ['budgets could not be listed, so nothing is evicted'];
  const blocking = new Map<string, Budget>();
  const torn: string[] = [];
  for (const pod of left) {
    const over = budgetsOver(view, pod);
    const [budget] = over;
    if (budget === undefined || costOf(pod, budget) === 'none') continue;
    if (over.length > 1) torn.push(tornWords(pod, over));
    else if (costOf(pod, budget) === 'one' && standingOf(budget).kind !== 'open') blocking.set(budget.uid, budget);
  }
  const words = [...blocking.values()].map((budget) => budgetWords(view, budget));
  return [...(torn.length > 0 ? [partsOf(torn, 1)] : []), ...words.slice(0, 2), ...moreOf(words.length - 2, 'budget')];
}

function moreOf(count: number, noun: string): readonly string[] {
  return count > 0 ? [`${counted(count, `more ${noun}`)} in the way`] : [];
}

/** A pod that several budgets select: it is never evicted. */
export function tornWords(pod: DrainPod, over: readonly Budget[]): string {
  const names = over.map(podName).toSorted();
  return `pod ${podName(pod)} is under ${counted(names.length, 'budget')} (${someOf(names)}), which is never evicted`;
}

const NEVER_WORDS = {
  'none-unavailable': 'no pod of it may be away',
  'all-needed': 'it needs as many pods as there are to be',
  uncountable: 'its pods have no controller, so their number cannot be told',
} as const satisfies Readonly<Record<Never, string>>;

/** Where a budget stands, without a period: `budget web/nginx allows 0 now (8 of 8 needed healthy)`. */
export function budgetWords(view: DrainView, budget: Budget): string {
  const standing = standingOf(budget);
  const name = `budget ${podName(budget)}`;
  const { currentHealthy, desiredHealthy } = budget;
  switch (standing.kind) {
    case 'open':
      return `${name} allows ${standing.allowed} now`;
    case 'uncounted':
      return `${name} was changed and is not counted yet`;
    case 'broken':
      return `${name} lets nothing go: ${standing.why}`;
    case 'never':
      return `${name} never allows an eviction (${wantsInWords(budget)}): ${NEVER_WORDS[standing.why]}`;
    case 'spent': {
      const sick = podsUnder(view, budget).filter(({ ready, deletedAt, phase }) => {
        return !ready && deletedAt === null && phase !== 'Succeeded' && phase !== 'Failed';
      });
      const why = sick.length === 0 ? '' : `; not ready: ${someOf(sick.map(sickWords), 2)}`;
      return `${name} allows 0 now (${currentHealthy} of ${desiredHealthy} needed healthy${why})`;
    }
  }
}

function sickWords(pod: DrainPod): string {
  return pod.trouble === '' ? pod.name : `${pod.name} ${pod.trouble}`;
}

/** A pod that does not end, without a period. */
export function stuckWords(stuck: StuckPod): string {
  return [standsWords(stuck), ...stuck.dangers].join('; ');
}

function standsWords({ pod, forMs, ready }: StuckPod): string {
  const node = ready === 'yes' ? pod.node : `${pod.node} (${ready === 'no' ? 'not ready' : 'its kubelet is silent'})`;
  const finalizers = pod.finalizers.length === 0 ? [] : [`it waits for its finalizers (${someOf(pod.finalizers)})`];
  const said = `pod ${podName(pod)} on node ${node} should have ended ${formatSpan(forMs)} ago`;
  return [said, ...finalizers].join('; ');
}

/**
 * The same of each pod, in sentences, for whoever decides whether they are deleted by force. A card cuts what is long and what comes late: dangers stand
 * before the rest of an entry, and pods with most of them before the others.
 */
export function forceWords(stuck: readonly StuckPod[]): readonly { readonly pod: DrainPod; readonly words: string }[] {
  const all = stuck.map((each) => ({ each, dangers: [...silent(each), ...each.dangers] }));
  return all
    .toSorted((a, b) => b.dangers.length - a.dangers.length)
    .map(({ each, dangers }) => {
      const before = dangers.length === 0 ? '' : `Danger: ${dangers.join('; ')}. `;
      return { pod: each.pod, words: `${before}${sentence(standsWords(each))}` };
    });
}

function silent({ ready }: StuckPod): readonly string[] {
  return ready === 'yes' ? [] : ['its node does not answer: its process may still run there'];
}

interface Said {
  readonly consents: DrainConsents;
  readonly stuckMs: number;
}

/** One node in a list of nodes, without a period. */
export function lineOf(
  view: DrainView,
  cursor: Cursor,
  node: Cursor['nodes'][number],
  limits: Said,
  nowMs: number,
): string {
  const { name } = node;
  if (node.gone) return `${name}: no longer there`;
  const left = leftOn(view, node, limits.consents, nowMs);
  if (left.length === 0) return `${name}: empty`;
  if (node.begunMs === null) return `${name}: waits its turn, ${counted(left.length, 'pod')}`;
  const cordon = nodeNamed(view, name)?.cordoned === true ? [] : ['it is not cordoned any more'];
  const here = stuckOf(view, cursor, limits, nowMs).filter(({ pod }) => pod.node === name);
  const parts = [
    ...cordon,
    ...here.map(stuckShort),
    ...holdups(view, left, limits.consents, nowMs),
    ...saidOn(cursor, left),
  ];
  return [`${name}: ${counted(left.length, 'pod')} left`, ...parts].join('; ');
}

function stuckShort({ pod, forMs }: StuckPod): string {
  return `${podName(pod)} should have ended ${formatSpan(forMs)} ago`;
}

/** What the server said of these pods where no budget explains it. */
function saidOn({ asked }: Cursor, left: readonly DrainPod[]): readonly string[] {
  const uids = new Set(left.map(({ uid }) => uid));
  const said = asked.filter(({ uid, answer, refusals }) => uids.has(uid) && answer === 'refused' && refusals > 1);
  return said.length === 0
    ? []
    : [
        someOf(
          said.map((each) => `${podName(each)} is refused: ${each.words}`),
          1,
        ),
      ];
}

/** Where a drain stands, in one line without a period. */
export function waveWords(view: DrainView, cursor: Cursor, limits: Said, nowMs: number): string {
  const { nodes } = cursor;
  const unfinished = nodes.filter(({ emptyMs }) => emptyMs === null);
  if (unfinished.length === 0) return doneWords(nodes);
  const begun = unfinished.filter(({ begunMs }) => begunMs !== null);
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) return `draining ${lineOf(view, cursor, only, limits, nowMs)}`;
  const pods = unfinished.flatMap((node) => leftOn(view, node, limits.consents, nowMs));
  const here = begun.flatMap((node) => leftOn(view, node, limits.consents, nowMs));
  const stuck = stuckOf(view, cursor, limits, nowMs).map(stuckShort);
  const held = limits.consents.ignoreBudgets ? [] : budgetHoldups(view, here);
  const why = [...(stuck.length > 0 ? [partsOf(stuck, 1)] : []), ...held, ...saidOn(cursor, here)];
  const empty = `${nodes.length - unfinished.length} of ${counted(nodes.length, 'node')} empty`;
  return [`${empty}, ${counted(pods.length, 'pod')} left`, ...why].join('; ');
}

function doneWords(nodes: Cursor['nodes']): string {
  const gone = nodes.filter((node) => node.gone).map(({ name }) => name);
  const [first] = nodes;
  const empty = nodes.length === 1 ? `${first?.name ?? ''} is empty` : `all ${nodes.length} nodes are empty`;
  if (gone.length === 0) return empty;
  return `${someOf(gone)} ${gone.length === 1 ? 'is' : 'are'} no longer there${gone.length < nodes.length ? '; the others are empty' : ''}`;
}
