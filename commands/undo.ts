import { z } from 'zod';
import { refusedAnswer } from '../src/core/answer.ts';
import { type CommandContext, type CommandReply, defineCommand } from '../src/core/command.ts';
import { Json } from '../src/core/json.ts';
import { orderRun, reply } from '../src/core/order.ts';
import type { RunRequest } from '../src/core/run-event.ts';
import type { RunState } from '../src/core/run-state.ts';
import { undoRecordsOf } from '../src/core/undo-record.ts';

/** How many of the newest undos of the cluster are looked through for an earlier one of the same run. */
const LOOK_AT = 500;

/** `/kube undo <run>` */
export const undo = defineCommand({
  name: 'undo',
  group: 'runs',
  summary: 'Take back what a run changed, with a plan and an approval of its own.',
  details: [
    'For upgrades of node groups and for drains, as long as that is possible; the plan says what will be put back, or why it cannot be.',
    'A control plane goes back only while none of its machines has a host at the new version. A topology of Cluster API does not go back at all.',
    'What somebody changed since then is not touched: the plan compares.',
    'It needs the right to what it takes back as well, and the approvals of whichever rule is stricter.',
  ],
  examples: ['/kube undo latest', '/kube undo upgrade-capi-7f3k --dry-run'],
  policyVerb: 'undo',
  arguments: { subject: 'run', targets: null, flags: {}, rest: null },
  runbook: 'undo',
  notScheduled: 'A run is undone once, when somebody has looked at it: that cannot be scheduled.',
  handle: async (context, args) => {
    const asked = args.subject ?? '';
    const run = await context.desk.find(asked);
    if (run === null || run.request === null) return reply(refusedAnswer('unknown-run', `You asked for "${asked}".`));
    const why = await speaksAgainst(context, run, run.request.cluster);
    if (why !== null) return reply(refusedAnswer('cannot-undo', why));
    return orderUndo(context, args, run, run.request);
  },
});

async function speaksAgainst({ desk }: CommandContext, run: RunState, cluster: string): Promise<string | null> {
  if (run.ended === null) return `${run.id} has not ended: cancel it first, or wait for its end.`;
  if (run.request?.runbook === 'undo')
    return `${run.id} is an undo itself: ask for the upgrade or the drain anew instead.`;
  if (undoRecordsOf(run).length === 0)
    return `${run.id} changed nothing that can be taken back. Upgrades of node groups and drains can be.`;
  const undos = await desk.list({ cluster, limit: LOOK_AT, runbook: 'undo' });
  const earlier = undos.find((each) => undoes(each, run.id));
  if (earlier === undefined) return null;
  return earlier.ended === null ? `${earlier.id} is undoing it now.` : `${earlier.id} has undone it.`;
}

const OfRun = z.looseObject({ run: z.string() });

/** Whether a run undoes another one, or has. */
function undoes({ request, ended }: RunState, run: string): boolean {
  if (request?.runbook !== 'undo' || request.dryRun) return false;
  return OfRun.safeParse(request.params).data?.run === run && (ended === null || ended.outcome === 'succeeded');
}

function orderUndo(
  { actor }: CommandContext,
  args: Parameters<typeof orderRun>[1],
  run: RunState,
  { cluster, policyVerb }: RunRequest,
): CommandReply {
  const records = undoRecordsOf(run).map((record) => Json.parse(record));
  const params = { run: run.id, records, by: `${actor.team}/${actor.user}` };
  const ordered = orderRun('undo', { ...args, subject: cluster }, params);
  return ordered.kind === 'run' ? { ...ordered, order: { ...ordered.order, undoes: policyVerb } } : ordered;
}
