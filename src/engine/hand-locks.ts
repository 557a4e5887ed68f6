import { sameActor } from '../core/actor.ts';
import type { Said, Told } from '../core/control-desk.ts';
import { clusterLock, holderInWords, type LockEntry, locksConflict } from '../core/lock.ts';
import { type ControlDeps, controlEntry } from './control-deps.ts';

/** Locks a cluster by hand, or says who stands in the way. */
export async function lockByHand(
  deps: ControlDeps,
  said: Said,
  cluster: string,
  reason: string,
): Promise<Told<LockEntry>> {
  const lock: LockEntry = {
    name: clusterLock(cluster),
    runId: '',
    owner: said.actor.user,
    reason,
    since: deps.clock.nowIso(),
    holder: 'person',
    mark: deps.ids.suffix(),
  };
  const audit = [controlEntry(deps, 'hand-lock', said, cluster, { lock: lock.name, reason, mark: lock.mark ?? '' })];
  const taken = await deps.store.lockByHand(lock, audit);
  if (taken.kind === 'ok') return { ok: true, value: lock };
  const byPerson = taken.lock.holder === 'person';
  const why = byPerson
    ? `${holderInWords(taken.lock)}.`
    : `${holderInWords(taken.lock)}. To stop that run at its next safe point: /kube cancel ${taken.lock.runId}.`;
  return { ok: false, reason: byPerson ? 'locked-by-hand' : 'lock-held', why };
}

/**
 * Unlocks what was shown. Somebody's own lock needs no mark; that of another person is shown first, with the command that
 * unlocks exactly this one. What a run holds is never unlocked.
 */
export async function unlockByHand(
  deps: ControlDeps,
  said: Said,
  cluster: string,
  mark: string | null,
): Promise<Told<LockEntry>> {
  const name = clusterLock(cluster);
  const held = await deps.store.locks();
  const lock = held.find((each) => each.name === name && each.runId === '');
  if (lock?.holder !== 'person') return refusal(held.filter((each) => locksConflict(each.name, name)));
  const command = `/kube unlock ${cluster} --seen ${lock.mark ?? ''}`;
  if (mark !== null && mark !== lock.mark)
    return { ok: false, reason: 'lock-changed', why: `${holderInWords(lock)}. To unlock that one: ${command}` };
  // People of other teams give no commands, so the user is enough.
  const own = sameActor({ ...said.actor, user: lock.owner }, said.actor);
  if (mark === null && !own)
    return { ok: false, reason: 'lock-not-shown', why: `${holderInWords(lock)}. To unlock exactly that: ${command}` };
  const detail = { lock: name, lockedBy: lock.owner, since: lock.since, reason: lock.reason, mark: lock.mark ?? '' };
  const done = await deps.store.unlockByHand(name, lock.mark ?? '', [
    controlEntry(deps, 'hand-unlock', said, cluster, detail),
  ]);
  if (done.kind === 'ok') return { ok: true, value: lock };
  return { ok: false, reason: 'lock-changed', why: done.lock === null ? '' : `${holderInWords(done.lock)}.` };
}

function refusal(standing: readonly LockEntry[]): Told<LockEntry> {
  const [first] = standing;
  if (first === undefined) return { ok: false, reason: 'not-locked', why: '' };
  const run = first.runId === '' ? '' : ` To stop it: /kube cancel ${first.runId}`;
  return { ok: false, reason: 'held-by-run', why: `${holderInWords(first)}.${run}` };
}
