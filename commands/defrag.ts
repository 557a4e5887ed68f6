import { type CommandArguments, defineCommand } from '../src/core/command.ts';
import type { JsonObject } from '../src/core/json.ts';
import { orderEtcdRun, reply } from '../src/core/order.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { usageOf } from '../src/core/parse/usage.ts';

const MOST_MEMBERS = 9;

/** `/kube defrag <cluster> [member/NAME …]` */
export const defrag = defineCommand({
  name: 'defrag',
  group: 'etcd',
  summary: 'Give free space inside the etcd files back, member by member, leader last.',
  details: [
    'Plans first and shows which members are worth it: less than half in use, over half of the quota, or a NOSPACE alarm. Another person approves the plan.',
    'A member answers nothing while it is defragmented (seconds, by its size). Health and quorum are checked again before each one; the first doubt stops the run.',
    'Never two members at once, never a second call to the same member, never a ring with a CORRUPT alarm.',
  ],
  examples: [
    '/kube defrag prod',
    '/kube defrag prod member/etcd-2',
    '/kube defrag prod --all --pause 2m',
    '/kube defrag prod --dry-run',
  ],
  policyVerb: 'defrag',
  arguments: {
    subject: 'cluster',
    targets: { kinds: ['member'], min: 0, max: MOST_MEMBERS },
    flags: {
      all: { type: 'switch', summary: 'All members, also those that are not worth it.' },
      'move-leader': { type: 'switch', summary: 'Move leadership away before the leader has its turn.' },
      pause: { type: 'duration', summary: 'Pause between members; without it, as configured (60s).', example: '60s' },
    },
    rest: null,
  },
  runbook: 'etcd-defrag',
  handle: async (context, args) =>
    args.flags['all'] === true && args.targets.length > 0
      ? reply(mistakeAnswer({ text: 'Name members or say --all, not both.', nearest: null, usage: usageOf(defrag) }))
      : orderEtcdRun(context, 'etcd-defrag', args, paramsOf(args)),
});

function paramsOf(args: CommandArguments): JsonObject {
  const { pause } = args.flags;
  return {
    members: args.targets.map((target) => target.name),
    all: args.flags['all'] === true,
    moveLeader: args.flags['move-leader'] === true,
    pauseMs: typeof pause === 'number' ? pause : null,
  };
}
