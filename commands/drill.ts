import { readBackupName } from '../src/core/backup/chosen-backup.ts';
import { defineCommand } from '../src/core/command.ts';
import { orderRun, reply } from '../src/core/order.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { usageOf } from '../src/core/parse/usage.ts';

/** `/kube drill <cluster> [backup/ID|latest]` */
export const drill = defineCommand({
  name: 'drill',
  group: 'etcd',
  summary: 'Restore a backup in a throw-away etcd and say whether it is what it should be.',
  details: [
    'The backup is restored, opened and counted on the worker, compared with its manifest, and removed again. The cluster is not touched.',
    'Without a name it takes the newest good backup. What was found is stored beside the backup: a failed drill marks it as damaged.',
    'It proves that etcd starts on the backup and holds what it held. No API server is started on it.',
  ],
  examples: ['/kube drill prod', '/kube drill prod latest', '/kube drill prod backup/prod-20261122005130-7f3k'],
  policyVerb: 'drill',
  arguments: {
    subject: 'cluster',
    targets: null,
    flags: {},
    rest: { name: 'backup/ID|latest', required: false, isName: true },
  },
  runbook: 'etcd-drill',
  handle: async (_context, args) => {
    const named = readBackupName(args.subject ?? '', args.rest);
    return named.ok
      ? orderRun('etcd-drill', args, { backup: named.name })
      : reply(mistakeAnswer({ text: named.mistake, nearest: null, usage: usageOf(drill) }));
  },
});
