import { CORDONED_BY } from '../../src/core/drain/view.ts';
import { readNode } from '../../src/core/kubernetes/node.ts';
import type { Check } from '../../src/core/plan.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { sentence } from '../../src/core/sentence.ts';
import type { UndoRecord } from '../../src/core/undo-record.ts';
import {
  type AnyGroupProvider,
  EMPTY_PLAN,
  type GroupLine,
  type GroupPlan,
  type GroupPlanContext,
} from '../node-groups/provider.ts';
import { identityOf, unreadCheck } from '../steps/drain/cluster-of-nodes.ts';
import { type DrainedNode, NODE_CALL_MS, nodeRef } from '../steps/drain/drained-node.ts';
import { uncordonStep } from '../steps/drain/uncordon-step.ts';
import { draftOfLines } from '../upgrade/lines.ts';
import { areNewFirst, mergedLeaving, outlook } from '../upgrade/outlook.ts';
import type { UndoParams } from './params.ts';

/** How long it takes to uncordon, ms. */
const UNCORDON_MS = 5000;

/** What becomes of one record: lines, or why there are none. */
type Way =
  | { readonly kind: 'plan'; readonly record: UndoRecord; readonly plan: GroupPlan }
  | { readonly kind: 'nothing'; readonly words: string }
  | { readonly kind: 'refused'; readonly title: string; readonly why: string };

/** Lays out how what a run left is taken back, last first. Changes nothing. */
export async function planUndo(
  context: GroupPlanContext,
  params: UndoParams,
  providers: readonly AnyGroupProvider[],
  look: typeof outlook = outlook,
): Promise<PlanDraft> {
  const identity = await identityOf(context.ports.kubernetes, context.signal);
  if (!identity.ok) return { ...EMPTY, identity: '', checks: [unreadCheck(identity.error)], notes: [] };
  const ways: Way[] = [];
  for (const record of params.records) ways.push(await wayBack(context, params, record, providers));
  const possible = ways.filter((way) => way.kind === 'plan');
  const plans = possible.map(({ plan }) => plan);
  const each = plans.map((plan) => plan.leaving);
  const patches = plans.flatMap((plan) => plan.patches);
  const seen = await look(context, {
    leaving: mergedLeaving(each),
    newFirst: areNewFirst(each),
    patches,
    suspend: false,
  });
  const checks = [
    // What can be taken back is, and the plan says what stays.
    ...ways.flatMap((way) => (way.kind === 'refused' ? [refusal(way, possible.length > 0 ? 'warn' : 'block')] : [])),
    ...plans.flatMap((plan) => plan.checks),
    ...seen.checks,
  ];
  const blocked = checks.some(({ verdict }) => verdict === 'block');
  const lines = [...seen.linesBefore, ...plans.flatMap((plan) => plan.lines), ...seen.linesAfter];
  return {
    ...EMPTY,
    ...(blocked ? {} : draftOfLines(lines)),
    identity: identity.value,
    facts: { run: params.run, records: plans.map(({ facts }) => facts), outlook: seen.facts },
    checks,
    notes: [
      ...ways.flatMap((way) => (way.kind === 'nothing' ? [sentence(way.words)] : [])),
      ...plans.flatMap((plan) => plan.notes),
      ...seen.notes,
    ],
    before: [...plans.flatMap((plan) => plan.before), ...seen.before],
    locks: [...new Set(plans.flatMap((plan) => plan.locks))],
    files: seen.files,
  };
}

const EMPTY = { facts: {}, steps: [], gates: [], forecast: [], before: [] } as const;

async function wayBack(
  context: GroupPlanContext,
  { run }: UndoParams,
  record: UndoRecord,
  providers: readonly AnyGroupProvider[],
): Promise<Way> {
  if (record.kind === 'drain') return await uncordonPlan(context, run, record);
  const provider = providers.find(({ id }) => id === record.provider);
  if (provider === undefined)
    return refusedFor(record, `nobody by the name of ${record.provider} knows groups of nodes any more`);
  const plan = await provider.rollback(context, record.change);
  return 'refused' in plan ? refusedFor(record, plan.refused) : { kind: 'plan', record, plan };
}

function refusal({ title, why }: Extract<Way, { readonly kind: 'refused' }>, verdict: Check['verdict']): Check {
  return { id: 'undo', verdict, title, evidence: why };
}

function refusedFor({ group, what }: Extract<UndoRecord, { readonly kind: 'group' }>, why: string): Way {
  return { kind: 'refused', title: `${group} cannot be taken back`, why: `${what}: ${why}` };
}

async function uncordonPlan(
  { ports, signal }: GroupPlanContext,
  run: string,
  record: Extract<UndoRecord, { readonly kind: 'drain' }>,
): Promise<Way> {
  const looks = await Promise.all(
    record.nodes.map(async (node) => ({ node, ...(await lookAt(ports.kubernetes, node, run, signal)) })),
  );
  const unread = looks.find(({ is }) => is === 'unread');
  if (unread !== undefined)
    return { kind: 'refused', title: `${unread.node.name} could not be read`, why: unread.words };
  const ours = looks.filter(({ is }) => is === 'ours').map(({ node }) => node);
  const others = looks.filter(({ is }) => is === 'other').map(({ words }) => words);
  if (ours.length === 0) return { kind: 'nothing', words: others.join('; ') };
  return {
    kind: 'plan',
    record,
    plan: { ...EMPTY_PLAN, lines: [uncordonLine(ours, run)], facts: { uncordon: ours }, notes: others.map(sentence) },
  };
}

function uncordonLine(nodes: readonly DrainedNode[], run: string): GroupLine {
  return {
    step: uncordonStep.plan({ nodes: [...nodes], run }),
    forecast: 'New pods may be placed there again. Pods that left do not come back by themselves.',
    estimateMs: UNCORDON_MS * nodes.length,
  };
}

async function lookAt(
  kubernetes: GroupPlanContext['ports']['kubernetes'],
  { name, uid }: DrainedNode,
  run: string,
  signal: AbortSignal,
): Promise<{ readonly is: 'ours' | 'other' | 'unread'; readonly words: string }> {
  const got = await kubernetes.get(nodeRef(name), { timeoutMs: NODE_CALL_MS, signal });
  if (!got.ok && got.error.code !== 'not-found') return { is: 'unread', words: got.error.message };
  if (!got.ok || got.value.metadata.uid !== uid) return { is: 'other', words: `${name} is not there any more` };
  const { cordoned, annotations } = readNode(got.value);
  if (!cordoned) return { is: 'other', words: `${name} takes pods already` };
  if (annotations[CORDONED_BY] === run) return { is: 'ours', words: '' };
  return { is: 'other', words: `${name} was cordoned by somebody else since, and stays so` };
}
