import { demandWords } from './policy/demands.ts';
import { POLICY_GATE } from './policy/waiting.ts';
import type { RunOutcome } from './reasons.ts';
import { openGate, phaseOf, type RunState, stepsDone } from './run-state.ts';
import type { CleanupState } from './run-types.ts';

/** How an ending is called on cards and in lists. */
export const OUTCOME_WORDS = {
  succeeded: 'Succeeded',
  'nothing-to-do': 'Nothing to do',
  planned: 'Planned (dry run)',
  blocked: 'Blocked',
  rejected: 'Rejected',
  expired: 'Expired',
  cancelled: 'Cancelled',
  drifted: 'Stopped: the cluster changed since the plan',
  failed: 'Failed',
  'needs-a-person': 'Needs a person',
} as const satisfies Readonly<Record<RunOutcome, string>>;

/** How the ending of a run is called: a question that was answered with yes is no mere dry run. */
export function outcomeInWords({ outcome, reason }: { readonly outcome: RunOutcome; readonly reason: string }): string {
  return reason === 'approved-in-advance' ? 'Approved in advance' : OUTCOME_WORDS[outcome];
}

/** Where a run stands, in a few words without a full stop. */
export function stateInWords(state: RunState): string {
  if (state.ended !== null) return outcomeInWords(state.ended);
  if (state.unknown !== null) return `Waiting for a newer worker: ${state.unknown} is not known here`;
  if (state.ending !== null) {
    const open = state.cleanups.some((cleanup) => cleanup.status === 'registered');
    return open ? 'Ending: putting back what was changed for this run' : 'Ending';
  }
  if (state.cancel !== null) return 'Stopping at the next safe point, as asked';
  const phase = phaseOf(state);
  if (phase === 'planning') return 'Planning: changing nothing';
  if (phase === 'waiting-for-people') return votesInWords(state);
  if (phase === 'waiting-for-window')
    return `Waits for its window: opens ${state.windowWait?.words ?? ''}, starts by itself`;
  if (phase === 'waiting-for-lock') {
    const { byHand, lock } = state.lockWait ?? {};
    if (byHand !== undefined) return `Waiting for the lock ${lock ?? ''}, locked by hand: ${byHand.reason}`;
    return `Waiting for the lock ${state.lockWait?.lock ?? ''}, held by ${state.lockWait?.heldBy ?? 'another run'}`;
  }
  return runningInWords(state);
}

function votesInWords(state: RunState): string {
  const gate = openGate(state);
  if (gate?.spec.kind === 'continue') return `Waits for work outside: ${gate.spec.title}`;
  const votes = gate?.votes.filter((vote) => vote.verdict === 'approve').length ?? 0;
  const approvals = gate?.spec.approvals;
  // Votes of people whose roles overlap do not simply add up; the card has who counts for what.
  const count =
    approvals?.also === undefined
      ? `${votes} of ${approvals?.required ?? 1}`
      : `${votes} voted, needs ${demandWords(approvals)}`;
  // The gate of the policy is about the whole plan; that of a runbook is about what it says.
  const own = gate !== null && gate.spec.id !== POLICY_GATE;
  return own ? `Waiting for approval, ${count}: ${gate.spec.title}` : `Waiting for approval: ${count}`;
}

function runningInWords(state: RunState): string {
  const total = state.steps.length;
  if (total === 0) return 'Planned';
  return `Running step ${Math.min(stepsDone(state) + 1, total)} of ${total}`;
}

/** Kinds of cleanups that take away what was made for the run; the others put back what was changed. */
const REMOVALS: ReadonlySet<string> = new Set([
  'node-shell.pod@1',
  'etcd.delete-probe@1',
  'etcd.drop-learner@1',
  'capi.withdraw@1',
]);
const PUT_BACK = { done: 'Put back', failed: 'Not put back', registered: 'Still to be put back' } as const;
const REMOVED = { done: 'Removed', failed: 'Not removed', registered: 'Still to be removed' } as const;

/** Kinds of cleanups that keep others from going on with what a run began. */
const HOLDS: ReadonlySet<string> = new Set(['capi.hold@1']);
const HELD = { done: 'Held', failed: 'Not held', registered: 'Still to be held' } as const;

/** What is put back needs nobody's hand. */
function withoutCommand(summary: string): string {
  return summary.replace(/ \(by hand: .*\)$/, '');
}

/** Kinds of cleanups whose change a run may keep: they are settled before its end then, and nothing is put back. */
const KEPT: ReadonlySet<string> = new Set(['nodes.uncordon-own@1']);

/**
 * What became of something that a run made or changed only for its duration, and what it is.
 *
 * @param isBeforeEnd it was settled while the run went on
 */
export function cleanupInWords(
  { kind, summary }: Pick<CleanupState, 'kind' | 'summary'>,
  status: CleanupState['status'],
  isBeforeEnd = false,
): { readonly became: string; readonly what: string } {
  if (isBeforeEnd && status === 'done' && KEPT.has(kind))
    return {
      became: 'Stays',
      what: withoutCommand(summary)
        .replace(' takes pods', ' is cordoned')
        .replace(' take pods', ' are cordoned')
        .replace(' again', ''),
    };
  if (HOLDS.has(kind)) {
    // It came to its end, so that nothing had to be held.
    const isOver = isBeforeEnd && status === 'done';
    return isOver
      ? { became: 'Not needed', what: 'a hold of the roll-out, which is over' }
      : { became: HELD[status], what: summary };
  }
  // Of an entry that has become a voter meanwhile, or was never added, nothing was removed.
  if (kind === 'etcd.drop-learner@1' && status === 'done')
    return { became: 'Checked', what: `no ${summary.replace(/^an /, '').replace(/, if there is one$/, '')} is left` };
  // Of a service that was stopped, or never disabled, nothing was put back.
  if (kind === 'hosts.enable-unit@1' && status === 'done') return { became: 'Checked', what: summary };
  return REMOVALS.has(kind)
    ? { became: REMOVED[status], what: summary.replace(/^delete /, '') }
    : { became: PUT_BACK[status], what: status === 'done' ? withoutCommand(summary) : summary };
}
