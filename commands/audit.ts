import { type Answer, type Line, okAnswer, refusedAnswer } from '../src/core/answer.ts';
import { anchorText } from '../src/core/audit-chain.ts';
import type { AuditExport, AuditList, AuditQuery } from '../src/core/audit-view.ts';
import { actionWords, detailWords } from '../src/core/audit-words.ts';
import { type CommandContext, type CommandReply, defineCommand } from '../src/core/command.ts';
import { formatDuration } from '../src/core/duration.ts';
import { reply } from '../src/core/order.ts';
import type { StoredEntry } from '../src/core/ports/run-store.ts';

const LIMIT = 25;

/** `/kube audit <cluster>` */
export const audit = defineCommand({
  name: 'audit',
  group: 'read',
  summary: 'Who asked for what on a cluster, who decided, and how it ended.',
  details: [
    `Lists up to ${LIMIT} entries of the audit log, newest first. Only this cluster; what belongs to no cluster is for those who may see the audit log of all.`,
    '`--export` shares everything that fits as a file in the audit channel of the cluster, never where the command was typed. The export is itself an entry.',
    'In the file, entries of other clusters and other people are there as links only: their hash, and nothing of what they say. So the chain of hashes can be verified.',
  ],
  examples: ['/kube audit prod', '/kube audit prod --since 7d --by U012ABC3D', '/kube audit prod --export'],
  policyVerb: 'audit',
  arguments: {
    subject: 'cluster',
    targets: null,
    flags: {
      since: { type: 'duration', summary: 'How far back. Otherwise as far as there are entries.', example: '7d' },
      by: { type: 'text', summary: 'Only what this person asked or decided.', example: '@ana' },
      export: { type: 'switch', summary: 'As a file in the audit channel.' },
    },
    rest: null,
  },
  runbook: null,
  handle: async (context, args) => {
    const { since, by, export: whole } = args.flags;
    const person = by === undefined ? null : userOf(String(by));
    if (by !== undefined && person === null)
      return reply(refusedAnswer('mistake', `"${String(by)}" is no person: mention them, such as --by @ana.`));
    const sinceMs = typeof since === 'number' ? context.nowMs() - since : null;
    const query = { cluster: args.subject ?? '', sinceMs, by: person };
    if (whole === true) return await exported(context, query, typedAs(query, since));
    return reply(listed(query, await context.audit.newest(query, LIMIT)));
  },
});

/** A mention as Slack gives it, or a user id. */
function userOf(text: string): string | null {
  return /^@?([UW][A-Z0-9]{2,30})$/.exec(text)?.[1] ?? null;
}

function typedAs({ cluster, by }: AuditQuery, since: unknown): string {
  const sinceFlag = typeof since === 'number' ? ` --since ${formatDuration(since)}` : '';
  return `audit ${cluster}${sinceFlag}${by === null ? '' : ` --by ${by}`} --export`;
}

function listed({ cluster, by }: AuditQuery, { entries, more, looked }: AuditList): Answer {
  const whose: Line = by === null ? [] : ['Only what ', { user: by }, ' asked or decided.'];
  const limits = more
    ? [
        `There may be more: ${looked} entries were looked through, and at most ${LIMIT} are listed. --since, --by and --export narrow or widen that.`,
      ]
    : [];
  const lines: Line[] = [...(by === null ? [] : [whose]), ...limits];
  if (entries.length === 0) return okAnswer(`Nothing that fits is in the audit log of ${cluster}.`, lines);
  const rows = entries.map(rowOf);
  return okAnswer(`Audit log of ${cluster}, newest first`, lines, {
    title: 'Audit log',
    columns: ['no.', 'when (UTC)', 'what', 'who', 'run', 'details'],
    rows,
  });
}

function rowOf({ seq, entry }: StoredEntry): string[] {
  const when = entry.at.slice(0, 19).replace('T', ' ');
  return [
    String(seq),
    when,
    actionWords(entry),
    entry.actor?.user ?? 'Drydock',
    entry.run ?? '',
    detailWords(entry, 120),
  ];
}

async function exported(context: CommandContext, query: AuditQuery, text: string): Promise<CommandReply> {
  const made = await context.audit.export(query, text);
  const { name, content } = made;
  const title = `Audit log of ${query.cluster}, entries ${made.from} to ${made.to}`;
  const note = okAnswer(title, [['Exported by ', { user: context.actor.user }, '.'], ...exportLines(made)]);
  return { kind: 'file', cluster: query.cluster, note, file: { name, title, content } };
}

function exportLines({ name, from, whole, links, head, shortened }: AuditExport): readonly Line[] {
  const start = from > 1 ? ` --from ${from}` : '';
  const end = head === null ? '' : ` --anchor ${anchorText(head)}`;
  return [
    `Whole: ${whole}. As links only, because they are of other clusters or other people: ${links}.`,
    ...(shortened ? ['Older entries are not in the file, because it has a limit. The mirror has them all.'] : []),
    ['Verify: ', { code: `npm run audit:verify -- ${name}${start}${end}` }],
  ];
}
