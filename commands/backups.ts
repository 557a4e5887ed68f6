import { reach } from '../src/core/access.ts';
import { refusedAnswer } from '../src/core/answer.ts';
import { readBackupName, type TypedBackup } from '../src/core/backup/chosen-backup.ts';
import {
  type CommandArguments,
  type CommandContext,
  type CommandReply,
  defineCommand,
  furtherRights,
} from '../src/core/command.ts';
import { orderRun, reply } from '../src/core/order.ts';
import { mistakeAnswer } from '../src/core/parse/mistake.ts';
import { usageOf } from '../src/core/parse/usage.ts';
import { usedFlags } from '../src/core/policy/match.ts';

const MOST_WHY = 300;
const WORDS = ['verify', 'hold', 'release'] as const;

/** `/kube backups <cluster> [--verify] [--hold ID [--note WHY]] [--release ID]` */
export const backups = defineCommand({
  name: 'backups',
  group: 'read',
  summary: 'Backups of a cluster: age, size, revision, last drill, holds, and which are damaged.',
  details: [
    'Lists what lies in the store and touches nothing of the cluster. A damaged or half-written backup is named, with why.',
    'The list reads files too, for 30 s at most, those first that were not read for the longest, and stores what it found.',
    'With `--verify` every file is read to its end and compared with its manifest; what was found is stored beside the backup.',
    'There is no `restore` yet: docs/restoring-by-hand.md says how to restore one by hand.',
    'A backup on hold is never removed by Drydock, until somebody releases it. To hold and to release needs the right to `backup` too.',
  ],
  examples: [
    '/kube backups prod',
    '/kube backups prod --verify',
    '/kube backups prod --hold prod-20261122005130-7f3k --note "before the upgrade"',
    '/kube backups prod --release prod-20261122005130-7f3k',
  ],
  policyVerb: 'backups',
  arguments: {
    subject: 'cluster',
    targets: null,
    flags: {
      verify: { type: 'switch', summary: 'Read every file to its end and store what was found.' },
      hold: {
        type: 'text',
        summary: 'Put this backup on hold, so that it is kept.',
        example: 'ID',
        alsoNeeds: 'backup',
      },
      release: { type: 'text', summary: 'End the hold of this backup.', example: 'ID', alsoNeeds: 'backup' },
      note: { type: 'text', summary: 'Why it is held.', example: 'WHY' },
    },
    rest: null,
  },
  runbook: 'backups',
  handle: async (context, args) => {
    const { actor } = context;
    const { hold, release, note } = args.flags;
    if (WORDS.filter((word) => args.flags[word] !== undefined).length > 1)
      return mistake('Say --verify, --hold or --release, one at a time.');
    if (note !== undefined && hold === undefined)
      return mistake('--note says why a backup is held: it goes with --hold.');
    const why = textOf(note) ?? '';
    if (why.length > MOST_WHY) return mistake(`--note has at most ${MOST_WHY} characters.`);
    const held = named(args, textOf(hold));
    const released = named(args, textOf(release));
    if (held?.ok === false) return mistake(held.mistake);
    if (released?.ok === false) return mistake(released.mistake);
    return (
      notAllowed(context, args) ??
      orderRun('backups', args, {
        verify: args.flags['verify'] === true,
        hold: held?.name ?? null,
        release: released?.name ?? null,
        why,
        by: `${actor.team}/${actor.user}`,
      })
    );
  },
});

function textOf(value: CommandArguments['flags'][string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function named({ subject }: CommandArguments, typed: string | null): TypedBackup | null {
  return typed === null ? null : readBackupName(subject ?? '', typed);
}

/** Who may only look must not decide what is kept. */
function notAllowed(context: CommandContext, { subject, flags }: CommandArguments): CommandReply | null {
  const { policy, clusters, actor, origin } = context;
  for (const { verb } of furtherRights(backups, usedFlags(flags))) {
    const asked = { actor, cluster: subject ?? '', verb, channel: origin.channel, nowMs: context.nowMs() };
    const access = reach(policy, clusters, asked);
    if (!access.ok) return reply(refusedAnswer(access.reason, access.why));
  }
  return null;
}

function mistake(text: string): CommandReply {
  return reply(mistakeAnswer({ text, nearest: null, usage: usageOf(backups) }));
}
