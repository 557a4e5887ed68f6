import type { EtcdAlarm, EtcdCall, EtcdResult } from '../../../core/ports/etcd.ts';
import { readAlarms } from '../answers.ts';
import { printed } from './printed.ts';
import type { ExecRing } from './ring.ts';

/**
 * Removes an alarm with etcdctl, which can only remove all there are. So it does that only when every active alarm is a NOSPACE
 * alarm, or the one that is meant is the only one: a CORRUPT alarm never goes along. Should one come up in between, the
 * answer is `corrupt` and says that it was removed. So the NOSPACE alarms of all members go together, whichever was meant.
 */
export async function disarmListed(ring: ExecRing, alarm: EtcdAlarm, call: EtcdCall): Promise<EtcdResult<null>> {
  const what = `Disarm ${alarm.type} of member ${alarm.memberId}`;
  if (alarm.type === 'UNKNOWN') return notAvailable(`${what}: Drydock does not know this alarm`);
  const list = { args: ['alarm', 'list'], what: `Alarm list before "${what}"`, readOnly: true, reader: printed.alarms };
  // Look and removal share the caller's time.
  const budget = ring.budget(call);
  const listed = await ring.readAny(list, call);
  if (!listed.ok) {
    if (listed.error.code !== 'unknown-outcome') return listed;
    return { ok: false, error: { code: 'unreachable', message: `${listed.error.message}. Nothing was sent` } };
  }
  const active = readAlarms(listed.value);
  if (!active.some((each) => isSame(each, alarm))) return { ok: true, value: null };
  const others = active.filter((each) => !isSame(each, alarm));
  if (others.length > 0 && ![alarm, ...others].every(({ type }) => type === 'NOSPACE')) {
    const all = active.map(({ type, memberId }) => `${type} of ${memberId}`).join(', ');
    return notAvailable(
      `${what}: etcdctl can only remove all alarms at once, and these are active: ${all}. Nothing was sent`,
    );
  }
  const request = { args: ['alarm', 'disarm'], what, readOnly: false, reader: printed.alarms };
  const answer = await ring.changeAny(request, { ...call, timeoutMs: Math.max(1, budget.remainingMs()) });
  if (!answer.ok) return answer.error.code === 'unknown-outcome' ? inDoubt(answer.error.message) : answer;
  const unmeant = readAlarms(answer.value).filter(({ type }) => type !== alarm.type);
  if (unmeant.length === 0) return { ok: true, value: null };
  const gone = unmeant.map(({ type, memberId }) => `${type} of ${memberId}`).join(', ');
  const message = `${what}: an alarm came up at that moment and was removed along with it: ${gone}. Look at that member first`;
  return { ok: false, error: { code: 'corrupt', message } };
}

function inDoubt(why: string): EtcdResult<never> {
  const message = `${why}. If it was done, all alarms went at once: one that came up meanwhile may be gone too`;
  return { ok: false, error: { code: 'unknown-outcome', message } };
}

function isSame(a: EtcdAlarm, b: EtcdAlarm): boolean {
  return a.memberId === b.memberId && a.type === b.type;
}

function notAvailable(message: string): {
  readonly ok: false;
  readonly error: { readonly code: 'not-available'; readonly message: string };
} {
  return { ok: false, error: { code: 'not-available', message } };
}
