import { closedByOthers, type Incident, isNewCause, nextIncident, runsOf } from '../../../core/incident.ts';
import type { CardRecord, IncidentMessageRecord, IncidentRecord } from '../../../core/ports/card-store.ts';
import { foldRun, type RunState } from '../../../core/run-state.ts';
import { type Delivery, DONE, later, type ProjectorDeps } from './deps.ts';
import type { ProjectorMemory } from './memory.ts';
import { saveIncident } from './office.ts';
import { isTold, type Telling, tellIncident } from './tell-incident.ts';

/** A link that Slack does not tell is asked for again so often, and after this, ms. */
const MOST_LINK_TRIES = 10;
const LINK_PAUSE_MS = 30_000;
/** Runs of a cluster, the newest ones, that are asked whether what calls for people now is over already. */
const MOST_ASKED = 50;
/** Older incidents whose last words are kept until they are told. */
const MOST_OLDER = 10;

/**
 * Keeps the incidents channel of a run's cluster current: one message an incident, changed when the incident changes. A
 * run is looked at until this is delivered, and looking again changes nothing.
 */
export async function deliverIncident(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  state: RunState,
  card: CardRecord,
): Promise<Delivery> {
  const cluster = state.request?.cluster ?? '';
  const channel = deps.incidentsChannel(cluster);
  if (channel === null) return DONE;
  const stored = await deps.cards.incident(cluster);
  const next = await decide(deps, stored?.incident ?? null, state);
  if (next === null) return DONE;
  const record = await withLink(deps, recordOf(deps, stored, next, channel), state, card);
  const changed = stored?.incident !== next || stored.links !== record.links;
  if (changed && !(await saveIncident(deps, record))) return later(deps.clock.nowMs());
  const telling = { deps, memory, state, newest: next } as const;
  const save = async (message: IncidentMessageRecord): Promise<boolean> =>
    await saveIncident(deps, { ...record, ...message });
  const told = await tellIncident({ ...telling, over: false, save }, record);
  const delivery = told.kind === 'later' ? told : linkLater(deps, memory, record, { state, card });
  return record.older.length === 0 ? delivery : sooner(delivery, await tellOlder(telling));
}

/** What this run makes of the incident; what it brings into it may be over by what another run said later, and was looked at before. */
async function decide(deps: ProjectorDeps, current: Incident | null, state: RunState): Promise<Incident | null> {
  const next = nextIncident(current, state);
  if (next === null || !isNewCause(current, next, state.id)) return next;
  const others: RunState[] = [];
  for (const { id } of await deps.runs.list({ cluster: next.cluster, limit: MOST_ASKED })) {
    const other = id === state.id ? null : await deps.runs.read(id);
    if (other !== null) others.push(foldRun(other));
  }
  return closedByOthers(next, state.id, others);
}

/** Brings the messages on older incidents to their last words, the oldest first. */
async function tellOlder(telling: Omit<Telling, 'save' | 'over'>): Promise<Delivery> {
  const { deps, newest } = telling;
  let record = await deps.cards.incident(newest.cluster);
  let delivery: Delivery = DONE;
  for (const each of record?.older ?? []) {
    const save = async (message: IncidentMessageRecord): Promise<boolean> => {
      if (record === null) return false;
      const next: IncidentRecord = { ...record, older: replaced(record.older, message, isTold(deps, message)) };
      if (!(await saveIncident(deps, next))) return false;
      record = next;
      return true;
    };
    delivery = sooner(delivery, await tellIncident({ ...telling, over: true, save }, each));
  }
  return delivery;
}

/** The older ones with this one as it is now, or without it. */
function replaced(
  older: readonly IncidentMessageRecord[],
  message: IncidentMessageRecord,
  gone: boolean,
): readonly IncidentMessageRecord[] {
  return older.flatMap((each) => (each.incident.id !== message.incident.id ? [each] : gone ? [] : [message]));
}

function sooner(one: Delivery, other: Delivery): Delivery {
  if (one.kind === 'done') return other;
  return other.kind === 'done' ? one : later(Math.min(one.atMs, other.atMs));
}

/** Without its link, the message is told all the same; the link is asked for again a few times. */
function linkLater(
  deps: ProjectorDeps,
  memory: ProjectorMemory,
  record: IncidentRecord,
  { state, card }: { readonly state: RunState; readonly card: CardRecord },
): Delivery {
  const tries = memory.missingLinks.get(state.id) ?? 0;
  if (!lacksLink(record, state, card) || tries >= MOST_LINK_TRIES) return DONE;
  memory.missingLinks.set(state.id, tries + 1);
  return later(deps.clock.nowMs() + LINK_PAUSE_MS);
}

/** A new incident has a message of its own; the one before it is kept until its last words are told. */
function recordOf(
  deps: ProjectorDeps,
  stored: IncidentRecord | null,
  incident: Incident,
  channel: string,
): IncidentRecord {
  const fresh = { incident, channel, ts: null, posting: false, shownDigest: '', links: {} } as const;
  if (stored === null) return { ...fresh, doubts: 0, older: [] };
  const { doubts, older, ...message } = stored;
  if (stored.incident.id === incident.id)
    return { ...stored, incident, channel: stored.ts === null && !stored.posting ? channel : stored.channel };
  const left = isTold(deps, message) ? older : [...older, message];
  for (const lost of left.slice(0, -MOST_OLDER))
    deps.log.error('the end of an incident could not be told: too many wait for the channel', {
      incident: lost.incident.id,
      channel: lost.channel,
    });
  return { ...fresh, doubts, older: left.slice(-MOST_OLDER) };
}

/** The link to the card of this run, when the incident names it and it is not known yet. */
async function withLink(
  deps: ProjectorDeps,
  record: IncidentRecord,
  state: RunState,
  card: CardRecord,
): Promise<IncidentRecord> {
  if (card.ts === null || !lacksLink(record, state, card)) return record;
  const link = await deps.slackFor('reserved').permalink({ channel: card.channel, ts: card.ts });
  return link.kind === 'ok' ? { ...record, links: { ...record.links, [state.id]: link.value } } : record;
}

function lacksLink(record: IncidentRecord, state: RunState, card: CardRecord): boolean {
  return card.ts !== null && runsOf(record.incident).includes(state.id) && !Object.hasOwn(record.links, state.id);
}
