import { type CommandArguments, type CommandContext, defineCommand } from '../src/core/command.ts';
import type { JsonObject } from '../src/core/json.ts';
import { orderEtcdRun, reply } from '../src/core/order.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { usageOf } from '../src/core/parse/usage.ts';

const MOST_NOTE = 300;

/** `/kube backup <cluster> [member/NAME] [--note TEXT]` */
export const backup = defineCommand({
  name: 'backup',
  group: 'etcd',
  summary: 'Take a snapshot of etcd into the store of backups, and prove that it lies there whole.',
  details: [
    'A healthy member that does not lead gives it; which one, and why not another, is on the card. Reads and writes go on; while a member hashes its store, a write may wait for it. Where a node shell is configured, a privileged pod comes and goes on its node, for the static files; nothing else in the cluster is changed.',
    'What etcd sends is compared with the hash at its end, and what lies in the store is read back and compared: its content where the worker has the key, else as it was stored. Only then is it a backup.',
    'Then retention: what is beyond the limits is marked, and removed a day later. The newest good backup, and one on hold, are never removed.',
    'That it can be restored is shown by `/kube drill`.',
  ],
  examples: ['/kube backup prod', '/kube backup prod member/etcd-2', '/kube backup prod --note "before the upgrade"'],
  policyVerb: 'backup',
  arguments: {
    subject: 'cluster',
    targets: { kinds: ['member'], min: 0, max: 1 },
    flags: {
      note: { type: 'text', summary: 'What it is for; kept with the backup.', example: '"before the upgrade"' },
    },
    rest: null,
  },
  runbook: 'etcd-backup',
  handle: async (context, args) => {
    const { note } = args.flags;
    const text = `--note has at most ${MOST_NOTE} characters.`;
    return await Promise.resolve(
      typeof note === 'string' && note.length > MOST_NOTE
        ? reply(mistakeAnswer({ text, nearest: null, usage: usageOf(backup) }))
        : orderEtcdRun(context, 'etcd-backup', args, paramsOf(context, args)),
    );
  },
});

function paramsOf({ actor }: CommandContext, args: CommandArguments): JsonObject {
  const { note } = args.flags;
  return {
    member: args.targets[0]?.name ?? null,
    note: typeof note === 'string' && note.trim() !== '' ? note : null,
    by: `${actor.team}/${actor.user}`,
  };
}
