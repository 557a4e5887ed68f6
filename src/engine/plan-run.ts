import { draftedGates, draftProblem } from '../core/draft-gates.ts';
import { standardGate } from '../core/gate.ts';
import { holderInWords, identityLocks, type LockEntry, locksConflict } from '../core/lock.ts';
import { type Approvals, type Check, hashedPart, type Plan } from '../core/plan.ts';
import { keptFiles } from '../core/plan-file.ts';
import { questionOf } from '../core/policy/waiting.ts';
import { permit } from '../core/policy.ts';
import type { EndReason } from '../core/reasons.ts';
import { EVENT_VERSION, type RunEvent, type RunRequest } from '../core/run-event.ts';
import type { AnyRunbook, PlanDraft } from '../core/runbook.ts';
import { canBeStanding } from '../core/standing-approval.ts';
import { admissionChecks } from './admission.ts';
import { LeaseLost, messageOf, Stopping, StoreUnreachable } from './control-flow.ts';
import type { EngineDeps } from './deps.ts';
import { beginEnding } from './end-run.ts';
import type { Session } from './session.ts';

/** Plans a run: read-only, then stores the plan with its hash, or the reason why there is none. */
export async function planRun(
  deps: EngineDeps,
  session: Session,
  runbook: AnyRunbook,
  shutdown: AbortSignal,
): Promise<void> {
  const { request } = session.state();
  if (request === null) return;
  let plan: Plan;
  try {
    const draft = await draftOf(deps, session, runbook, request, shutdown);
    // Ports answer `cancelled` once the signal fired; what was read then says nothing of the cluster.
    if (session.lost.aborted || shutdown.aborted) throw new Stopping('stopped while planning');
    plan = completePlan(runbook, request, draft, requiredNow(deps, request));
  } catch (thrown) {
    if (thrown instanceof StoreUnreachable || thrown instanceof LeaseLost) throw thrown;
    if (session.lost.aborted) throw new LeaseLost('lost while planning');
    if (shutdown.aborted) throw new Stopping('shutting down');
    await session.refresh();
    if (session.state().cancel !== null) return;
    deps.log.error('planning threw', { error: messageOf(thrown) });
    return await beginEnding(deps, session, 'plan-failed', messageOf(thrown));
  }
  plan = await withMomentChecks(deps, session.lease.runId, request, plan);
  await deps.triggers.reach('planned-before-store', session.lease.runId);
  await storePlan(deps, session, plan, request);
  await deps.triggers.reach('planned-after-store', session.lease.runId);
}

async function draftOf(
  deps: EngineDeps,
  session: Session,
  runbook: AnyRunbook,
  request: RunRequest,
  shutdown: AbortSignal,
): Promise<PlanDraft> {
  const cluster = deps.cluster(request.cluster);
  if (cluster === null) throw new Error(`cluster ${request.cluster} is not configured on this worker`);
  const limit = new AbortController();
  const signal = AbortSignal.any([limit.signal, session.lost, shutdown]);
  const ports = await deps.ports(cluster.name, runbook.needs);
  const timeout = deps.clock.sleep(deps.settings.planTimeoutMs, signal).then(() => {
    limit.abort('timeout');
    throw new Error(`planning took longer than ${Math.round(deps.settings.planTimeoutMs / 1000)} s`);
  });
  timeout.catch(() => undefined);
  const context = {
    ports,
    cluster,
    signal,
    nowMs: () => deps.clock.nowMs(),
    nowIso: () => deps.clock.nowIso(),
    pause: async (ms: number) => await deps.clock.sleep(ms, signal),
  };
  try {
    const draft = await Promise.race([runbook.plan(context, request.params), timeout]);
    const changes = draft.steps.some(({ risk }) => risk !== 'read');
    const standing = await Promise.race([deps.standing(cluster.name, changes, signal), timeout]);
    return { ...draft, checks: [...draft.checks, ...standing] };
  } finally {
    limit.abort('done');
  }
}

/** What requirements of the policy ask for by now, beside what was frozen with the request. */
function requiredNow(deps: EngineDeps, request: RunRequest): Approvals | null {
  const permission = permit(deps.policy(), questionOf(request, deps.clock.nowMs()));
  return permission.ok ? permission.requires : null;
}

function completePlan(runbook: AnyRunbook, request: RunRequest, draft: PlanDraft, added: Approvals | null): Plan {
  const problem = draftProblem(draft, runbook.watches);
  if (problem !== null) throw new Error(`The runbook made a plan that cannot be run: ${problem}.`);
  const named = runbook.locks(request.cluster, request.params);
  const locks = [...named, ...identityLocks(named, request.cluster, draft.identity), ...(draft.locks ?? [])];
  const gate = standardGate(request, draft.steps, added, draft.gateFirst);
  const { files, notes } = keptFiles(draft.files ?? []);
  return {
    schema: 1,
    identity: draft.identity,
    runbook: runbook.id,
    runbookVersion: runbook.version,
    params: request.params,
    steps: [...draft.steps],
    gates: [...(gate === null ? [] : [gate]), ...draftedGates(request, draft.steps, draft.gates, added)],
    ...(draft.gateFirst === undefined ? {} : { gateFirst: draft.gateFirst }),
    facts: draft.facts,
    checks: [...draft.checks],
    forecast: [...draft.forecast],
    ...(draft.estimatesMs === undefined ? {} : { estimatesMs: [...draft.estimatesMs] }),
    notes: [...draft.notes, ...notes],
    before: [...draft.before],
    locks: [...locks],
    ...(files.length === 0 ? {} : { files: [...files] }),
  };
}

/** Says who holds the plan's locks now, and what freeze and window mean for it. Checks are not hashed, so this does not change the plan. */
async function withMomentChecks(deps: EngineDeps, runId: string, request: RunRequest, plan: Plan): Promise<Plan> {
  const held = (await deps.store.locks()).filter(
    (lock) => lock.runId !== runId && plan.locks.some((name) => locksConflict(name, lock.name)),
  );
  const locks = onePerRun(held).map((lock) => lockCheck(lock, request.waitForLock));
  const changes = plan.steps.some((step) => step.risk !== 'read');
  return { ...plan, checks: [...plan.checks, ...locks, ...(await admissionChecks(deps, request, changes))] };
}

function onePerRun(locks: readonly LockEntry[]): readonly LockEntry[] {
  return locks.filter(
    (lock, index) => lock.runId === '' || locks.findIndex((each) => each.runId === lock.runId) === index,
  );
}

function lockCheck(lock: LockEntry, wait: boolean): Check {
  if (lock.holder === 'person') {
    return {
      id: 'lock-by-hand',
      verdict: wait ? 'warn' : 'block',
      title: wait ? 'Waits until the lock by hand is gone' : 'Locked by hand',
      evidence: holderInWords(lock),
    };
  }
  return {
    id: 'lock',
    verdict: wait ? 'warn' : 'block',
    title: wait ? `Waits for ${lock.runId}` : `${lock.runId} holds the lock`,
    evidence: `${lock.name} is held by ${lock.runId} since ${lock.since} (${lock.reason})`,
  };
}

async function storePlan(deps: EngineDeps, session: Session, plan: Plan, request: RunRequest): Promise<void> {
  const at = deps.clock.nowIso();
  const hash = deps.digest.of(hashedPart(plan));
  const ending = endingOf(plan, request);
  const planned: RunEvent = { v: EVENT_VERSION, at, type: 'planned', plan, hash };
  const after: readonly RunEvent[] =
    ending === null ? asked(request, at) : [{ v: EVENT_VERSION, at, type: 'ending', ...ending }];
  await session.write((state) =>
    state.plan === null && state.ending === null ? { events: [planned, ...after] } : null,
  );
}

/** Keeps workers that would execute an approved question from it: before its gate can open. */
function asked(request: RunRequest, at: string): readonly RunEvent[] {
  return request.standingQuestion === undefined ? [] : [{ v: EVENT_VERSION, at, type: 'question' }];
}

/** Why a fresh plan ends the run at once; `null`: it goes on. */
function endingOf(plan: Plan, request: RunRequest): { readonly reason: EndReason; readonly note: string } | null {
  const blocks = plan.checks.filter((check) => check.verdict === 'block');
  if (blocks.length > 0) return { reason: reasonOfBlocks(blocks), note: blocks.map((check) => check.title).join('; ') };
  if (plan.steps.length === 0) return { reason: 'nothing-to-do', note: plan.notes.join(' ') };
  if (request.standingQuestion !== undefined) return endingOfQuestion(plan);
  return request.dryRun ? { reason: 'dry-run', note: '' } : null;
}

/** Why a standing approval cannot be asked for with this plan; `null`: it can. */
function endingOfQuestion(plan: Plan): { readonly reason: EndReason; readonly note: string } | null {
  if (plan.gates.length === 0) return { reason: 'no-approval-needed', note: '' };
  return canBeStanding(plan) ? null : { reason: 'not-in-advance', note: '' };
}

const REASON_OF_CHECK: Readonly<Record<string, EndReason>> = {
  reachable: 'cluster-unreachable',
  access: 'no-access',
  applicable: 'not-applicable',
  restore: 'restore-needed',
  'target-healthy': 'member-healthy',
  case: 'no-case',
  'target-version': 'version-refused',
  lock: 'lock-held',
  'lock-by-hand': 'locked-by-hand',
};

function reasonOfBlocks(blocks: readonly Check[]): EndReason {
  const reasons = new Set(blocks.map((check) => REASON_OF_CHECK[check.id] ?? 'check-blocked'));
  const [only] = reasons;
  return reasons.size === 1 && only !== undefined ? only : 'check-blocked';
}
