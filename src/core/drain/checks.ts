import type { Check } from '../plan.ts';
import type { KubernetesResult } from '../ports/kubernetes.ts';
import { classify, lossesOf } from './classify.ts';
import { podsOn } from './coverage.ts';
import { dryRunCheck } from './dry-run-check.ts';
import { type Leaving, leavingOf } from './facts.ts';
import { belongsTo, ownersOf } from './owners.ts';
import { type Finding, idleBudgets, simulate } from './simulate.ts';
import { type Budget, type DrainConsents, type DrainPod, type DrainView, podName } from './view.ts';
import { warnings } from './warnings.ts';
import { budgetWords, counted, partsOf, someOf, tornWords } from './words.ts';

/** The server's answer to the dry run of one eviction, as it came. */
export interface DryRunAnswer {
  readonly pod: DrainPod;
  readonly answer: KubernetesResult<unknown>;
}

/** What the checks are made for. */
export interface CheckOrder {
  readonly consents: DrainConsents;
  /** `null`: no dry run was made, because somebody else evicts. */
  readonly dryRun: readonly DryRunAnswer[] | null;
  /** `others-drain`: controllers evict, as kubectl does with every consent but that to pass over budgets. */
  readonly purpose: 'drain' | 'others-drain';
  /** Nodes go one after another, and each comes back, or one in its place, before the next one goes. Where others drain it is always so. */
  readonly comeBack?: boolean;
}

/** Pods of these nodes of whose eviction a dry run can say something. */
export function toAsk(
  view: DrainView,
  nodes: readonly string[],
  consents: DrainConsents,
  nowMs: number,
): readonly DrainPod[] {
  return nodes.flatMap((node) => {
    return leavingOf(view, node, consents, nowMs).flatMap(({ pod, of }) => (of.kind === 'evict' ? [pod] : []));
  });
}

/** What speaks for and against draining these nodes, as one look shows it. */
export function drainChecks(
  view: DrainView,
  nodes: readonly string[],
  order: CheckOrder,
  nowMs: number,
): readonly Check[] {
  const { purpose, dryRun } = order;
  const consents =
    purpose === 'drain' ? order.consents : { deleteEmptyDir: true, unmanaged: true, ignoreBudgets: false };
  const leaving = nodes.flatMap((node) => leavingOf(view, node, consents, nowMs));
  const pods = leaving.map(({ pod }) => pod);
  const comeBack = purpose === 'others-drain' || order.comeBack === true;
  const findings = simulate(view, nodes, { consents, comeBack }, nowMs);
  return [
    podsCheck(view, nodes, leaving, nowMs),
    ...lossCheck(view, pods, purpose),
    budgetCheck(view, findings, consents),
    ...tornCheck(findings, consents),
    ...turnsCheck(findings, consents),
    ...idleCheck(idleBudgets(view, pods)),
    ...(dryRun === null ? [] : [dryRunCheck(dryRun, consents)]),
    ...warnings(view, pods, findings, purpose),
  ];
}

function check(id: string, verdict: Check['verdict'], title: string, evidence: string): Check {
  return { id, verdict, title, evidence };
}

/** Which flag lets such a pod go. */
const FLAGS = {
  'local-storage': ['with emptyDir data that would be lost', '--delete-emptydir-data'],
  unmanaged: ['that nobody makes anew', '--unmanaged'],
  'daemon-set-missing': ['whose DaemonSet is gone', '--unmanaged'],
} as const;

function podsCheck(view: DrainView, nodes: readonly string[], leaving: readonly Leaving[], nowMs: number): Check {
  const reasons = Map.groupBy(leaving, ({ of }) => (of.kind === 'refuse' ? of.why : null));
  reasons.delete(null);
  const why = [...reasons].flatMap(([reason, of]) => {
    if (reason === null) return [];
    const [words, flag] = FLAGS[reason];
    const names = of.map(({ pod }) => podName(pod)).toSorted();
    return [`${counted(names.length, 'pod')} ${words} (${someOf(names)}): ${flag}`];
  });
  if (why.length > 0) return check('pods', 'block', 'Pods may not go without a consent', why.join('; '));
  return check('pods', 'pass', 'Every pod may go', staying(view, nodes, leaving, nowMs));
}

function staying(view: DrainView, nodes: readonly string[], leaving: readonly Leaving[], nowMs: number): string {
  const owners = new Set(leaving.map(({ pod }) => belongsTo(view, pod)));
  const consents = { deleteEmptyDir: true, unmanaged: true, ignoreBudgets: false };
  const skipped = nodes
    .flatMap((node) => podsOn(view, node))
    .flatMap((pod) => {
      const of = classify(pod, { view, consents, nowMs });
      return of.kind === 'skip' ? [of.why] : [];
    });
  const daemons = skipped.filter((why) => why === 'daemon-set').length;
  const mirrors = skipped.filter((why) => why === 'mirror').length;
  const stay = [
    ...(daemons > 0 ? [`${daemons} of DaemonSets`] : []),
    ...(mirrors > 0 ? [counted(mirrors, 'static pod')] : []),
  ];
  const go = `${counted(leaving.length, 'pod')} of ${counted(owners.size, 'owner')}`;
  return stay.length === 0 ? go : `${go}; ${stay.join(' and ')} stay`;
}

function lossCheck(view: DrainView, pods: readonly DrainPod[], purpose: CheckOrder['purpose']): readonly Check[] {
  const losing = (loss: string): readonly DrainPod[] =>
    pods.filter((pod) => lossesOf(pod, view).some((each) => each === loss));
  const empty = losing('local-storage');
  const bare = [...losing('unmanaged'), ...losing('daemon-set-missing')];
  const who = purpose === 'drain' ? '' : '; whoever replaces the machines does not ask';
  const words = [
    ...(empty.length > 0
      ? [`emptyDir data of ${counted(empty.length, 'pod')} is lost (${someOf(ownersOf(view, empty))})`]
      : []),
    ...(bare.length > 0 ? [`${counted(bare.length, 'pod')} nobody makes anew: ${someOf(bare.map(podName))}`] : []),
  ];
  return words.length === 0 ? [] : [check('losses', 'warn', 'Something is lost for good', `${words.join('; ')}${who}`)];
}

function budgetCheck(view: DrainView, findings: readonly Finding[], { ignoreBudgets }: DrainConsents): Check {
  if (view.budgets === null) {
    const verdict = ignoreBudgets ? 'warn' : 'block';
    return check('budgets', verdict, 'Budgets could not be listed', 'it cannot be told what they let go');
  }
  const shut = findings.filter((finding) => finding.kind === 'shut');
  const uncounted = findings.filter((finding) => finding.kind === 'uncounted');
  if (shut.length + uncounted.length === 0) {
    return check(
      'budgets',
      'pass',
      'No budget stands in the way',
      `${counted(view.budgets.length, 'budget')} in the cluster`,
    );
  }
  const words = shut.map(({ budget, pods }) => `${budgetWords(view, budget)}; it covers ${podsInWords(pods)}`);
  const all = [...words, ...uncounted.map(({ budget }) => budgetWords(view, budget))];
  if (ignoreBudgets) return check('budgets', 'warn', 'Budgets are passed over', partsOf(all, 3));
  if (shut.length === 0) return check('budgets', 'warn', 'A budget is being counted anew', partsOf(all, 3));
  const title = shut.some(({ forGood }) => forGood)
    ? 'A budget never lets its pods go'
    : 'A budget lets nothing go now';
  return check('budgets', 'block', title, partsOf(all, 3));
}

function podsInWords(pods: readonly DrainPod[]): string {
  const names = pods.map(({ name, node }) => `${name} on ${node}`).toSorted();
  return someOf(names, 3);
}

function tornCheck(findings: readonly Finding[], { ignoreBudgets }: DrainConsents): readonly Check[] {
  const torn = findings.filter((finding) => finding.kind === 'torn');
  const words = partsOf(
    torn.map(({ pod, budgets }) => tornWords(pod, budgets)),
    3,
  );
  const verdict = ignoreBudgets ? 'warn' : 'block';
  return torn.length === 0 ? [] : [check('two-budgets', verdict, 'Pods are under more than one budget', words)];
}

function turnsCheck(findings: readonly Finding[], { ignoreBudgets }: DrainConsents): readonly Check[] {
  const short = findings.filter((finding) => finding.kind === 'short');
  if (short.length === 0) return [];
  const words = short.map(({ budget, pods, allowed }) => `${podName(budget)} lets ${allowed} of ${pods} go at once`);
  if (ignoreBudgets) return [check('budget-turns', 'warn', 'Budgets are passed over', someOf(words))];
  return [check('budget-turns', 'warn', 'Pods go in turns', someOf(words))];
}

function idleCheck(idle: readonly Budget[]): readonly Check[] {
  const words = `${someOf(idle.map(podName))}: an empty selector covers no pod here`;
  return idle.length === 0 ? [] : [check('idle-budgets', 'warn', 'A budget protects nothing', words)];
}
