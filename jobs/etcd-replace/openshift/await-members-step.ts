import { z } from 'zod';
import { isHealthyVoter } from '../../../src/core/etcd/health-gate.ts';
import { memberWords } from '../../../src/core/etcd/member-words.ts';
import { type Ring, type RingMember, votersOf } from '../../../src/core/etcd/ring.ts';
import { etcdOperatorWords } from '../../../src/core/openshift/operator.ts';
import { withoutSecrets } from '../../../src/core/secrets.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { ringReport } from '../../steps/changed-ring.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { type Awaited, NOT_BEGUN, WaitState, waitFor } from '../../steps/wait-for.ts';
import { RingOutput } from '../input.ts';
import { ETCD_NAMESPACE } from './delete-secrets-step.ts';
import { lastOf, MachineRingInput, ReadyMachine } from './machine-input.ts';
import { seeEtcdOperator, seeEtcdPods, seeMachine } from './read-openshift.ts';

/** Input of `ocp.await-members@1`. */
export const AwaitMembersInput = MachineRingInput.extend({
  /** Voters that there must be. */
  voters: z.int().positive(),
  /** Node of the new member; `null`: that of the Machine that was waited for, else whichever. */
  node: z.string().min(1).nullable(),
  /** A Machine that was deleted and may have been held until the new member is in; `null`: there is none. */
  oldMachine: z.object({ name: z.string().min(1), uid: z.string().min(1) }).nullable(),
  /** ms. */
  withinMs: z.number().positive(),
});
type AwaitMembersInput = z.infer<typeof AwaitMembersInput>;
type AwaitMembersContext = StepContext<'etcd' | 'kubernetes'>;

/** Waits until the operator has added the new member, promoted it, and every voter is well. Each look is at the other voters too. */
export const awaitMembersStep = defineStep({
  kind: 'ocp.await-members@1',
  input: AwaitMembersInput,
  state: WaitState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'read',
  timeoutMs: ({ withinMs }) => withinMs + 30 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ voters }) => `Wait until the etcd operator has brought a new member in and ${voters} voters are healthy`,
  items: () => [],
  initial: () => NOT_BEGUN,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state): Promise<StepAnswer<WaitState, RingOutput>> => {
    const answer = await waitFor(context, input, state, {
      withinMs: input.withinMs,
      late: 'member-not-joined',
      look: async (ring) => await lookAtMembers(context, input, ring),
    });
    if (answer.kind !== 'there') return answer;
    const { id, peerUrls } = answer.value.member;
    const report = ringReport(context, answer.ring, [`${memberWords(answer.value.member)} is in.`]);
    const output = { removed: null, added: { id, peerUrls: [...peerUrls] }, aside: null, report };
    return { kind: 'done', output, note: `${memberWords(answer.value.member)} is in. ${report.summary}` };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: [...output.report.notes, output.report.summary].join(' ') }),
});

async function lookAtMembers(
  context: AwaitMembersContext,
  input: AwaitMembersInput,
  ring: Ring,
): Promise<Awaited<RingMember>> {
  const node = input.node ?? lastOf(ReadyMachine, context.outputs)?.readyMachine.node ?? null;
  const member = ring.members.find(({ id }) => !input.ring.members.some((each) => each.id === id));
  if (member?.started === true && node !== null && member.member.name !== node) {
    const note = `${memberWords(member.member)} joined, and a member on node ${node} was waited for.`;
    return { kind: 'stop', reason: 'plan-drifted', note };
  }
  const old = await oldData(context, node);
  if (old !== null) return { kind: 'stop', reason: 'old-data-joined', note: old };
  const voters = votersOf(ring);
  const wanted = voters.filter(({ id }) => !(input.alsoDead ?? []).includes(id));
  const isWhole =
    voters.length >= input.voters && wanted.every(isHealthyVoter) && voters.length === ring.members.length;
  if (member === undefined || !isWhole)
    return { kind: 'not-yet', note: await whatIsMissing(context, member ?? null, node) };
  const held = await heldMachine(context, input);
  return held === null ? { kind: 'there', value: member } : { kind: 'not-yet', note: held };
}

async function whatIsMissing(
  context: AwaitMembersContext,
  member: RingMember | null,
  node: string | null,
): Promise<string> {
  const [operator, pods] = await Promise.all([
    seeEtcdOperator(context.ports.kubernetes, context.signal),
    seeEtcdPods(context.ports.kubernetes, context.signal),
  ]);
  const pod = pods.ok && node !== null ? pods.value.find((each) => each.node === node) : undefined;
  const parts = [
    joinWords(member),
    ...(node === null || !pods.ok ? [] : [pod === undefined ? `no etcd pod on ${node} yet` : podWords(pod)]),
    operator.ok ? operatorWords(etcdOperatorWords(operator.value).members) : operator.why,
  ];
  return parts.filter((each) => each !== '').join('; ');
}

function joinWords(member: RingMember | null): string {
  if (member === null) return 'no new member in the list yet';
  const who = memberWords(member.member);
  if (!member.started) return `${who} is in the list and not started yet`;
  if (member.learner) return `${who} is a learner, ${member.lag ?? 'nobody knows how many'} entries behind`;
  return `${who} votes${member.trouble === null ? '' : ` (${member.trouble})`}`;
}

function podWords({
  name,
  phase,
  ready,
  reason,
}: {
  readonly name: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly reason: string;
}): string {
  return `pod ${name} is ${phase}${ready ? ' and ready' : ''}${reason === '' ? '' : ` (${reason})`}`;
}

function operatorWords(members: string): string {
  return members === '' ? '' : `the operator says: ${members}`;
}

async function heldMachine(
  { ports, signal }: AwaitMembersContext,
  { oldMachine }: AwaitMembersInput,
): Promise<string | null> {
  if (oldMachine === null) return null;
  const seen = await seeMachine(ports.kubernetes, oldMachine.name, signal);
  if (!seen.ok) return seen.why;
  if (seen.value === null || seen.value.machine.uid !== oldMachine.uid) return null;
  return `all voters are healthy; the old Machine ${oldMachine.name} is still there (phase ${seen.value.machine.phase || 'not told'})`;
}

/** What etcd writes when it is started with the data of a member that was removed, or of another ring. Source: etcd's `rafthttp` and `etcdserver`. */
const OLD_DATA =
  /permanently removed from the cluster|cluster ID mismatch|member count is unequal|data-dir used by this member must be removed/;

/** Whether etcd on a node runs with old data, as a sentence; `null`: nothing says so. */
async function oldData({ ports, signal }: AwaitMembersContext, node: string | null): Promise<string | null> {
  if (node === null) return null;
  const pods = await seeEtcdPods(ports.kubernetes, signal);
  const pod = pods.ok ? pods.value.find((each) => each.node === node && !each.ready) : undefined;
  if (pod === undefined) return null;
  const log = await ports.kubernetes.logs(
    { namespace: ETCD_NAMESPACE, name: pod.name, uid: pod.uid },
    { timeoutMs: OBJECT_CALL_MS, signal, container: 'etcd', tailLines: 50 },
  );
  const line = log.ok ? log.value.split('\n').find((each) => OLD_DATA.test(each)) : undefined;
  if (line === undefined) return null;
  const words = withoutSecrets(OLD_DATA.exec(line)?.[0] ?? '');
  return `etcd on ${node} started with the data of a removed member or of another ring (its log: "${words}"). Move /var/lib/etcd/member aside there; it was not promoted by Drydock.`;
}
