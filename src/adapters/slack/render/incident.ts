import { type Incident, incidentInWords } from '../../../core/incident.ts';
import { REASONS } from '../../../core/reasons.ts';
import { OUTCOME_WORDS } from '../../../core/wording.ts';
import { context, header, type Message, section } from './blocks.ts';
import { code, inline, link, moment, plainLine } from './escape.ts';
import { preview, shorten } from './fit.ts';
import { PIECE_BYTES } from './marks.ts';

/** Machine-readable part of an incident message, by which it is found again. */
export interface IncidentMetadata {
  readonly event_type: 'drydock_incident';
  readonly event_payload: { readonly incident: string; readonly cluster: string; readonly state: IncidentState };
}

/** The message on an incident. */
export interface IncidentMessage extends Message {
  readonly metadata: IncidentMetadata;
}

/** How an incident stands. */
export type IncidentState = 'open' | 'worked-on' | 'closed';

const BODY_BYTES = 2600;

/** The message on an incident: title, state, what happened and was done, what is next, links to the cards. */
export function renderIncident(
  incident: Incident,
  titleOf: (runbook: string) => string,
  links: Readonly<Record<string, string>>,
): IncidentMessage {
  const state = stateOf(incident);
  const id = `incident.${shorten(incident.id, 100)}`;
  const title = incidentTitle(incident, titleOf);
  const stand = standLine(incident, titleOf);
  const lines = incidentInWords(incident).map((line, index) => {
    const words = inline(line).replace(/^Next:/, '*Next:*');
    // What is over must not read as if it went on.
    return shorten(index === 0 && state === 'closed' ? `*What had happened:* ${words}` : words, PIECE_BYTES * 2);
  });
  const body = preview(lines, BODY_BYTES, (hidden) => `… and ${hidden} more lines, whole on the card.`);
  return {
    text: [`${shorten(inline(title), 300)}: ${stand}`, ...body].join('\n'),
    blocks: [
      header(`${id}.title`, shorten(plainLine(title), 140)),
      section(`${id}.state.${state}`, [stand]),
      section(`${id}.body.${shorten(incident.cause.run, 100)}`, body),
      context(`${id}.cards`, [cardsLine(incident, links)]),
    ],
    metadata: {
      event_type: 'drydock_incident',
      event_payload: { incident: incident.id, cluster: incident.cluster, state },
    },
  };
}

function stateOf(incident: Incident): IncidentState {
  if (incident.closed !== null) return 'closed';
  return incident.work === null ? 'open' : 'worked-on';
}

function incidentTitle({ cluster, cause }: Incident, titleOf: (runbook: string) => string): string {
  const what = titleOf(cause.runbook);
  if (cause.unhealthy !== null) return `${cluster}: not healthy after ${what}`;
  const outcome = OUTCOME_WORDS[REASONS[cause.reason].outcome];
  return `${cluster}: ${what}: ${outcome.charAt(0).toLowerCase()}${outcome.slice(1)}`;
}

function standLine(incident: Incident, titleOf: (runbook: string) => string): string {
  const { work, closed, openedAt } = incident;
  if (closed !== null)
    return `*Closed* ${moment(closed.at)}, healthy again: ${shorten(inline(closed.summary), PIECE_BYTES)}`;
  if (work === null) return `*Open* since ${moment(openedAt)}. Nobody works on it through Drydock.`;
  return `*Being worked on*: ${shorten(inline(titleOf(work.runbook)), 300)} (${code(work.run)}) is ${shorten(inline(work.words), PIECE_BYTES)}.`;
}

function cardsLine({ cause, work, closed }: Incident, links: Readonly<Record<string, string>>): string {
  const named: readonly (readonly [string, string])[] = [
    ['What happened', cause.run],
    ...(work === null ? [] : [['At work', work.run] as const]),
    ...(closed === null ? [] : [['Seen healthy by', closed.run] as const]),
  ];
  return named.map(([word, run]) => `${word}: ${cardOf(run, links)}`).join(' · ');
}

function cardOf(run: string, links: Readonly<Record<string, string>>): string {
  const address = links[run];
  return address === undefined ? code(shorten(run, 100)) : link(address, run);
}
