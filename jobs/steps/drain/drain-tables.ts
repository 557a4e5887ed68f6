import { nodeNamed, podsOn } from '../../../src/core/drain/coverage.ts';
import { leavingOf } from '../../../src/core/drain/facts.ts';
import { belongsTo } from '../../../src/core/drain/owners.ts';
import type { DrainConsents, DrainView } from '../../../src/core/drain/view.ts';
import type { ReportTable } from '../../../src/core/state-report.ts';
import { machineOwner } from './machine-owner.ts';

/** Rows of a table; more are counted. */
const MOST_ROWS = 20;

/** The nodes that are to go: how many pods leave and stay, and whose machines they are. */
export function drainTable(
  view: DrainView,
  names: readonly string[],
  consents: DrainConsents,
  nowMs: number,
): ReportTable {
  return cut({
    title: 'To be drained',
    columns: ['Node', 'Pods to go', 'Pods that stay', 'Zone', 'Machine of'],
    rows: names.map((name) => {
      const node = nodeNamed(view, name);
      const leaving = leavingOf(view, name, consents, nowMs).length;
      const owner = node === null ? null : machineOwner(node);
      const stay = podsOn(view, name).length - leaving;
      return [name, String(leaving), String(stay), node?.zone ?? '–', owner?.who ?? '–'];
    }),
  });
}

/** Who owns the pods that are to go. */
export function ownerTable(
  view: DrainView,
  names: readonly string[],
  consents: DrainConsents,
  nowMs: number,
): ReportTable | null {
  const leaving = names.flatMap((name) => leavingOf(view, name, consents, nowMs));
  if (leaving.length === 0) return null;
  const byOwner = Map.groupBy(leaving, ({ pod }) => belongsTo(view, pod));
  const rows = [...byOwner].map(([owner, of]) => {
    const losing = new Set(of.flatMap((each) => (each.of.kind === 'evict' ? each.of.losing : [each.of.why])));
    return [owner, String(of.length), [...losing].map((loss) => LOSSES[loss]).join(', ') || 'nothing'];
  });
  const sorted = rows.toSorted((a, b) => Number(b[1]) - Number(a[1]));
  return cut({ title: 'Pods that go', columns: ['Owner', 'Pods', 'What is lost'], rows: sorted });
}

const LOSSES = {
  'local-storage': 'emptyDir data',
  unmanaged: 'the pod itself: it has no owner',
  'daemon-set-missing': 'the pod itself: its DaemonSet is gone',
} as const;

function cut(table: ReportTable): ReportTable {
  const { length } = table.rows;
  if (length <= MOST_ROWS) return table;
  return { ...table, title: `${table.title}, ${MOST_ROWS} of ${length}`, rows: table.rows.slice(0, MOST_ROWS) };
}
