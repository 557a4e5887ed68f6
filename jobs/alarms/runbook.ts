import { hasAlarm, type Ring } from '../../src/core/etcd/ring.ts';
import { alarmTable } from '../../src/core/etcd/ring-report.ts';
import { readRunbook, readStep } from '../steps/read-runbook.ts';

const alarmsStep = readStep('etcd.read-alarms@1', 'Read the active alarms', (ring, gate) => ({
  // A ring without alarms whose member is silent is not healthy.
  healthy: gate.ok && ring.alarms?.length === 0,
  summary: summaryOf(ring),
  tables: [alarmTable(ring)],
  notes: adviceOn(ring),
}));

/** Active alarms of the ring and what they mean. */
export const alarms = readRunbook('alarms', 'Alarms of the etcd ring', alarmsStep);

function summaryOf(ring: Ring): string {
  if (ring.alarms === null) return 'The alarms could not be read.';
  if (ring.alarms.length === 0) return 'No alarm is active.';
  return ring.alarms.length === 1 ? 'One alarm is active.' : `${ring.alarms.length} alarms are active.`;
}

function adviceOn(ring: Ring): string[] {
  if (hasAlarm(ring, 'CORRUPT')) {
    return [
      'CORRUPT freezes the ring. Compare the hashes of the members and replace the one that differs; Drydock never disarms it.',
    ];
  }
  return hasAlarm(ring, 'NOSPACE')
    ? ['NOSPACE refuses writes on the whole ring. `/kube defrag` compacts, defragments every member and clears it.']
    : [];
}
