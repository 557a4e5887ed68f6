import { type IncidentMessage, renderIncident } from '../../src/adapters/slack/render/incident.ts';
import { nextIncident } from '../../src/core/incident.ts';
import { WORST_NAME, worstStates } from './worst-run.ts';

/** More people than are named one by one. */
const PEOPLE = Array.from({ length: 30 }, (_, index) => `U0APPROVER${index}`);
/** How the worst cards are looked at. */
export const WORST_VIEW = {
  title: WORST_NAME.repeat(5),
  replaces: 'https://example.slack.com/archives/C0OPS/p1700000000000100',
  displacedFrom: 'C0INC',
  peopleOf: (role: string) => (role.endsWith('0') ? PEOPLE : PEOPLE.slice(0, 3)),
};

/** Messages about an incident as long as they can be, by the name of their golden file. */
export const WORST_INCIDENTS: Readonly<Record<string, IncidentMessage>> = worstIncidents();

function worstIncidents(): Readonly<Record<string, IncidentMessage>> {
  const { 'needs-a-person': failed, running } = worstStates();
  if (failed === undefined || running === undefined) throw new Error('states are missing');
  const open = nextIncident(null, { ...failed, id: 'defrag-prod-0001' });
  const worked = nextIncident(open, { ...running, id: 'defrag-prod-0002' });
  if (open === null || worked === null) throw new Error('no incident');
  const closed = {
    ...worked,
    work: null,
    closed: { run: 'r-3', summary: WORST_NAME.repeat(40), at: worked.openedAt },
  };
  const shown = Object.entries({ open, 'worked-on': worked, closed }).map(([name, incident]) => {
    return [name, renderIncident(incident, titleOf, { 'defrag-prod-0001': WORST_VIEW.replaces })] as const;
  });
  return Object.fromEntries(shown);
}

function titleOf(): string {
  return WORST_NAME.repeat(5);
}
