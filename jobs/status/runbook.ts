import { alarmTable, assumptions, quotaAdvice, ringSummary, sizeTable } from '../../src/core/etcd/ring-report.ts';
import { readRunbook, readStep } from '../steps/read-runbook.ts';

const statusStep = readStep('etcd.read-status@1', 'Read members, leader, sizes and alarms', (ring, gate, context) => ({
  healthy: gate.ok,
  summary: ringSummary(ring, gate),
  tables: [sizeTable(ring, 'etcd members'), alarmTable(ring)],
  notes: [...quotaAdvice(ring, context.cluster.defrag.maxQuotaUsed), ...assumptions(ring)],
}));

/** How a cluster is: members, leader, sizes, alarms. */
export const status = readRunbook('status', 'State of a cluster', statusStep);
