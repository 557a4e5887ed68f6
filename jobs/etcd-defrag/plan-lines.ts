import type { ClusterProfile } from '../../src/core/cluster-profile.ts';
import { estimateDefragMs } from '../../src/core/etcd/estimate.ts';
import { mayTakeMemberOut } from '../../src/core/etcd/health-gate.ts';
import { identityOf } from '../../src/core/etcd/identity.ts';
import { orderMembers } from '../../src/core/etcd/order.ts';
import { type Ring, type RingMember, votersOf } from '../../src/core/etcd/ring.ts';
import type { Selection } from '../../src/core/etcd/selection.ts';
import type { PlannedStep } from '../../src/core/plan.ts';
import type { PlanContext } from '../../src/core/runbook.ts';
import { formatSpan } from '../../src/core/time.ts';
import { compactStep } from './compact-step.ts';
import { defragmentStep } from './defragment-step.ts';
import { disarmStep } from './disarm-step.ts';
import type { DefragInput } from './input.ts';
import type { DefragParams } from './params.ts';
import { verifyRingStep } from './verify-ring-step.ts';
import { writeProbeStep } from './write-probe-step.ts';

/** Steps of a plan with one line of forecast each. */
export interface PlanLines {
  readonly steps: readonly PlannedStep[];
  readonly forecast: readonly string[];
  readonly estimatesMs: readonly number[];
}

interface Line {
  readonly step: PlannedStep;
  readonly forecast: string;
  readonly estimateMs: number;
}

/** Lays out the steps: defragment and verify; under a NOSPACE alarm in the order that clears it. */
export function planLines(
  context: PlanContext<'etcd'>,
  params: DefragParams,
  ring: Ring,
  selection: Selection,
  nospace: boolean,
): PlanLines {
  const base = { ring: identityOf(ring) };
  const pauseMs = params.pauseMs ?? context.cluster.defrag.pauseMs;
  const input: DefragInput = {
    ...base,
    members: selection.selected.map(({ member }) => ({ id: member.id, label: member.label })),
    moveLeader: params.moveLeader,
    pauseMs,
    answerWithinMs: context.cluster.defrag.answerWithinMs,
    nospace,
  };
  const defragment: Line = {
    step: defragmentStep.plan(input),
    forecast: forecast(ring, input, context.cluster.defrag.sampleMs),
    estimateMs: wholeMs(orderMembers(ring, idsOf(input)), input, context.cluster.defrag.sampleMs),
  };
  const { sampleMs } = context.cluster.defrag;
  const verify: Line = { step: verifyRingStep.plan(base), forecast: 'Reads only.', estimateMs: sampleMs };
  const lines: readonly Line[] = nospace
    ? [
        {
          step: compactStep.plan(base),
          forecast: 'Reads and writes go on; reads of revisions before now fail from then on.',
          estimateMs: sampleMs,
        },
        defragment,
        { step: disarmStep.plan(base), forecast: disarmWords(context.cluster), estimateMs: sampleMs },
        { step: writeProbeStep.plan({}), forecast: 'One small key for a moment.', estimateMs: sampleMs },
        verify,
      ]
    : [defragment, verify];
  return {
    steps: lines.map((line) => line.step),
    forecast: lines.map((line) => line.forecast),
    estimatesMs: lines.map((line) => line.estimateMs),
  };
}

/** etcdctl knows no single entry. */
function disarmWords({ etcdAccess }: ClusterProfile): string {
  const how =
    etcdAccess === 'exec' ? ' One call clears the entries of all members, and is not made beside another alarm.' : '';
  return `The ring takes writes again.${how}`;
}

/** What the members' turns mean for clients, in the order they would have now. */
function forecast(ring: Ring, input: DefragInput, sampleMs: number): string {
  const order = orderMembers(ring, idsOf(input));
  const inAll = `In all about ${formatSpan(wholeMs(order, input, sampleMs))}.`;
  return `${turnWords(order)}; ${quorumWords(ring, order)}. ${inAll}`;
}

/** Who answers nothing, and for how long. Equal turns are told once. */
function turnWords(order: readonly RingMember[]): string {
  const turns = order.map((each) => ({
    name: `${each.label}${each.isLeader ? ' (leader now)' : ''}`,
    span: formatSpan(estimateOf(each)),
  }));
  const [first] = turns;
  if (first !== undefined && turns.length > 1 && turns.every((turn) => turn.span === first.span)) {
    const names = turns.map((turn) => turn.name).join(', then ');
    return `One at a time answers nothing for about ${first.span}: ${names}`;
  }
  return turns.map((turn) => `${turn.name} answers nothing for about ${turn.span}`).join(', then ');
}

function idsOf(input: DefragInput): readonly string[] {
  return input.members.map((each) => each.id);
}

function wholeMs(order: readonly RingMember[], input: DefragInput, sampleMs: number): number {
  const turnsMs = order.reduce((sum, each) => sum + estimateOf(each), 0);
  return turnsMs + order.length * sampleMs + (order.length - 1) * input.pauseMs;
}

function estimateOf(each: RingMember): number {
  return estimateDefragMs(each.status?.dbSizeInUseBytes ?? 0);
}

function quorumWords(ring: Ring, order: readonly RingMember[]): string {
  const voters = votersOf(ring).length;
  const answers = order.map((each) => mayTakeMemberOut(ring, each.id));
  const [first] = answers;
  if (first === undefined || answers.some((answer) => answer.kind === 'refused')) return 'quorum would be lost';
  if (answers.some((answer) => answer.kind === 'outage')) {
    return voters === 1
      ? 'it is the only member: the API is unavailable meanwhile'
      : `the ring of ${voters} has no quorum meanwhile: the API is unavailable`;
  }
  return `the ring of ${voters} keeps ${first.left} voters each time and needs ${first.needed}`;
}
