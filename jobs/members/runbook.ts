import { memberTable, ringSummary } from '../../src/core/etcd/ring-report.ts';
import { readRunbook, readStep } from '../steps/read-runbook.ts';

const membersStep = readStep(
  'etcd.read-members@1',
  'Read the member list and what each member says of itself',
  (ring, gate) => ({
    healthy: gate.ok,
    summary: ringSummary(ring, gate),
    tables: [memberTable(ring)],
    notes: ring.members.flatMap((each) => (each.trouble === null ? [] : [`${each.label}: ${each.trouble}.`])),
  }),
);

/** Who the members of the ring are and how far they are. */
export const members = readRunbook('members', 'Members of the etcd ring', membersStep);
