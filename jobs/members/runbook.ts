import { z } from 'zod';
import { diagnosisReport } from '../../src/core/etcd/diagnosis/report.ts';
import { healthGate } from '../../src/core/etcd/health-gate.ts';
import { unseenReport } from '../../src/core/etcd/ring-report.ts';
import { StateReport } from '../../src/core/state-report.ts';
import { defineStep, type StepContext } from '../../src/core/step.ts';
import { type DiagnosisOrder, readDiagnosis } from '../steps/read-diagnosis.ts';
import { asFarAsSeen, readRunbook } from '../steps/read-runbook.ts';

/** Data up to this size are compared with each look, bytes: to hash it takes a fraction of a second. Backups and replacements compare all. */
const HASH_UP_TO_BYTES = 64 * 1024 ** 2;

const Nothing = z.strictObject({});

const membersStep = defineStep({
  kind: 'etcd.read-members@1',
  input: Nothing,
  state: Nothing,
  output: z.object({ report: StateReport }),
  needs: ['etcd', 'kubernetes', 'management', 'hosts'],
  risk: 'read',
  timeoutMs: () => 4 * 60_000,
  retry: { attempts: 3, backoffMs: 1000 },
  describe: () => 'Read the member list, what each member says of itself, and where it runs',
  items: () => [],
  initial: () => ({}),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context) => {
    const report = await readMembers(context);
    return { kind: 'done', output: { report }, note: report.summary };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

async function readMembers(context: StepContext<'etcd' | 'kubernetes' | 'management' | 'hosts'>): Promise<StateReport> {
  const { cluster } = context;
  const order: DiagnosisOrder = {
    looks: 2,
    everyMs: cluster.defrag.sampleMs,
    hashUpToBytes: HASH_UP_TO_BYTES,
    hashMs: 20_000,
  };
  const { diagnosis, trouble } = await readDiagnosis(context, order);
  const at = context.nowIso();
  if (diagnosis === null) return unseenReport(cluster.name, trouble, at);
  const { ring } = diagnosis;
  const gate = healthGate(ring, ring, { level: 'strict', nospaceAllowed: false });
  return { at, ...asFarAsSeen(diagnosisReport(diagnosis, gate, cluster.name), ring, trouble) };
}

/** Who the members of the ring are, how far they are, and how each of them is. */
export const members = readRunbook('members', 'Members of the etcd ring', membersStep);
