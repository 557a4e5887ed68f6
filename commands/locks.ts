import { visibleClusters } from '../src/core/access.ts';
import { type Answer, type Line, okAnswer, refusedAnswer, withMentions } from '../src/core/answer.ts';
import { type CommandContext, defineCommand } from '../src/core/command.ts';
import { freezeInWords } from '../src/core/freeze.ts';
import type { LockEntry } from '../src/core/lock.ts';
import { reply } from '../src/core/order.ts';

/** `/kube locks [cluster]` */
export const locks = defineCommand({
  name: 'locks',
  group: 'read',
  summary: 'What keeps changes away from clusters: locks, freezes, maintenance windows.',
  details: [
    'Lists what runs and people hold, since when and why, what is frozen until when, and when the window opens or closes.',
    'Only of clusters that you may see.',
  ],
  examples: ['/kube locks', '/kube locks prod'],
  policyVerb: null,
  arguments: { subject: 'optional-cluster', targets: null, flags: {}, rest: null },
  runbook: null,
  handle: async (context, args) => {
    const place = { channel: context.origin.channel, nowMs: context.nowMs() };
    const visible = visibleClusters(context.policy, context.clusters, context.actor, place).map((each) => each.name);
    const names = args.subject === null ? visible : visible.filter((name) => name === args.subject);
    if (args.subject !== null && names.length === 0)
      return reply(refusedAnswer('unknown-cluster', `You asked for "${args.subject}".`));
    return reply(await listed(context, names));
  },
});

async function listed(context: CommandContext, names: readonly string[]): Promise<Answer> {
  const freezes = (await context.control.freezes()).filter((each) => names.includes(each.cluster));
  const held = (await context.control.locks()).filter((each) => names.includes(clusterOf(each)));
  const windows = names.flatMap((name) => windowLines(context, name));
  const lines: Line[] = [
    ...freezes.map((each) => withMentions(`${freezeInWords(each)}.`)),
    ...held.map((each) => lockLine(each, clusterOf(each))),
    ...windows,
  ];
  if (lines.length === 0) return okAnswer('Nothing is locked or frozen', ['No window is configured either.']);
  const count = `${held.length === 1 ? '1 lock' : `${held.length} locks`}, ${freezes.length === 1 ? '1 freeze' : `${freezes.length} freezes`}`;
  return okAnswer(count, lines);
}

/** The cluster that a lock names; locks that are named after what a plan found stand beside one of these. */
function clusterOf({ name }: LockEntry): string {
  const [kind = '', cluster = ''] = name.split('/');
  return kind === 'cluster' ? cluster : '';
}

function lockLine(lock: LockEntry, cluster: string): Line {
  if (lock.holder !== 'person')
    return [{ code: lock.name }, ': run ', { code: lock.runId }, ` since ${lock.since}: ${lock.reason}`];
  return [
    { code: lock.name },
    ': by hand, ',
    { user: lock.owner },
    ` since ${lock.since}: ${lock.reason}. To unlock it: `,
    { code: `/kube unlock ${cluster} --seen ${lock.mark ?? ''}` },
  ];
}

function windowLines({ control }: CommandContext, cluster: string): readonly Line[] {
  const window = control.window(cluster);
  if (window === null) return [];
  if (!window.open) {
    return [
      window.opensMs === null
        ? `${cluster}: its maintenance windows never open again.`
        : `${cluster}: outside its maintenance window. It opens ${control.words(window.opensMs, cluster, window.tz)}.`,
    ];
  }
  const until = window.closesMs === null ? '' : ` until ${control.words(window.closesMs, cluster, window.tz)}`;
  return [`${cluster}: its maintenance window is open${until}.`];
}
