import { z } from 'zod';
import { type GateAnswer, healthGate } from '../../src/core/etcd/health-gate.ts';
import type { Ring } from '../../src/core/etcd/ring.ts';
import { unseenReport } from '../../src/core/etcd/ring-report.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { type AnyRunbook, defineRunbook, type PlanContext, type PlanDraft } from '../../src/core/runbook.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { type DefinedStep, defineStep, type StepContext } from '../../src/core/step.ts';
import { etcdBeyondReach } from './applicable.ts';
import { lookOf, readRing } from './read-ring.ts';

/** The part of a report that differs from one reading runbook to the next. */
export type ReportOn = (ring: Ring, gate: GateAnswer, context: StepContext<'etcd'>) => Omit<StateReport, 'at'>;

const Nothing = z.strictObject({});
type Nothing = z.infer<typeof Nothing>;

/** Identity of a ring that did not answer when the plan was made. A report is given all the same. */
export const UNSEEN = 'unreachable';

/**
 * A step that looks at the ring once and reports. A ring that does not answer, wholly or in part, is a report that says
 * so, not a failure.
 */
export function readStep(kind: `${string}@${number}`, title: string, reportOn: ReportOn): DefinedStep<Nothing> {
  return defineStep({
    kind,
    input: Nothing,
    state: Nothing,
    output: z.object({ report: StateReport }),
    needs: ['etcd'],
    risk: 'read',
    timeoutMs: () => 2 * 60_000,
    retry: { attempts: 3, backoffMs: 1000 },
    describe: () => title,
    items: () => [],
    initial: () => ({}),
    check: async () => await Promise.resolve({ kind: 'go' }),
    run: async (context) => {
      const report = await readReport(context, reportOn);
      return { kind: 'done', output: { report }, note: report.summary };
    },
    verify: async (_context, _input, output) =>
      await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
  });
}

/** Looks at the ring once and reports on it. A ring that does not answer is a report that says so. */
export async function readReport(context: StepContext<'etcd'>, reportOn: ReportOn): Promise<StateReport> {
  const { ring, trouble } = await readRing(lookOf(context));
  const at = context.nowIso();
  if (ring === null) return unseenReport(context.cluster.name, trouble, at);
  const gate = healthGate(ring, ring, { level: 'strict', nospaceAllowed: false });
  return { at, ...asFarAsSeen(reportOn(ring, gate, context), ring, trouble) };
}

/** The report as it is; of a list that came without quorum that and why, before everything else. */
export function asFarAsSeen(
  report: Omit<StateReport, 'at'>,
  { localList }: Ring,
  trouble: EtcdError | null,
): Omit<StateReport, 'at'> {
  if (!localList) return report;
  const note = `The ring has no quorum (${trouble?.message ?? 'nobody said why'}): this is the view of the members that answer.`;
  return {
    ...report,
    healthy: false,
    summary: 'The ring has no quorum: it takes no writes.',
    notes: [note, ...report.notes],
  };
}

/** A runbook of one reading step: no gate, no lock. */
export function readRunbook(id: string, title: string, step: DefinedStep<Nothing>): AnyRunbook {
  return defineRunbook({
    id,
    version: 1,
    title,
    params: Nothing,
    needs: ['etcd'],
    steps: [step],
    cleanups: [],
    locks: () => [],
    plan: async (context) => await planRead(context, step),
  });
}

async function planRead(context: PlanContext<'etcd'>, step: DefinedStep<Nothing>): Promise<PlanDraft> {
  const empty = { facts: {}, gates: [], checks: [], forecast: [], notes: [], before: [] };
  const beyondReach = etcdBeyondReach(context.cluster);
  if (beyondReach !== null) return { ...empty, identity: '', steps: [], checks: [beyondReach] };
  const list = await context.ports.etcd.members({ timeoutMs: 2000, signal: context.signal, linearizable: false });
  return {
    ...empty,
    identity: list.ok ? list.value.clusterId : UNSEEN,
    steps: [step.plan({})],
    forecast: ['Reads only.'],
  };
}
