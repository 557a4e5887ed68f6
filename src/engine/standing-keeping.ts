import type { Actor } from '../core/actor.ts';
import type { JsonObject } from '../core/json.ts';
import { type Policy, rolesOf } from '../core/policy.ts';
import type { ControlRecord } from '../core/ports/control-store.ts';
import { REASONS } from '../core/reasons.ts';
import { foldRun, type RunState } from '../core/run-state.ts';
import type { Schedule } from '../core/schedule.ts';
import {
  endOfGrant,
  remindOfGrant,
  STANDING_FLAG,
  type StandingApproval,
  type StandingAsked,
  type StandingGrant,
  shapeOf,
} from '../core/standing-approval.ts';
import type { PeopleLook, StandingUse } from '../core/standing-use.ts';
import { parseTime } from '../core/time.ts';
import { controlEntry } from './control-deps.ts';
import { messageOf } from './control-flow.ts';
import { type KeeperDeps, noticeFor, propose } from './propose.ts';
import { readSchedule } from './schedules.ts';
import { readStanding } from './standing-gate.ts';

/** What a standing approval becomes, with its audit entry and what the channel is told. */
interface Became {
  /** `null`: the record goes. */
  readonly value: StandingApproval | null;
  readonly action: string;
  readonly by: Actor | null;
  readonly detail: JsonObject;
  /** Title and lines; `null`: the channel is told nothing. */
  readonly told: { readonly title: string; readonly lines: readonly string[] } | null;
}

/**
 * Looks after one standing approval: puts the question, takes over its decision, reminds, ends it. One change a round, by
 * compare-and-set, so whoever dies or looks at the same time, each is made, audited and told once.
 */
export async function keepStanding(deps: KeeperDeps, record: ControlRecord): Promise<void> {
  const standing = readStanding(record);
  if (standing === null) return;
  const found = await deps.admission.control.read('schedule', standing.schedule);
  const schedule = found === null ? null : readSchedule(found);
  const became = await nextOf(deps, standing, { schedule, gone: found === null });
  if (became === null) return;
  const { value, action, by, detail, told } = became;
  const { cluster } = standing;
  const said = by === null ? null : { actor: by, idempotencyKey: '' };
  await deps.admission.control.write({
    kind: 'standing',
    key: record.key,
    seen: record.revision,
    value,
    audit: [controlEntry(deps, action, said, cluster, { id: standing.schedule, ...detail })],
    ...(told === null
      ? {}
      : noticeFor(deps, cluster, `standing ${record.key} ${record.revision}`, told.title, told.lines)),
  });
}

interface Found {
  /** `null`: there is none, or it cannot be read. */
  readonly schedule: Schedule | null;
  readonly gone: boolean;
}

async function nextOf(deps: KeeperDeps, standing: StandingApproval, { schedule, gone }: Found): Promise<Became | null> {
  if (gone)
    return { value: null, action: 'standing-revoke', by: null, detail: { why: 'its schedule is gone' }, told: null };
  if (schedule === null) return null;
  const { asked, granted } = standing;
  if (asked !== null) {
    const became =
      asked.run === null ? await ask(deps, schedule, standing, asked) : await settle(deps, standing, asked);
    if (became !== null) return became;
  }
  return granted === null || granted.over !== null ? null : timeOf(deps, schedule, standing, granted);
}

/** Puts the question. The same question makes one run, whoever puts it and how often. */
async function ask(
  deps: KeeperDeps,
  schedule: Schedule,
  standing: StandingApproval,
  asked: StandingAsked,
): Promise<Became> {
  const { until, by, key } = asked;
  const result = await propose(deps, schedule, {
    actor: by,
    order: { ...schedule.order, dryRun: true },
    flags: [...schedule.flags, STANDING_FLAG],
    idempotencyKey: `standing/${schedule.id}/${key}`,
    standingQuestion: { schedule: schedule.id, until, words: words(deps, schedule, until) },
  });
  if (result.kind !== 'refused') {
    const detail = { run: result.runId, until, text: schedule.text };
    return {
      value: { ...standing, asked: { ...asked, run: result.runId } },
      action: 'standing-ask',
      by,
      detail,
      told: null,
    };
  }
  const { text, next } = REASONS[result.reason];
  return notGranted(standing, asked, `${text} ${result.why}`.trim(), next);
}

/** Takes over what was decided in the run that asks; `null`: it is not decided. */
async function settle(deps: KeeperDeps, standing: StandingApproval, asked: StandingAsked): Promise<Became | null> {
  const record = asked.run === null ? null : await deps.store.read(asked.run);
  if (record === null) return notGranted(standing, asked, 'The run that asked is not kept any more.', ASK_AGAIN);
  const state = foldRun(record);
  if (state.ended === null) return null;
  const granted = grantOf(state, asked);
  if (granted === null) {
    const { text } = REASONS[state.ended.reason];
    return notGranted(standing, asked, `${state.id}: ${text}`, ASK_AGAIN);
  }
  const by = granted.by.map(({ user }) => user);
  return {
    value: { ...standing, asked: null, granted },
    action: 'standing-grant',
    by: null,
    detail: { run: state.id, by, until: granted.until },
    told: {
      title: `Runs of ${standing.schedule} on ${standing.cluster} are approved in advance`,
      lines: [
        `By ${by.map((user) => `<@${user}>`).join(' and ')}, until ${deps.admission.calendar.words(parseTime(granted.until), 'UTC')}, for plans like that of ${state.id}.`,
        'A plan that differs, warns of more, or of which the policy asks more by then is asked about as usual.',
        `To end it: \`/kube standing ${standing.schedule} --revoke\``,
      ],
    },
  };
}

const ASK_AGAIN = 'The schedule stands, and each of its runs asks people. `/kube standing` asks once more.';

/** The grant that a question led to; `null`: none. */
function grantOf({ id, ended, request, plan, gates }: RunState, asked: StandingAsked): StandingGrant | null {
  const gate = gates[0];
  const settled = gate?.settled;
  if (ended?.reason !== 'approved-in-advance' || request?.standingQuestion?.until !== asked.until) return null;
  if (plan === null || gate === undefined || settled?.verdict !== 'approved' || settled.by.length === 0) return null;
  return {
    question: id,
    shape: shapeOf(plan, request.flags ?? []),
    approvals: gate.spec.approvals,
    escalated: gate.escalatedAt !== null,
    by: [...settled.by],
    askedAt: asked.at,
    at: settled.at,
    until: asked.until,
    reminded: false,
    over: null,
  };
}

/** The question led to nothing; what was granted before stands. */
function notGranted(standing: StandingApproval, asked: StandingAsked, why: string, next: string): Became {
  const { granted, schedule, cluster } = standing;
  return {
    value: granted === null ? null : { ...standing, asked: null },
    action: 'standing-refused',
    by: null,
    detail: { run: asked.run, why },
    told: {
      title: `Runs of ${schedule} on ${cluster} are not approved in advance`,
      lines: [why, next, ...(granted === null ? [] : ['What was granted before stands until it ends.'])],
    },
  };
}

/** Reminds before the end, and ends at the end. */
function timeOf(
  deps: KeeperDeps,
  schedule: Schedule,
  standing: StandingApproval,
  granted: StandingGrant,
): Became | null {
  const nowMs = deps.clock.nowMs();
  const policy = deps.policy();
  const endMs = endOfGrant(granted, policy);
  const until = new Date(endMs).toISOString();
  const renew = `To ask once more: \`/kube standing ${schedule.id} --for 90d\``;
  const detail = { until, text: schedule.text };
  if (nowMs >= endMs) {
    const over = { why: 'expired' as const, at: until, by: null };
    const title = `Runs of ${schedule.id} on ${schedule.cluster} are not approved in advance any more`;
    const lines = [
      `${schedule.text}: it ended at ${words(deps, schedule, until)}. From now on each run asks people.`,
      renew,
    ];
    return {
      value: { ...standing, granted: { ...granted, over } },
      action: 'standing-over',
      by: null,
      detail,
      told: { title, lines },
    };
  }
  if (granted.reminded || nowMs < remindOfGrant(granted, policy)) return null;
  const title = `Runs of ${schedule.id} on ${schedule.cluster} are approved in advance only until ${words(deps, schedule, until)}`;
  const lines = [`${schedule.text}, scheduled by <@${schedule.by.user}>. After that each run asks people.`, renew];
  return {
    value: { ...standing, granted: { ...granted, reminded: true } },
    action: 'standing-remind',
    by: null,
    detail,
    told: { title, lines },
  };
}

function words({ admission }: KeeperDeps, { tz }: Schedule, iso: string): string {
  return admission.calendar.words(parseTime(iso), tz);
}

/** What a firing may use: the grant of its schedule, with its people looked up anew. `null`: there never was one. */
export async function standingUse(deps: KeeperDeps, schedule: Schedule): Promise<StandingUse | null> {
  const granted = readStanding(await deps.admission.control.read('standing', schedule.id))?.granted ?? null;
  if (granted === null) return null;
  const { question, over, by } = granted;
  return { schedule: schedule.id, question, look: over === null ? await lookAt(deps, [...by, schedule.by]) : null };
}

/** Who of these people has which roles now; `null`: it cannot be told, and the run asks people. */
async function lookAt(deps: KeeperDeps, actors: readonly Actor[]): Promise<PeopleLook | null> {
  const at = deps.clock.nowIso();
  const users = [...new Set(actors.map(({ user }) => user))];
  let policy: Policy;
  try {
    policy = deps.freshPolicy === undefined ? deps.policy() : await deps.freshPolicy(users);
  } catch (thrown) {
    // A firing must not wait for Slack until it is missed.
    deps.log.warn('it could not be looked up who approved in advance; the run asks people', {
      error: messageOf(thrown),
    });
    return null;
  }
  const team = policy.homeTeam ?? '';
  return { at, people: users.map((user) => ({ user, roles: [...rolesOf(policy, { team, user })] })) };
}
