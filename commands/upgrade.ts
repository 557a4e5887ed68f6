import { readBackupName } from '../src/core/backup/chosen-backup.ts';
import { type CommandArguments, type CommandContext, defineCommand } from '../src/core/command.ts';
import type { JsonObject } from '../src/core/json.ts';
import { exactVersion } from '../src/core/kubernetes/version.ts';
import { orderNodesRun, reply } from '../src/core/order.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { usageOf } from '../src/core/parse/usage.ts';

const MOST_GROUPS = 20;

/** `/kube upgrade <cluster> controlplane|nodegroup/G …|all --to V` */
export const upgrade = defineCommand({
  name: 'upgrade',
  group: 'nodes',
  summary: 'Move the control plane or node groups to another version of Kubernetes.',
  details: [
    'Says before the click what would block it: skew, removed APIs in use, budgets, capacity, health, webhooks, and whoever would change it back. `--dry-run` shows all of that and changes nothing.',
    'One minor version at a time, the control plane first, then one group after another. Of several, the first one is the canary: somebody says go on before the next.',
    'Where Cluster API is told to end a drain after some time (`nodeDrainTimeout`), it takes the machine then although a budget holds its pods. The plan says so, and is refused while a budget lets nothing go.',
    'It is done when the version was seen on every machine and node, whatever their owner says of itself.',
    'Never goes back to an older version (`/kube undo` is for that, where it is possible), never passes over a budget itself, and never changes an object that somebody keeps in Git behind their back.',
  ],
  examples: [
    '/kube upgrade capi controlplane --to v1.31.4',
    '/kube upgrade capi nodegroup/md-0 --to v1.31.4 --dry-run',
    '/kube upgrade capi all --to v1.31.4 --canary md-0',
  ],
  policyVerb: 'upgrade',
  policyKinds: ['controlplane', 'nodegroup', 'all'],
  arguments: {
    subject: 'cluster',
    targets: { kinds: ['nodegroup'], words: ['controlplane', 'all'], min: 1, max: MOST_GROUPS },
    flags: {
      to: { type: 'text', summary: 'The version, whole. It has to be there.', example: 'v1.31.4', required: true },
      canary: { type: 'text', summary: 'The group that goes first; without it, the first by name.', example: 'md-0' },
      backup: {
        type: 'text',
        summary: 'Rely on this backup, an hour old at most, instead of taking one. Control plane only.',
        example: 'latest',
      },
      image: {
        type: 'text',
        summary: 'Image of the new machines of one group, where their template does not tell the version.',
        example: 'ubuntu-2404-kube-v1.31.4',
      },
      'suspend-gitops': {
        type: 'switch',
        summary: 'Suspend whoever keeps the objects in Git, and resume them at the end; somebody types their name.',
      },
      'over-removed-apis': {
        type: 'switch',
        summary: 'Go on although APIs are in use that the new version does not serve.',
      },
      'delete-emptydir-data': {
        type: 'switch',
        summary: 'Where Drydock drains: evict pods with an empty directory too; their data there are lost.',
      },
      unmanaged: {
        type: 'switch',
        summary: 'Where Drydock drains: evict pods that nobody makes anew too; they are gone afterwards.',
      },
    },
    rest: null,
  },
  runbook: 'upgrade',
  notScheduled:
    'An upgrade asks people in its middle, and its target is another one each time: that cannot be scheduled.',
  handle: async (context, args) => {
    const mistake = mistakeIn(args);
    return await Promise.resolve(
      mistake === null
        ? orderNodesRun(context, 'upgrade', args, paramsOf(context, args))
        : reply(mistakeAnswer({ text: mistake, nearest: null, usage: usageOf(upgrade) })),
    );
  },
});

function mistakeIn({ subject, targets, flags }: CommandArguments): string | null {
  const { to, backup, canary } = flags;
  if (typeof to !== 'string') return 'upgrade needs the version: --to v1.31.4.';
  const version = exactVersion(to);
  if (!version.ok) return `${version.why}.`;
  const named = typeof backup === 'string' ? readBackupName(subject ?? '', backup) : null;
  if (named?.ok === false) return named.mistake;
  const kind = targets[0]?.kind;
  if (named !== null && kind === 'nodegroup')
    return '--backup is for the control plane: machines of a node group hold nothing that a backup has.';
  if (typeof canary !== 'string') return null;
  if (kind === 'controlplane') return '--canary names a node group: the control plane has none.';
  const names = targets.map(({ name }) => name);
  if (kind === 'nodegroup' && !names.includes(groupName(canary)))
    return `--canary ${canary} is none of the groups that are to be upgraded: ${names.join(', ')}.`;
  return null;
}

/** With or without its kind, as people copy it. */
function groupName(typed: string): string {
  return typed.replace(/^nodegroup\//, '');
}

function paramsOf({ actor }: CommandContext, { subject, targets, flags }: CommandArguments): JsonObject {
  const { to, backup, canary, image } = flags;
  const version = exactVersion(typeof to === 'string' ? to : '');
  const named = typeof backup === 'string' ? readBackupName(subject ?? '', backup) : null;
  const kind = targets[0]?.kind ?? 'all';
  return {
    what: kind === 'nodegroup' ? { kind, names: targets.map(({ name }) => name) } : { kind },
    to: version.ok ? version.version : '',
    canary: typeof canary === 'string' ? groupName(canary) : null,
    backup: named?.ok === true ? named.name : null,
    image: typeof image === 'string' ? image : null,
    suspendGitops: flags['suspend-gitops'] === true,
    overRemovedApis: flags['over-removed-apis'] === true,
    deleteEmptyDir: flags['delete-emptydir-data'] === true,
    unmanaged: flags['unmanaged'] === true,
    by: `${actor.team}/${actor.user}`,
  };
}
