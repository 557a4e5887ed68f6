import { hasCommitted } from '../src/core/admission.ts';
import { type Answer, type Line, okAnswer, refusedAnswer, withMentions } from '../src/core/answer.ts';
import { defineCommand } from '../src/core/command.ts';
import type { Frozen } from '../src/core/control-desk.ts';
import { freezeInWords } from '../src/core/freeze.ts';
import { reply } from '../src/core/order.ts';
import { stateInWords } from '../src/core/wording.ts';

/** Runs that are named one by one. */
const MOST_NAMED = 10;

/** `/kube freeze <cluster> --until … <reason>` */
export const freeze = defineCommand({
  name: 'freeze',
  group: 'control',
  summary: 'Refuse every change of a cluster until a day, a time, or until somebody lifts it.',
  details: [
    '`--until` takes a day (2026-12-01: to the end of that day), a time ("2026-12-01 18:00" or 18:00), a duration (4h), or `lifted`. Days and times are those of the first maintenance window of the cluster, else UTC; the answer names the instant.',
    'Requests are refused from now on, dry runs and reading go on. A step that is under way ends by itself; its run stops before the next step that changes something. One that removed a member of an etcd ring goes on until the ring is whole again; the answer names it.',
    'A freeze can be prolonged. To end it sooner somebody thaws it.',
  ],
  examples: ['/kube freeze prod --until 2026-12-01 "holiday"', '/kube freeze prod --until lifted "incident 42"'],
  policyVerb: 'freeze',
  arguments: {
    subject: 'cluster',
    targets: null,
    flags: { until: { type: 'text', summary: 'When it ends. Before the reason.', example: '2026-12-01' } },
    rest: { name: 'reason', required: true },
  },
  runbook: null,
  handle: async (context, args) => {
    const { until } = args.flags;
    if (typeof until !== 'string') {
      const why =
        'Say until when, before the reason: /kube freeze prod --until 2026-12-01 "holiday". Without an end: --until lifted.';
      return reply(refusedAnswer('mistake', why));
    }
    const told = await context.control.freeze(args.subject ?? '', until, args.rest);
    return reply(told.ok ? frozen(told.value) : refusedAnswer(told.reason, told.why));
  },
});

function frozen({ freeze: set, underWay }: Frozen): Answer {
  const until =
    set.until === null
      ? ['It has no end: ', { code: `/kube thaw ${set.cluster}` }, ' lifts it.']
      : [`That is ${set.until.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC')}. It ends by itself then.`];
  const named = underWay
    .slice(0, MOST_NAMED)
    .map(
      (run): Line => [
        { code: run.id },
        hasCommitted(run)
          ? ` (${stateInWords(run)}) goes on: stopped now it would leave the cluster worse off. To stop it all the same: `
          : ` (${stateInWords(run)}) ends before its next step that changes something. At its next safe point: `,
        { code: `/kube cancel ${run.id}` },
      ],
    );
  const more = underWay.length - named.length;
  return okAnswer(
    `${set.cluster} is frozen ${set.until === null ? 'until somebody lifts it' : `until ${set.untilWords}`}`,
    [
      withMentions(`${freezeInWords(set)}.`),
      until,
      ...(underWay.length === 0 ? ['No run is under way on it.'] : [`Under way on it: ${underWay.length}.`]),
      ...named,
      ...(more > 0 ? [`And ${more} more: /kube runs ${set.cluster} lists them.`] : []),
    ],
  );
}
