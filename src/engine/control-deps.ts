import type { AuditEntry } from '../core/audit.ts';
import type { Said } from '../core/control-desk.ts';
import type { JsonObject } from '../core/json.ts';
import type { DeskDeps } from './deps.ts';

/** What freezes, locks by hand and schedules need. */
export type ControlDeps = Pick<DeskDeps, 'store' | 'doorbell' | 'clock' | 'ids' | 'log' | 'admission'>;

/** The zone in which people of a cluster mean days and times: that of its first window, else UTC. */
export function zoneOf({ admission }: Pick<ControlDeps, 'admission'>, cluster: string): string {
  return admission.windows(cluster)[0]?.tz ?? 'UTC';
}

/** An entry about control of a cluster. */
export function controlEntry(
  deps: Pick<ControlDeps, 'clock'>,
  action: string,
  by: Said | null,
  cluster: string,
  detail: JsonObject,
): AuditEntry {
  const actor = by?.actor ?? null;
  return { v: 1, at: deps.clock.nowIso(), action, actor, cluster, run: null, reason: null, detail };
}
