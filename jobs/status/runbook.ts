import { z } from 'zod';
import { alarmTable, assumptions, quotaAdvice, ringSummary, sizeTable } from '../../src/core/etcd/ring-report.ts';
import {
  clusterNotes,
  clusterSummary,
  clusterTroubles,
  controlPlaneTable,
  nodeTable,
  unwellTable,
} from '../../src/core/kubernetes/cluster-report.ts';
import { platformMismatch } from '../../src/core/kubernetes/platform.ts';
import { defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepContext } from '../../src/core/step.ts';
import { etcdBeyondReach } from '../steps/applicable.ts';
import { readCluster } from '../steps/read-cluster.ts';
import { type ReportOn, readReport, UNSEEN } from '../steps/read-runbook.ts';
import { backupNotes } from './backup-notes.ts';

type Context = StepContext<'etcd' | 'kubernetes' | 'backups'>;
type Part = Omit<StateReport, 'at'>;
/** `why`: nothing could be read, for this. */
type ClusterPart = Part & { readonly why?: string };

const Nothing = z.strictObject({});

const ringReport: ReportOn = (ring, gate, context) => ({
  healthy: gate.ok,
  summary: ringSummary(ring, gate),
  tables: [sizeTable(ring, 'etcd members'), alarmTable(ring)],
  notes: [...quotaAdvice(ring, context.cluster.defrag.maxQuotaUsed), ...assumptions(ring)],
});

const statusStep = defineStep({
  kind: 'cluster.read-status@1',
  input: Nothing,
  state: Nothing,
  output: z.object({ report: StateReport }),
  needs: ['etcd', 'kubernetes', 'backups'],
  risk: 'read',
  timeoutMs: () => 3 * 60_000,
  retry: { attempts: 3, backoffMs: 1000 },
  describe: () => 'Read nodes, control plane, etcd members, sizes and alarms, as far as the cluster has them',
  items: () => [],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context) => {
    const report = await readStatus(context);
    return { kind: 'done', output: { report }, note: report.summary };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function readStatus(context: Context): Promise<StateReport> {
  const [cluster, seen, backups] = await Promise.all([clusterPart(context), ringPart(context), backupNotes(context)]);
  const ring = cluster?.why === undefined || seen === null ? seen : toldOnce(seen, cluster.why);
  const parts = [cluster, ring].filter((part) => part !== null);
  return {
    at: context.nowIso(),
    healthy: parts.every(({ healthy }) => healthy),
    summary: parts
      .map(({ summary }) => summary)
      .filter((summary) => summary !== '')
      .join(' '),
    tables: parts.flatMap(({ tables }) => tables),
    notes: [...parts.flatMap(({ notes }) => notes), ...backups],
  };
}

/** etcd that is reached through the API server fails for the same reason. */
function toldOnce(ring: Part, why: string): Part {
  if (ring.healthy || !ring.summary.includes(why)) return ring;
  const notes = ['Nothing of etcd could be read: it is reached in the same way.'];
  return { healthy: false, summary: '', tables: ring.tables, notes };
}

const UNREAD = {
  silent: (cluster: string) => `The API server of ${cluster} does not answer`,
  refuses: (cluster: string) => `The API server of ${cluster} refuses Drydock`,
  unusable: (cluster: string) => `The access to ${cluster} cannot be used`,
} as const;

function answeredWith(cluster: string, status: number): string {
  return `The API server of ${cluster} answers with an error (${status})`;
}

/** What the API server shows; `null`: there is none, the cluster is a bare ring. */
async function clusterPart({ ports, cluster, signal }: Context): Promise<ClusterPart | null> {
  if (cluster.platform === 'etcd') return null;
  const seen = await readCluster(ports.kubernetes, signal);
  if (!seen.ok) {
    const { how, why } = seen;
    const summary = `${typeof how === 'number' ? answeredWith(cluster.name, how) : UNREAD[how](cluster.name)}: ${why}.`;
    return { why, healthy: false, summary, tables: [], notes: ['Nothing of nodes and pods could be read.'] };
  }
  const { reading } = seen;
  const mismatch = platformMismatch(cluster.platform, reading.detected);
  const unwell = unwellTable(reading);
  const troubles = clusterTroubles(reading, cluster.platform);
  return {
    healthy: troubles.length === 0,
    summary: clusterSummary(reading, troubles),
    tables: [nodeTable(reading), controlPlaneTable(reading), ...(unwell === null ? [] : [unwell])].filter(
      ({ rows }) => rows.length > 0,
    ),
    notes: [...(mismatch === null ? [] : [mismatch]), ...troubles.slice(1), ...clusterNotes(reading)],
  };
}

/** What the ring shows; `null`: nobody sees it, the provider runs it. */
async function ringPart(context: Context): Promise<Part | null> {
  const beyond = etcdBeyondReach(context.cluster);
  if (beyond === null) return await readReport(context, ringReport);
  return { healthy: true, summary: '', tables: [], notes: [`etcd is not looked at: ${beyond.evidence}.`] };
}

async function planStatus(context: PlanContext<'etcd' | 'kubernetes'>): Promise<PlanDraft> {
  const { ports, cluster, signal } = context;
  const empty = { facts: {}, gates: [], checks: [], forecast: [], notes: [], before: [] };
  const beyondReach = cluster.platform === 'etcd' ? etcdBeyondReach(cluster) : null;
  if (beyondReach !== null) return { ...empty, identity: '', steps: [], checks: [beyondReach] };
  const call = { timeoutMs: 2000, signal };
  const identity = cluster.platform === 'etcd' ? await ringIdentity(ports, call) : await clusterIdentity(ports, call);
  return { ...empty, identity, steps: [statusStep.plan({})], forecast: ['Reads only.'] };
}

type Call = { readonly timeoutMs: number; readonly signal: AbortSignal };

async function ringIdentity({ etcd }: Pick<Context['ports'], 'etcd'>, call: Call): Promise<string> {
  const list = await etcd.members({ ...call, linearizable: false });
  return list.ok ? list.value.clusterId : UNSEEN;
}

async function clusterIdentity({ kubernetes }: Pick<Context['ports'], 'kubernetes'>, call: Call): Promise<string> {
  const home = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'kube-system' };
  const got = await kubernetes.get(home, call);
  return got.ok ? got.value.metadata.uid : UNSEEN;
}

/** How a cluster is: nodes, control plane, etcd members, leader, sizes, alarms. */
export const status = defineRunbook({
  id: 'status',
  version: 2,
  title: 'State of a cluster',
  params: Nothing,
  needs: ['etcd', 'kubernetes', 'backups'],
  steps: [statusStep],
  cleanups: [],
  locks: () => [],
  plan: planStatus,
});
