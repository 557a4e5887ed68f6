import { z } from 'zod';
import { memberWords } from '../../../src/core/etcd/member-words.ts';
import type { RingMember } from '../../../src/core/etcd/ring.ts';
import { defineStep, type StepAnswer } from '../../../src/core/step.ts';
import { formatSpan } from '../../../src/core/time.ts';
import { ringReport, votersWords } from '../../steps/changed-ring.ts';
import { type Awaited, NOT_BEGUN, WaitState, waitFor } from '../../steps/wait-for.ts';
import { RingInput, RingOutput } from '../input.ts';

/** Input of `kubeadm.await-member@1`. */
export const AwaitMemberInput = RingInput.extend({
  /** Id of the member that is replaced; `null`: it was removed before anybody asked. */
  targetId: z.string().min(1).nullable(),
  /** Ids of other voters that were dead when this was approved. */
  alsoDead: z.array(z.string()),
  /** How long it may take, ms. */
  withinMs: z.number().int().positive(),
});
export type AwaitMemberInput = z.infer<typeof AwaitMemberInput>;

type AwaitAnswer = StepAnswer<WaitState, RingOutput>;

/** kubeadm tries for about 40 s to promote what it added; after this a learner is left to the next step, ms. */
const KUBEADM_PROMOTES_MS = 2 * 60_000;

/** Waits until `kubeadm join` has added a member to the list and started it. */
export const awaitMemberStep = defineStep({
  kind: 'kubeadm.await-member@1',
  input: AwaitMemberInput,
  state: WaitState,
  output: RingOutput,
  needs: ['etcd'],
  risk: 'read',
  timeoutMs: ({ withinMs }) => withinMs + 60 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ withinMs }) => `Wait until the new node's etcd has joined, at most ${formatSpan(withinMs)}`,
  items: () => [],
  initial: () => NOT_BEGUN,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state): Promise<AwaitAnswer> => {
    const { withinMs } = input;
    const answer = await waitFor<RingMember>(context, input, state, {
      withinMs,
      late: 'member-not-joined',
      look: async (ring, waitedMs) => await Promise.resolve(newIn(ring.members, input, waitedMs)),
    });
    if (answer.kind !== 'there') return answer;
    const { value: member, ring } = answer;
    const words = memberWords(member.member);
    const output: RingOutput = {
      removed: null,
      added: { id: member.id, peerUrls: [...member.member.peerUrls] },
      aside: null,
      report: ringReport(context, ring, [`${words} has joined${member.learner ? ' as a learner' : ''}.`]),
    };
    return { kind: 'done', output, note: `${words} has joined. ${votersWords(ring)}.` };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.summary }),
});

function newIn(members: readonly RingMember[], { ring }: AwaitMemberInput, waitedMs: number): Awaited<RingMember> {
  const added = members.find(({ id }) => !ring.members.some((each) => each.id === id));
  if (added === undefined) return { kind: 'not-yet', note: 'no new member is in the list yet' };
  const words = memberWords(added.member);
  if (!added.started) return { kind: 'not-yet', note: `${words} was added and is not started yet` };
  if (added.learner && waitedMs < KUBEADM_PROMOTES_MS)
    return { kind: 'not-yet', note: `${words} is a learner, which kubeadm promotes itself` };
  return { kind: 'there', value: added };
}
