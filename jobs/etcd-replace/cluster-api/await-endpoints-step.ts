import { z } from 'zod';
import { apiServerEtcd, endpointTrouble } from '../../../src/core/cluster-api/endpoints.ts';
import { votersOf } from '../../../src/core/etcd/ring.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { formatSpan, spanAsSet } from '../../../src/core/time.ts';
import { ringReport, seeChanged, votersWords } from '../../steps/changed-ring.ts';
import { changesOf, RingOutput } from '../input.ts';
import { ControllerInput } from './input.ts';
import { MANAGEMENT_CALL_MS, readManagement } from './read-management.ts';

type Context = StepContext<'etcd' | 'management' | 'kubernetes'>;

const State = z.object({ since: z.number().nullable() });
type State = z.infer<typeof State>;
type Answer = StepAnswer<State, RingOutput>;

const API_SERVERS = {
  apiVersion: 'v1',
  kind: 'Pod',
  namespace: 'kube-system',
  labelSelector: 'component=kube-apiserver',
};

/**
 * Waits until every API server was started with the client URLs of the ring as it is now. With external etcd they are flags, so the control
 * plane is rolled after a replacement.
 */
export const awaitEndpointsStep = defineStep({
  kind: 'eksa.await-endpoints@1',
  input: ControllerInput,
  state: State,
  output: RingOutput,
  needs: ['etcd', 'management', 'kubernetes'],
  risk: 'read',
  timeoutMs: () => 24 * 3_600_000,
  retry: { attempts: 5, backoffMs: 5000 },
  describe: ({ cluster }) => `Wait until every API server of ${cluster.name} names the new ring`,
  items: () => [],
  initial: () => ({ since: null }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, state) => {
    const expected = { planned: input.ring, changes: changesOf(context.outputs, null) };
    const seen = await seeChanged(context, expected);
    if (seen.kind === 'stop') return { kind: 'stop', reason: seen.reason, note: seen.note };
    if (seen.kind === 'wait') return wait(context, input, state, seen.note);
    const trouble = await troubleNow(
      context,
      input,
      votersOf(seen.ring).flatMap(({ member }) => member.clientUrls),
    );
    if (trouble.length > 0) return wait(context, input, state, `${trouble.join('; ')}. ${votersWords(seen.ring)}.`);
    const note = 'Every API server names the ring as it is now.';
    const report = ringReport(context, seen.ring, [note]);
    return { kind: 'done', output: { removed: null, added: null, aside: null, report }, note };
  },
  verify: async (_context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: 'every API server names the ring as it is now' }),
});

async function troubleNow(
  context: Context,
  { cluster }: ControllerInput,
  voters: readonly string[],
): Promise<readonly string[]> {
  const { ports, signal } = context;
  const [management, pods] = await Promise.all([
    readManagement(ports.management, cluster, signal),
    ports.kubernetes.list(API_SERVERS, { timeoutMs: MANAGEMENT_CALL_MS, signal }),
  ]);
  if (!management.ok) return [management.why];
  if (!pods.ok) return [`the API servers could not be listed: ${pods.error.message}`];
  return endpointTrouble({
    voters,
    told: management.view.etcd?.endpoints ?? [],
    controlPlane: management.view.controlPlane?.externalEndpoints ?? [],
    apiServers: pods.value.items.map(apiServerEtcd),
  });
}

/** Each machine of the control plane is made anew, one after the other. */
function wait(context: Context, input: ControllerInput, { since }: State, why: string): Answer {
  const began = since ?? context.nowMs();
  const waitedMs = context.nowMs() - began;
  const limitMs = context.cluster.replace.machineReadyMs * Math.max(1, input.ring.members.length);
  if (waitedMs >= limitMs) {
    const note = `For ${spanAsSet(limitMs)}: ${why} The new member is in; the API servers have their old flags until the control plane is rolled.`;
    return { kind: 'stop', reason: 'operator-stuck', note };
  }
  const note = `Waiting for ${formatSpan(waitedMs)}: ${why}`;
  return { kind: 'again', afterMs: 2 * context.cluster.defrag.sampleMs, state: { since: began }, note };
}
