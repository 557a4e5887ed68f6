import type { ReplaceCase } from '../../src/core/etcd/diagnosis/case.ts';
import type { Diagnosed, Diagnosis, MemberPlace } from '../../src/core/etcd/diagnosis/evidence.ts';
import type { PlannedRing } from '../../src/core/etcd/expected-ring.ts';
import type { Check, PlannedStep } from '../../src/core/plan.ts';
import type { MemberId } from '../../src/core/ports/etcd.ts';
import type { AnyCleanup, AnyWatch, DraftGate, PlanContext } from '../../src/core/runbook.ts';
import type { ReportTable } from '../../src/core/state-report.ts';
import type { AnyStep } from '../../src/core/step.ts';
import type { ReplaceFacts } from './input.ts';
import type { ReplaceParams } from './params.ts';

/** Ports that planning a replacement may use. */
export type ReplacePorts = 'etcd' | 'kubernetes' | 'management' | 'hosts' | 'backups';
/** What planning a replacement may use. */
export type ReplacePlanContext = PlanContext<ReplacePorts>;

/** A gate as a line asks for it; which step it opens before is where it stands. */
export type LineGate = Omit<DraftGate, 'beforeStep'>;

/** One line of a plan. */
export interface CaseLine {
  readonly step: PlannedStep;
  /** Blast radius and estimate, in words. */
  readonly forecast: string;
  /** ms; `null`: nobody can tell. */
  readonly estimateMs: number | null;
  /** Gates that open before it, in this order; absent: none. */
  readonly gates?: readonly LineGate[];
}

/** What the plan knows when the case is chosen. */
export interface CaseBasis {
  readonly case: ReplaceCase;
  readonly params: ReplaceParams;
  readonly diagnosis: Diagnosis;
  readonly planned: PlannedRing;
  /** The member to be replaced; `null`: it was removed before anybody asked, and the lines behind the removal are planned only. */
  readonly target: Diagnosed | null;
  /** Its name as the list has it, else that of its node; may be empty for an entry that was never started. */
  readonly name: string;
  readonly place: MemberPlace;
  /** Behind a removal on OpenShift: the Machine that was made already in place of its own. Absent: none. */
  readonly nextMachine?: string;
  /** Other voters that were seen dead by two observers, which the table allows: five voters, three well. */
  readonly alsoDead: readonly MemberId[];
}

/** Facts that a case adds. What it leaves out is `null` or empty. */
export type CaseFactsPart = Partial<
  Pick<ReplaceFacts, 'node' | 'machine' | 'newMachine' | 'secrets' | 'operatorVersion'>
>;

/** What a case plans. With a blocking check its lines do not count. */
export interface CasePlan {
  /** Between the watch and the alarms at the end; backup, watch, alarms, write probe and verification come from the runbook. */
  readonly lines: readonly CaseLine[];
  readonly checks: readonly Check[];
  readonly facts: CaseFactsPart;
  /** The first says which text it follows and where it differs. */
  readonly notes: readonly string[];
  readonly before?: readonly ReportTable[];
  /** Further locks, by the uid of the object of another cluster. */
  readonly locks?: readonly string[];
  /** What the last step looks at beside the ring; absent: the ring alone. */
  readonly expects?: VerifyExpectation;
}

/** What must hold of the place at the end, beside the ring. */
export interface VerifyExpectation {
  /** Nodes that must be Ready. */
  readonly nodes: readonly string[];
}

/** One way to replace a member. */
export interface CaseEntry {
  readonly id: ReplaceCase;
  /** Whether the member is watched before anything is removed: for all but left-overs. */
  readonly watches: boolean;
  plan(context: ReplacePlanContext, basis: CaseBasis): Promise<CasePlan>;
}

/** What a platform brings to the runbook. */
export interface CasePart {
  readonly cases: readonly CaseEntry[];
  /** Every step kind of its lines that is no shared one. */
  readonly steps: readonly AnyStep[];
  readonly cleanups: readonly AnyCleanup[];
  readonly watches: readonly AnyWatch[];
}
