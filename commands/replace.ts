import { readBackupName } from '../src/core/backup/chosen-backup.ts';
import { type CommandArguments, type CommandContext, defineCommand } from '../src/core/command.ts';
import type { JsonObject } from '../src/core/json.ts';
import { orderEtcdRun, reply } from '../src/core/order.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { usageOf } from '../src/core/parse/usage.ts';

/** `/kube replace <cluster> member/M|node/N [--backup ID] [--over-healthy] [--peer-url URL]` */
export const replace = defineCommand({
  name: 'replace',
  group: 'etcd',
  summary: 'Replace an etcd member that is sick, by the way that fits its platform and its sickness.',
  details: [
    'Says first how each member is and from what that is concluded, and which procedure fits; refuses when none does: the member is healthy, too few others are (that is a restore), or only our own connection speaks against it.',
    'A fresh backup comes first, or a recent one that you name. Then the member is watched for a while: one that comes back is not replaced.',
    'Before it is removed, somebody types its name and id, and before a machine is deleted, the name of the machine; where Cluster API replaces both, that name alone. From the removal on it only goes forward, and the card says at each step how many may still fail.',
    'Never removes a member while another one is not well, never starts a new one beside an old process that may still run, never clears a finalizer, an alarm of corruption or somebody else’s hook.',
  ],
  examples: [
    '/kube replace prod member/etcd-2',
    '/kube replace prod node/cp-2 --dry-run',
    '/kube replace prod member/etcd-2 --backup latest',
    '/kube replace edge member/m-2 --peer-url https://10.0.0.14:2380',
  ],
  policyVerb: 'replace',
  arguments: {
    subject: 'cluster',
    targets: { kinds: ['member', 'node'], min: 1, max: 1 },
    flags: {
      backup: {
        type: 'text',
        summary: 'Rely on this backup, an hour old at most, instead of taking one.',
        example: 'latest',
      },
      'over-healthy': {
        type: 'switch',
        summary: 'A planned swap of a member that is healthy: the new one comes first.',
      },
      'peer-url': {
        type: 'text',
        summary: 'Bare ring: peer URL of the new member, when it is to be on another host.',
        example: 'https://10.0.0.14:2380',
      },
    },
    rest: null,
  },
  runbook: 'etcd-replace',
  notScheduled:
    'A member is replaced because it is sick, and people type its name each time: that cannot be scheduled.',
  handle: async (context, args) => {
    const mistake = mistakeIn(args);
    return await Promise.resolve(
      mistake === null
        ? orderEtcdRun(context, 'etcd-replace', args, paramsOf(context, args))
        : reply(mistakeAnswer({ text: mistake, nearest: null, usage: usageOf(replace) })),
    );
  },
});

function mistakeIn({ subject, flags }: CommandArguments): string | null {
  const { backup, 'peer-url': peerUrl } = flags;
  const named = typeof backup === 'string' ? readBackupName(subject ?? '', backup) : null;
  if (named?.ok === false) return named.mistake;
  if (typeof peerUrl === 'string' && !/^https?:\/\/[^\s/]+:\d+\/?$/.test(peerUrl))
    return `${peerUrl} is no peer URL: write https://HOST:2380.`;
  return null;
}

function paramsOf({ actor }: CommandContext, { subject, targets, flags }: CommandArguments): JsonObject {
  const { backup, 'peer-url': peerUrl } = flags;
  const [target = { kind: 'member', name: '' }] = targets;
  const named = typeof backup === 'string' ? readBackupName(subject ?? '', backup) : null;
  return {
    target: { kind: target.kind, name: target.name },
    backup: named?.ok === true ? named.name : null,
    overHealthy: flags['over-healthy'] === true,
    peerUrl: typeof peerUrl === 'string' ? peerUrl.replace(/\/$/, '') : null,
    by: `${actor.team}/${actor.user}`,
  };
}
