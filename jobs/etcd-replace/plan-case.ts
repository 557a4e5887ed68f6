import type { CaseChoice, ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import type { Diagnosis } from '../../src/core/etcd/diagnosis/evidence.ts';
import { plannedRing } from '../../src/core/etcd/expected-ring.ts';
import { JsonObject } from '../../src/core/json.ts';
import { MACHINE_KIND, MACHINE_NAMESPACE } from '../../src/core/openshift/machine.ts';
import type { Check } from '../../src/core/plan.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { writeProbeStep } from '../etcd-defrag/write-probe-step.ts';
import { planBackupFirst } from '../steps/backup-first.ts';
import { pauseForeignStep } from '../steps/pause-foreign-step.ts';
import { settleAlarmsStep } from '../steps/settle-alarms-step.ts';
import { watchTargetStep } from '../steps/watch-target-step.ts';
import { assemble } from './assemble.ts';
import { behindRemoval } from './behind-removal.ts';
import type { CaseBasis, CaseEntry, CaseLine, CasePlan, ReplacePlanContext } from './case-plan.ts';
import { entryOf } from './cases.ts';
import { alsoDeadOf, ringChecks } from './checks.ts';
import type { ReplaceFacts } from './input.ts';
import { line, removalKindOf, targetOf } from './lines.ts';
import type { ReplaceParams } from './params.ts';
import { planCertificates } from './plan-certificates.ts';
import { planExpectedBack } from './plan-expected-back.ts';
import { type ForeignPlan, planForeign } from './plan-foreign.ts';
import type { ResolvedTarget } from './resolve-target.ts';
import { replaceVerifyStep } from './verify.ts';

/** What was found out before the case is planned. */
export interface CaseFound {
  readonly diagnosis: Diagnosis;
  readonly resolved: Extract<ResolvedTarget, { readonly ok: true }>;
  readonly choice: Extract<CaseChoice, { readonly kind: 'case' }>;
}

/** Plans backup, pauses, watch, the lines of the case, and the end that all cases share. */
export async function planCase(
  context: ReplacePlanContext,
  params: ReplaceParams,
  { diagnosis, resolved, choice }: CaseFound,
): Promise<PlanDraft> {
  const entry = entryOf(choice.case);
  if (entry === null) throw new Error(`there is no entry of case ${choice.case}`);
  const { cluster } = context;
  const { ring } = diagnosis;
  const basis = basisOf(params, { diagnosis, resolved, choice });
  const [foreign, own, back, certificates, backup] = await Promise.all([
    planForeign(context, choice.case, { machine: basis.place.machine ?? nextMachineOf(basis) }),
    entry.plan(context, basis),
    planExpectedBack(context, basis),
    planCertificates(context, diagnosis, basis.target),
    planBackupFirst(context, {
      first: ring,
      ring,
      named: params.backup,
      maxAgeMs: cluster.replace.backupAgeMs,
      by: params.by,
      note: `before the replacement of ${resolved.name}`,
    }),
  ]);
  const checks: readonly Check[] = [
    caseCheck(choice),
    ...ringChecks(diagnosis, choice.case, resolved.diagnosed),
    ...back,
    ...certificates,
    ...backup.checks,
    ...foreign.checks,
    ...own.checks,
  ];
  const isBlocked = checks.some(({ verdict }) => verdict === 'block');
  const lines = isBlocked
    ? []
    : [
        ...backup.lines,
        ...pauseLines(basis, foreign),
        ...watchLines(context, basis, entry),
        ...(basis.target === null ? behindRemoval(own.lines) : own.lines),
        ...endLines(context, basis, own),
      ];
  return {
    identity: ring.clusterId,
    facts: JsonObject.parse(factsOf(basis, own, foreign)),
    ...assemble(lines),
    gateFirst: true,
    ...(own.locks === undefined ? {} : { locks: own.locks }),
    checks,
    notes: [...own.notes, ...diagnosis.unseen, ...backup.notes],
    before: [...(own.before ?? [])],
  };
}

function basisOf(params: ReplaceParams, { diagnosis, resolved, choice }: CaseFound): CaseBasis {
  return {
    case: choice.case,
    params,
    diagnosis,
    planned: plannedRing(diagnosis.ring),
    target: resolved.diagnosed,
    name: resolved.name,
    place: resolved.place,
    ...nextOf(resolved),
    alsoDead: alsoDeadOf(diagnosis, resolved.diagnosed?.member.id ?? null),
  };
}

function nextOf({ target }: CaseFound['resolved']): Pick<CaseBasis, 'nextMachine'> {
  return target.kind === 'removed' && target.nextMachine !== undefined ? { nextMachine: target.nextMachine } : {};
}

/** Nobody deletes it for its node's sake while it is waited for. */
function nextMachineOf({ nextMachine }: CaseBasis): Parameters<typeof planForeign>[2]['machine'] {
  const { apiVersion } = MACHINE_KIND;
  return nextMachine === undefined ? null : { apiVersion, namespace: MACHINE_NAMESPACE, name: nextMachine };
}

function caseCheck({ case: id, why, warnings }: CaseFound['choice']): Check {
  const title = CASE_TITLES[id];
  return warnings.length === 0
    ? { id: 'case', verdict: 'pass', title, evidence: why }
    : { id: 'case', verdict: 'warn', title, evidence: [why, ...warnings].join(' ') };
}

const CASE_TITLES = {
  'ocp-machine': 'OpenShift, with its machine: a new one is made from its description',
  'ocp-machine-cpms': 'OpenShift, with its machine: the ControlPlaneMachineSet makes a new one',
  'ocp-host': 'OpenShift: a person builds the host anew',
  'ocp-pod': 'OpenShift, on the same node: pod and data anew',
  'kubeadm-place': 'kubeadm, on the same node: data anew',
  'kubeadm-host': 'kubeadm: a person joins a node in its place',
  kcp: 'Cluster API: the KubeadmControlPlane replaces the machine',
  'eksa-etcd': 'External etcd of EKS Anywhere: its controller replaces the machine',
  'ring-place': 'Bare ring, on the same host: data anew',
  'ring-host': 'Bare ring: a person builds the host anew',
  'drop-unstarted': 'Only its entry goes: it was never started',
  'drop-learner': 'Only its entry goes: it does not vote',
  swap: 'A planned swap: the new member first',
} as const satisfies Readonly<Record<ReplaceCase, string>>;

function pauseLines({ planned, target, alsoDead }: CaseBasis, { pauses }: ForeignPlan): readonly CaseLine[] {
  if (pauses.length === 0) return [];
  const input = {
    ring: planned,
    mayJoin: null,
    targetId: target?.member.id ?? null,
    alsoDead: [...alsoDead],
    pauses: [...pauses],
  };
  return [line(pauseForeignStep.plan(input), 'Nothing of the ring; put back in every ending.', 5000)];
}

function watchLines({ cluster }: ReplacePlanContext, basis: CaseBasis, { watches }: CaseEntry): readonly CaseLine[] {
  const target = targetOf(basis);
  const why = removalKindOf(basis);
  if (!watches || why === 'swap') return [];
  const { watchMs } = cluster.replace;
  const step = watchTargetStep.plan({
    ring: basis.planned,
    mayJoin: null,
    target,
    why,
    alsoDead: [...basis.alsoDead],
    watchMs,
  });
  return [line(step, 'Reads only.', watchMs)];
}

/** Alarms, one write, the whole ring. */
function endLines({ cluster }: ReplacePlanContext, basis: CaseBasis, own: CasePlan): readonly CaseLine[] {
  const { planned, alsoDead, target } = basis;
  const isLeftover = basis.case === 'drop-unstarted' || basis.case === 'drop-learner';
  const votersNow = planned.members.filter(({ learner }) => !learner).length;
  const added = target === null ? 1 : 0;
  const gone = isLeftover && target?.member.learner === false ? 1 : 0;
  const operated = cluster.platform !== 'etcd' && cluster.platform !== 'kubeadm';
  const verify = replaceVerifyStep.plan({
    ring: planned,
    mayJoin: null,
    voters: votersNow + added - gone,
    alsoDead: [...alsoDead],
    nodes: [...(own.expects?.nodes ?? [])],
    stillMs: operated ? cluster.replace.stillMs : 0,
  });
  return [
    line(settleAlarmsStep.plan({ ring: planned, mayJoin: null }), 'Reads only.', 10_000),
    line(writeProbeStep.plan({}), 'One small key, written and deleted.', 1000),
    line(verify, 'Each voter hashes its whole store once; a write may wait for it meanwhile.', 30_000),
  ];
}

function factsOf(basis: CaseBasis, own: CasePlan, { ids }: ForeignPlan): ReplaceFacts {
  const { planned, name, place } = basis;
  const target = targetOf(basis);
  const { node = null, machine = null, newMachine = null, secrets = [], operatorVersion = null } = own.facts;
  return {
    ring: planned,
    target: target ?? { id: null, name, peerUrls: place.peerUrl === '' ? [] : [place.peerUrl] },
    case: basis.case,
    node,
    machine,
    newMachine,
    secrets,
    operatorVersion,
    foreign: [...ids],
    etcdVersions: [...new Set(planned.members.map(({ version }) => version))].filter((each) => each !== '').toSorted(),
  };
}
