import { OUTSIDE_WINDOW } from '../core/access.ts';
import type { Actor } from '../core/actor.ts';
import { mayCancel } from '../core/cancel.ts';
import type { RunOrder, RunWord } from '../core/command.ts';
import type { AskResult, RequestDesk, RunAsk, VoteAsk } from '../core/desk.ts';
import { castBallot } from '../core/gate.ts';
import { wrongChannel } from '../core/policy/waiting.ts';
import { type Permission, permit, type Question } from '../core/policy.ts';
import type { Reason } from '../core/reasons.ts';
import { EVENT_VERSION, type RunEvent, type RunRequest } from '../core/run-event.ts';
import { foldRun, type RunState } from '../core/run-state.ts';
import { formatSpan } from '../core/time.ts';
import { admitRequest } from './admission.ts';
import { auditOf, auditRefusal } from './audit-of.ts';
import { messageOf } from './control-flow.ts';
import type { DeskDeps } from './deps.ts';
import { createFreshPolicy, judgeFresh, peopleAt } from './fresh-policy.ts';

/** Tries to find a free run id; more than this in a row means that something else is wrong. */
const ID_ATTEMPTS = 20;
/** Compare-and-set rounds of one vote. Each failed round means that somebody else's write went through. */
const CAS_ATTEMPTS = 1000;

/** Makes the desk: what people can ask of the engine. Needs no cluster access. */
export function createDesk(deps: DeskDeps): RequestDesk {
  return {
    request: async (ask) => await requestRun(deps, ask, null),
    planAgain: async (ask) => await planAgain(deps, ask),
    vote: async (ask) => await castVote(deps, ask),
    cancel: async (ask) => await cancelRun(deps, ask),
    refused: async ({ actor, cluster, text, reason, why }) =>
      await deps.store.audit([
        auditRefusal({ at: deps.clock.nowIso(), actor, cluster, run: null, reason, detail: { text, why } }),
      ]),
  };
}

async function requestRun(deps: DeskDeps, given: RunAsk, after: string | null): Promise<AskResult> {
  const runbook = deps.runbooks.find((each) => each.id === given.order.runbook);
  const admission = await admitRequest(deps, given, runbook);
  const ask = { ...given, outsideWindow: admission.ok && admission.outsideWindow };
  const permission = permit(deps.policy(), questionOfAsk(deps, ask));
  if (!permission.ok) return await refuse(deps, ask, permission.reason, permission.why);
  if (runbook === undefined) return await refuse(deps, ask, 'mistake', `There is no runbook ${ask.order.runbook}.`);
  if (!admission.ok) return await refuse(deps, ask, admission.reason, admission.why);
  const params = runbook.parseParams(ask.order.params);
  if (params === null) return await refuse(deps, ask, 'mistake', 'The arguments are not what the runbook takes.');
  // Only what would start a run counts: whoever may not ask takes up nothing but an entry of the audit log.
  // A request that was delivered before is no new one.
  const isNew = (await deps.store.requested(ask.idempotencyKey)) === null;
  const grant = isNew ? await deps.mayAsk?.(ask.actor) : undefined;
  if (grant?.granted === false) {
    const why = `You may ask again in ${formatSpan(Math.ceil(grant.retryAfterMs / 1000) * 1000)}.`;
    return await refuse(deps, ask, 'too-many-requests', why);
  }
  const request = requestOf(deps, ask, permission, { ...ask.order, params }, runbook.version, after);
  return await create(deps, ask, request);
}

/** Where it is asked is where the card goes, unless the channel is told. */
function questionOfAsk(deps: DeskDeps, ask: RunAsk): Question {
  const { actor, order, policyVerb: verb, origin, channel = origin.channel, flags = [] } = ask;
  const outsideWindow = ask.outsideWindow ?? flags.includes(OUTSIDE_WINDOW);
  const asked = { actor, channel, cluster: order.cluster, verb, flags, nowMs: deps.clock.nowMs(), outsideWindow };
  return { ...asked, ...undoesOf(order) };
}

/** Kept absent where it is absent. */
function undoesOf({ undoes }: { readonly undoes?: string }): { readonly undoes?: string } {
  return undoes === undefined ? {} : { undoes };
}

function requestOf(
  deps: DeskDeps,
  ask: RunAsk,
  permission: Permission & { readonly ok: true },
  order: RunOrder,
  runbookVersion: number,
  after: string | null,
): RunRequest {
  const { channel, flags, outsideWindow } = questionOfAsk(deps, ask);
  return {
    actor: ask.actor,
    cluster: order.cluster,
    command: ask.command,
    policyVerb: ask.policyVerb,
    ...undoesOf(order),
    runbook: order.runbook,
    runbookVersion,
    params: order.params,
    dryRun: order.dryRun,
    waitForLock: order.waitForLock,
    origin: ask.origin,
    text: ask.text,
    rule: permission.rule,
    approvals: permission.approvals,
    requires: permission.requires,
    allow: [...permission.allow],
    channel,
    flags: [...flags],
    outsideWindow,
    defaultApprovals: deps.policy().defaultApprovals,
    ...(ask.standingQuestion === undefined ? {} : { standingQuestion: ask.standingQuestion }),
    ...(ask.standing === undefined ? {} : { standing: ask.standing }),
    after,
  };
}

async function create(deps: DeskDeps, ask: RunAsk, request: RunRequest): Promise<AskResult> {
  for (let attempt = 0; attempt < ID_ATTEMPTS; attempt += 1) {
    const id = `${ask.command}-${request.cluster}-${deps.ids.suffix()}`;
    const event: RunEvent = { v: EVENT_VERSION, at: deps.clock.nowIso(), type: 'requested', request };
    const created = await deps.store.create({
      id,
      cluster: request.cluster,
      runbook: request.runbook,
      idempotencyKey: ask.idempotencyKey,
      event,
      audit: [auditOf({ run: id, cluster: request.cluster }, event)],
      nowMs: deps.clock.nowMs(),
    });
    if (created.kind === 'id-taken') continue;
    const runId = created.kind === 'duplicate' ? created.runId : id;
    await ring(deps, runId, request.cluster);
    return created.kind === 'duplicate' ? created : { kind: 'queued', runId };
  }
  throw new Error('no free run id was found');
}

async function refuse(deps: DeskDeps, ask: RunAsk, reason: Reason, why: string): Promise<AskResult> {
  const { actor, text } = ask;
  const { cluster } = ask.order;
  await deps.store.audit([
    auditRefusal({ at: deps.clock.nowIso(), actor, cluster, run: null, reason, detail: { text, why } }),
  ]);
  return { kind: 'refused', reason, why };
}

/** The store is the truth: a lost ring only delays until the next sweep. */
async function ring(deps: DeskDeps, runId: string, cluster: string): Promise<void> {
  try {
    await deps.doorbell.ring(runId);
  } catch (thrown) {
    deps.log.warn('a doorbell could not be rung; the sweep will find the run', {
      run: runId,
      cluster,
      error: messageOf(thrown),
    });
  }
}

async function planAgain(deps: DeskDeps, ask: Parameters<RequestDesk['planAgain']>[0]): Promise<AskResult> {
  const before = await readRun(deps, ask.runId);
  const { request } = before ?? {};
  if (before === null || request === null || request === undefined)
    return await refuseAgain(deps, ask, null, 'unknown-run', '');
  if (before.ended === null)
    return await refuseAgain(deps, ask, request.cluster, 'broken-button', 'That run has not ended.');
  const { cluster, runbook, params, dryRun, waitForLock, command, policyVerb } = request;
  const order = { cluster, runbook, params, waitForLock, dryRun, ...undoesOf(request) };
  // One approval stands for one new run: a second press finds the first.
  const stands = before.ended.reason === 'plan-drifted';
  const idempotencyKey = stands ? `again/${ask.runId}` : ask.idempotencyKey;
  const { flags = [], outsideWindow = false } = request;
  const again = { ...ask, order, command, policyVerb, text: request.text, idempotencyKey, flags, outsideWindow };
  return await requestRun(deps, again, stands ? ask.runId : null);
}

async function refuseAgain(
  deps: DeskDeps,
  ask: { readonly runId: string; readonly actor: Actor },
  cluster: string | null,
  reason: Reason,
  why: string,
): Promise<AskResult> {
  const detail = { word: 'plan again', why };
  await deps.store.audit([
    auditRefusal({ at: deps.clock.nowIso(), actor: ask.actor, cluster, run: ask.runId, reason, detail }),
  ]);
  return { kind: 'refused', reason, why };
}

async function readRun(deps: DeskDeps, runId: string): Promise<RunState | null> {
  const record = await deps.store.read(runId);
  return record === null ? null : foldRun(record);
}

/** What a word to a run leads to. */
type Judged =
  | { readonly ok: true; readonly events: readonly RunEvent[]; readonly settled: 'approved' | 'rejected' | null }
  | { readonly ok: false; readonly reason: Reason; readonly why: string };

interface Word {
  readonly runId: string;
  readonly actor: Actor;
  readonly idempotencyKey: string | null;
  readonly detail: { readonly [key: string]: string | null };
}

/** Writes a word to a run by compare-and-set: judged anew on every round, written once. */
async function say(deps: DeskDeps, word: Word, judge: (state: RunState) => Judged | Promise<Judged>): Promise<RunWord> {
  for (let attempt = 0; attempt < CAS_ATTEMPTS; attempt += 1) {
    const state = await readRun(deps, word.runId);
    if (state === null) return await refuseWord(deps, word, null, { reason: 'unknown-run', why: '' });
    const cluster = state.request?.cluster ?? '';
    const judged = state.unknown === null ? await judge(state) : unreadable();
    if (!judged.ok) {
      if (await saidBefore(deps, word)) return { ok: true, state, settled: null };
      return await refuseWord(deps, word, cluster, judged);
    }
    const result = await deps.store.append(word.runId, {
      writer: { kind: 'other', idempotencyKey: word.idempotencyKey },
      seen: state.version,
      events: judged.events,
      audit: judged.events.map((event) => auditOf({ run: word.runId, cluster }, event)),
      dueMs: deps.clock.nowMs(),
    });
    if (result.kind === 'stale') continue;
    const now = (await readRun(deps, word.runId)) ?? state;
    if (result.kind === 'duplicate') return { ok: true, state: now, settled: null };
    if (result.kind !== 'ok') return { ok: false, reason: 'unknown-run', why: '' };
    await ring(deps, word.runId, cluster);
    return { ok: true, state: now, settled: judged.settled };
  }
  throw new Error('the run changed on every try');
}

/** Whether this very word was written before: Slack delivers some clicks twice, and the second is no refusal. */
async function saidBefore(deps: DeskDeps, word: Word): Promise<boolean> {
  if (word.idempotencyKey === null) return false;
  // No run has this version, so nothing is written; a key that was used answers first.
  const seen = -1;
  const writer = { kind: 'other', idempotencyKey: word.idempotencyKey } as const;
  const result = await deps.store.append(word.runId, { writer, seen, events: [], audit: [] });
  return result.kind === 'duplicate';
}

function unreadable(): Judged {
  return { ok: false, reason: 'no-gate-open', why: 'The run waits for a newer version of Drydock.' };
}

async function refuseWord(
  deps: DeskDeps,
  word: Word,
  cluster: string | null,
  refusal: { readonly reason: Reason; readonly why: string },
): Promise<RunWord> {
  const { runId, actor, detail } = word;
  const entry = auditRefusal({
    at: deps.clock.nowIso(),
    actor,
    cluster,
    run: runId,
    reason: refusal.reason,
    detail: { ...detail, why: refusal.why },
  });
  await deps.store.audit([entry]);
  return { ok: false, reason: refusal.reason, why: refusal.why };
}

async function castVote(deps: DeskDeps, ask: VoteAsk): Promise<RunWord> {
  const { gate, hash, actor, verdict, note, channel = null } = ask;
  const word = { ...ask, detail: { word: verdict, gate, hash, note } };
  const policies = createFreshPolicy(deps);
  return await say(deps, word, async (state) => {
    const ballot = { gate, hash, actor, verdict, note, channel };
    return await judgeFresh(deps, policies, peopleAt(state, ask), (policy) =>
      castBallot(state, policy, ballot, deps.clock.nowMs(), deps.clock.nowIso()),
    );
  });
}

async function cancelRun(deps: DeskDeps, ask: Parameters<RequestDesk['cancel']>[0]): Promise<RunWord> {
  return await say(deps, { ...ask, detail: { word: 'cancel' } }, (state): Judged => {
    if (state.ended !== null) return { ok: false, reason: 'run-ended', why: '' };
    if (state.ending !== null) return { ok: false, reason: 'run-stopping', why: '' };
    if (!mayCancel(deps.policy(), state, ask.actor)) return { ok: false, reason: 'not-yours', why: '' };
    const said = { channel: ask.channel ?? null, nowMs: deps.clock.nowMs() };
    const elsewhere = wrongChannel(state, deps.policy(), said);
    if (elsewhere !== null) return { ok: false, reason: 'wrong-channel', why: elsewhere };
    if (state.cancel !== null) return { ok: true, events: [], settled: null };
    return {
      ok: true,
      events: [{ v: EVENT_VERSION, at: deps.clock.nowIso(), type: 'cancel-requested', actor: ask.actor }],
      settled: null,
    };
  });
}
