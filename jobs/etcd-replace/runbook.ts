import { accessTrouble, wayTrouble } from '../../src/core/etcd/access.ts';
import type { CaseChoice } from '../../src/core/etcd/diagnosis/case.ts';
import { chooseCase } from '../../src/core/etcd/diagnosis/choose-case.ts';
import type { Diagnosis } from '../../src/core/etcd/diagnosis/evidence.ts';
import { diagnosisTable } from '../../src/core/etcd/diagnosis/report.ts';
import { hasAlarm } from '../../src/core/etcd/ring.ts';
import { ringLock } from '../../src/core/lock.ts';
import type { Check } from '../../src/core/plan.ts';
import type { EtcdError } from '../../src/core/ports/etcd.ts';
import { defineRunbook, type PlanDraft } from '../../src/core/runbook.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import { deleteProbe, writeProbeStep } from '../etcd-defrag/write-probe-step.ts';
import { addLearnerStep } from '../steps/add-learner-step.ts';
import { etcdBeyondReach } from '../steps/applicable.ts';
import { backupFirstCleanups, backupFirstSteps } from '../steps/backup-first.ts';
import { dropLearnerCleanup } from '../steps/drop-learner.ts';
import { moveLeaderStep } from '../steps/move-leader-step.ts';
import { pauseForeignStep, resumeForeignCleanup } from '../steps/pause-foreign-step.ts';
import { promoteStep } from '../steps/promote-step.ts';
import { readDiagnosis } from '../steps/read-diagnosis.ts';
import { removeMemberStep } from '../steps/remove-member-step.ts';
import { settleAlarmsStep } from '../steps/settle-alarms-step.ts';
import { watchTargetStep } from '../steps/watch-target-step.ts';
import { serviceOn } from './bare/host-changes.ts';
import type { ReplacePlanContext } from './case-plan.ts';
import { caseCleanups, caseSteps, caseWatches } from './cases.ts';
import { hostMachine } from './machine.ts';
import { ReplaceParams } from './params.ts';
import { type PastRings, readPastRings } from './past-rings.ts';
import { planCase } from './plan-case.ts';
import { readOpenshiftPlace } from './read-openshift-place.ts';
import { isUnknown, type ResolvedTarget, resolveTarget } from './resolve-target.ts';
import { setAsideDataStep } from './set-aside-data-step.ts';
import { startMemberStep } from './start-member-step.ts';
import { stopMemberStep } from './stop-member-step.ts';
import { unfinishedSwap } from './unfinished-swap.ts';
import { replaceVerifyStep } from './verify.ts';

/** Data up to this size are compared when the plan is made, bytes: more would hold up writes for too long. */
const HASH_UP_TO_BYTES = 1024 ** 3;
const HASH_MS = 20_000;
/** Looks at a sick member before it is called sick. */
const LOOKS = 3;
/** A kubelet tells of the end of a container some seconds after it, ms. */
const SETTLE_MS = 15_000;

/** Replaces a member of an etcd ring: backup, watch, removal, the new member by whoever makes it on this platform, verification. */
export const etcdReplace = defineRunbook({
  id: 'etcd-replace',
  version: 1,
  title: 'Replace an etcd member',
  params: ReplaceParams,
  needs: ['etcd', 'kubernetes', 'management', 'hosts', 'backups'],
  steps: [
    ...backupFirstSteps,
    pauseForeignStep,
    watchTargetStep,
    moveLeaderStep,
    removeMemberStep,
    addLearnerStep,
    promoteStep,
    settleAlarmsStep,
    writeProbeStep,
    stopMemberStep,
    setAsideDataStep,
    startMemberStep,
    replaceVerifyStep,
    ...caseSteps,
  ],
  cleanups: [...backupFirstCleanups, dropLearnerCleanup, resumeForeignCleanup, deleteProbe, ...caseCleanups],
  watches: caseWatches,
  locks: (cluster) => [ringLock(cluster)],
  plan: async (context, params) => await planReplace(context, params),
});

/** Diagnoses the ring, finds the member and the case, and lays out the lines. Changes nothing. */
async function planReplace(context: ReplacePlanContext, params: ReplaceParams): Promise<PlanDraft> {
  const { cluster } = context;
  const obstacle = etcdBeyondReach(cluster);
  if (obstacle !== null) return refused([obstacle], [], []);
  const { diagnosis, trouble, places } = await readDiagnosis(context, {
    looks: LOOKS,
    everyMs: cluster.defrag.sampleMs,
    everyLook: true,
    settleMs: SETTLE_MS,
    hashUpToBytes: HASH_UP_TO_BYTES,
    hashMs: HASH_MS,
  });
  if (diagnosis === null) return refused([unseen(trouble)], [], []);
  const before = [diagnosisTable(diagnosis)];
  const past = await pastOf(context, params, diagnosis);
  const resolved = resolveTarget({ diagnosis, places, past }, cluster.platform, params);
  if (!resolved.ok)
    return refused([block('target', 'The member is not named clearly', resolved.why)], before, diagnosis.unseen);
  const placed = await placeOf(context, resolved);
  const choice = await choose(context, params, diagnosis, placed);
  if (choice.kind === 'refused')
    return refused([block(choice.check, REFUSAL_TITLES[choice.check], choice.why)], before, diagnosis.unseen);
  const unfinished = choice.case === 'swap' ? unfinishedSwap(diagnosis, resolved.diagnosed, past) : null;
  if (unfinished !== null) return refused([unfinished], before, diagnosis.unseen);
  const draft = await planCase(context, params, { diagnosis, resolved: placed, choice });
  return { ...draft, before: [...before, ...draft.before] };
}

/** Only an unknown name asks for a record of it, and a swap for that of an earlier one. */
async function pastOf(
  { ports, signal }: ReplacePlanContext,
  params: ReplaceParams,
  diagnosis: Diagnosis,
): Promise<PastRings> {
  if (!isUnknown(diagnosis, params) && !params.overHealthy) return { ok: true, rings: [] };
  return await readPastRings(ports.backups, diagnosis.ring.clusterId, signal);
}

/** The host of a member that was removed before is no part of the ring: whether it lets us in is asked here. */
async function placeOf(context: ReplacePlanContext, resolved: Resolved): Promise<Resolved> {
  const { facts } = context.ports.hosts;
  const { target, place } = resolved;
  if (target.kind !== 'removed' || facts === null || place.host === null) return resolved;
  const state = await serviceOn(hostMachine(context, place.host), facts);
  if (!state.ok || state.value.load !== 'loaded') return resolved;
  const reached = { ...place, nodeState: 'ready', hostState: 'reached' } as const;
  return { ...resolved, place: reached, target: { ...target, place: reached } };
}

type Resolved = Extract<ResolvedTarget, { readonly ok: true }>;

const REFUSAL_TITLES = {
  'target-healthy': 'The member is healthy',
  restore: 'This is a restore, not a replacement',
  case: 'No procedure fits',
  alarms: 'A CORRUPT alarm is active',
} as const;

async function choose(
  { cluster, ports, signal }: ReplacePlanContext,
  params: ReplaceParams,
  diagnosis: Diagnosis,
  { target }: Resolved,
): Promise<CaseChoice> {
  return chooseCase({
    cluster,
    members: diagnosis.members,
    target,
    overHealthy: params.overHealthy,
    corruptAlarm: hasAlarm(diagnosis.ring, 'CORRUPT'),
    reach: { nodeShell: (cluster.nodeShell ?? null) !== null, hosts: ports.hosts.facts !== null },
    openshift: cluster.platform === 'openshift' ? await readOpenshiftPlace(ports.kubernetes, signal) : null,
  });
}

function unseen(trouble: EtcdError | null): Check {
  const evidence = trouble?.message ?? 'nobody said why';
  const noAccess = accessTrouble(trouble);
  if (noAccess !== null) return block('access', noAccess, evidence);
  return block('reachable', wayTrouble(trouble) ?? 'Cluster unreachable', evidence);
}

function block(id: string, title: string, evidence: string): Check {
  return { id, verdict: 'block', title, evidence };
}

function refused(checks: readonly Check[], before: readonly ReportTable[], notes: readonly string[]): PlanDraft {
  return { identity: '', facts: {}, steps: [], gates: [], checks, forecast: [], notes, before };
}
