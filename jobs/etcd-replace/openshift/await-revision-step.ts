import { z } from 'zod';
import { operatorTrouble } from '../../../src/core/backup/operators.ts';
import { etcdOperatorWords } from '../../../src/core/openshift/operator.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { ringReport } from '../../steps/changed-ring.ts';
import { OBJECT_CALL_MS } from '../../steps/delete-object.ts';
import { type Awaited, NOT_BEGUN, WaitState, waitFor } from '../../steps/wait-for.ts';
import { RingOutput } from '../input.ts';
import { lastOf, MachineRingInput } from './machine-input.ts';
import { ETCD_CLUSTER_OPERATOR, seeEtcdOperator, seeEtcdPods } from './read-openshift.ts';
import { RedeployOutput } from './redeploy-step.ts';

/** Input of `ocp.await-revision@1`. */
export const AwaitRevisionInput = MachineRingInput.extend({
  /** Pods of etcd that there must be. */
  pods: z.int().positive(),
  /** ms. */
  withinMs: z.number().positive(),
});
type AwaitRevisionInput = z.infer<typeof AwaitRevisionInput>;

/** Waits until every node runs the newest revision, every etcd pod is ready, and the operator has no complaint. */
export const awaitRevisionStep = defineStep({
  kind: 'ocp.await-revision@1',
  input: AwaitRevisionInput,
  state: WaitState,
  output: RingOutput,
  needs: ['etcd', 'kubernetes'],
  risk: 'read',
  timeoutMs: ({ withinMs }) => withinMs + 30 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ pods }) =>
    `Wait until all ${pods} etcd pods are ready at the newest revision and the etcd operator has no complaint`,
  items: () => [],
  initial: () => NOT_BEGUN,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state): Promise<StepAnswer<WaitState, RingOutput>> => {
    const answer = await waitFor(context, input, state, {
      withinMs: input.withinMs,
      late: 'operator-stuck',
      look: async () => await lookAtRevision(context, input),
    });
    if (answer.kind !== 'there') return answer;
    const report = ringReport(context, answer.ring, [answer.value]);
    return { kind: 'done', output: { removed: null, added: null, aside: null, report }, note: answer.value };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: output.report.notes.join(' ') }),
});

async function lookAtRevision(
  context: StepContext<'etcd' | 'kubernetes'>,
  { pods: wanted, alsoDead = [] }: AwaitRevisionInput,
): Promise<Awaited<string>> {
  const { ports, signal, outputs } = context;
  const [operator, pods, clusterOperator] = await Promise.all([
    seeEtcdOperator(ports.kubernetes, signal),
    seeEtcdPods(ports.kubernetes, signal),
    ports.kubernetes.get(ETCD_CLUSTER_OPERATOR, { timeoutMs: OBJECT_CALL_MS, signal }),
  ]);
  if (!operator.ok) return { kind: 'not-yet', note: operator.why };
  if (!pods.ok) return { kind: 'not-yet', note: pods.why };
  const { atLatestRevision, revision } = etcdOperatorWords(operator.value);
  const forced = lastOf(RedeployOutput, outputs)?.redeployed ?? null;
  const isNewer = forced === null || forced.reason === null || operator.value.latestRevision > forced.revision;
  const ready = pods.value.filter((pod) => pod.ready).length;
  const trouble = operatorTrouble([{ name: 'etcd', object: clusterOperator.ok ? clusterOperator.value : null }]);
  const words = `${ready} of ${wanted} etcd pods are ready; ${revision}`;
  if (!isNewer) return { kind: 'not-yet', note: `the operator has not begun the roll-out; ${words}` };
  if (ready < wanted) return { kind: 'not-yet', note: words };
  // No revision reaches a node that is dead, and the operator complains of it until it is replaced too.
  if (alsoDead.length > 0)
    return { kind: 'there', value: `${words}; the operator is not at rest before the other one is replaced.` };
  if (!atLatestRevision || pods.value.length !== wanted) return { kind: 'not-yet', note: words };
  if (trouble !== null) return { kind: 'not-yet', note: `${words}; ${trouble}` };
  return { kind: 'there', value: `${words}; the etcd operator is available, not degraded, and at rest.` };
}
