import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { nodeShellCleanup, withNodeShell } from '../../../jobs/steps/node-shell.ts';
import { renderCard } from '../../../src/adapters/slack/render/card.ts';
import { NODE_SHELL_NAMESPACE } from '../../../src/core/kubernetes/node-shell.ts';
import { type AnyCleanup, type AnyRunbook, defineRunbook } from '../../../src/core/runbook.ts';
import { defineStep, ONCE } from '../../../src/core/step.ts';
import { createFakeRunStore } from '../../fakes/run-store.ts';
import { createHarness } from '../../support/engine-harness.ts';
import { readable } from '../../support/readable-message.ts';
import { type Kubelet, shellCluster } from '../../support/shell-cluster.ts';

const Params = z.object({ valves: z.array(z.string()) });

const lookStep = defineStep({
  kind: 'node.look@1',
  input: z.object({ node: z.string() }),
  state: z.null(),
  output: z.null(),
  needs: ['kubernetes'],
  risk: 'disruptive',
  timeoutMs: () => 600_000,
  retry: ONCE,
  describe: ({ node }) => `Look at the files of ${node}`,
  items: ({ node }) => [node],
  initial: () => null,
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, { node }) => {
    const answer = await withNodeShell(context, { node, image: 'busybox:1.37' }, async () => await Promise.resolve(1));
    return answer.ok
      ? { kind: 'done', output: null, note: 'looked' }
      : { kind: 'stop', reason: 'step-failed', note: answer.why };
  },
  verify: async () => await Promise.resolve({ kind: 'done', output: null, note: 'looked' }),
});

/** A runbook that opens a shell on the node of its parameter. */
function nodeLook(cleanups: readonly AnyCleanup[]): AnyRunbook {
  return defineRunbook({
    id: 'valve-turn',
    version: 1,
    title: 'Look at a node',
    params: Params,
    needs: [],
    steps: [lookStep],
    cleanups,
    locks: (cluster) => [`cluster/${cluster}`],
    plan: async (_context, { valves: [node = ''] }) =>
      await Promise.resolve({
        identity: 'plant-1',
        facts: {},
        steps: [lookStep.plan({ node })],
        gates: [],
        checks: [],
        forecast: [],
        notes: [],
        before: [],
      }),
  });
}

/** Runs it on a node from the request over the approval to its end. Answers what is seen then. */
async function runOn(kubelet: Kubelet, cleanups: readonly AnyCleanup[] = [nodeShellCleanup], node = 'cp-1') {
  const fake = shellCluster(kubelet);
  const harness = createHarness({
    runbooks: [nodeLook(cleanups)],
    store: (clock) => createFakeRunStore(clock),
    kubernetes: fake.port,
  });
  const runId = await harness.start([node]);
  await harness.drive(runId);
  await harness.approve(runId);
  const state = await harness.drive(runId, 'w', 1000);
  const view = { title: 'Look at a node', replaces: null, displacedFrom: null, peopleOf: () => [] };
  const pods = await fake.port.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: NODE_SHELL_NAMESPACE },
    { timeoutMs: 1 },
  );
  return {
    state,
    // Figures are held to their units by a space that does not break.
    card: readable(renderCard(state, view)).replaceAll('\u00A0', ' '),
    pods: pods.ok ? pods.value.items.map(({ metadata }) => metadata.name) : ['not seen'],
    creations: fake.calls.filter(({ method }) => method === 'create').length,
    locks: await harness.store.locks(),
  };
}

const PULL = { reason: 'ImagePullBackOff', message: 'no such image' };
const SCHEDULED = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes fit' };

describe('a run whose node shell never starts', () => {
  test.each<[string, Kubelet, string]>([
    [
      'its image cannot be had',
      { says: { phase: 'Pending', startTime: 'now', containerStatuses: [{ state: { waiting: PULL } }] } },
      'on cp-1 did not start within 120 s: the kubelet says ImagePullBackOff: no such image.',
    ],
    [
      'no node takes it',
      { says: { phase: 'Pending', conditions: [SCHEDULED] } },
      'on cp-1 did not start within 120 s: the scheduler says Unschedulable: 0/3 nodes fit.',
    ],
    [
      'the kubelet refuses it',
      { says: { phase: 'Failed', reason: 'OutOfpods', message: 'too many pods' } },
      'on cp-1 will not start: the kubelet says OutOfpods: too many pods',
    ],
  ])('because %s: the card says so, the pod is gone, the lock is free', async (_why, kubelet, words) => {
    const { state, card, pods, creations, locks } = await runOn(kubelet);

    expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'step-failed' });
    expect(state.ended?.note).toContain(words);
    expect(card).toContain(words);
    expect(state.cleanups).toMatchObject([{ kind: nodeShellCleanup.kind, status: 'done' }]);
    expect([creations, pods, locks]).toEqual([1, [], []]);
  });

  test('because its node is gone: the card says so, and no pod was made', async () => {
    const { state, card, creations, locks } = await runOn({}, [nodeShellCleanup], 'cp-9');

    expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'step-failed' });
    expect(card).toContain('on cp-9 was not created: the cluster has no node cp-9');
    expect([creations, state.cleanups, locks]).toEqual([0, [], []]);
  });

  test('and whose pod cannot be seen gone: a person is told its name', async () => {
    const { state, card, pods, locks } = await runOn({
      says: { phase: 'Failed' },
      endsAfter: Number.POSITIVE_INFINITY,
    });

    expect(state.ended).toMatchObject({ outcome: 'needs-a-person', reason: 'cleanup-failed' });
    expect(pods).toHaveLength(1);
    expect(card).toContain(`${NODE_SHELL_NAMESPACE}/${pods[0]}`);
    expect(locks).toEqual([]);
  });
});

test('a runbook that does not declare the shell opens none', async () => {
  const { state, card, creations, locks } = await runOn({}, []);

  expect(state.ended).toMatchObject({ outcome: 'failed', reason: 'step-failed' });
  expect(card).toContain('does not declare the cleanup node-shell.pod@1');
  expect([creations, state.cleanups, locks]).toEqual([0, [], []]);
});

test('one that starts and ends leaves nothing', async () => {
  const { state, pods, creations } = await runOn({});

  expect(state.ended).toMatchObject({ outcome: 'succeeded' });
  expect([creations, pods]).toEqual([1, []]);
});
