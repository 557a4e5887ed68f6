import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { PlaygroundCluster } from '../../playground/kubernetes/cluster.ts';
import { waitFor } from '../../playground/waiting.ts';
import { kubectl } from '../support/cluster-pods.ts';
import { type EndedRun, explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';
import { objectNamed, render } from '../support/rendered.ts';
import { ROOT } from '../support/repository.ts';
import { Workload } from '../support/workload.ts';

vi.setConfig({ testTimeout: 180_000 });

const BASE = 'deploy/kustomize/base';
const TITLE = 'This cluster hosts Drydock and its Redis';
const MEANS = [
  'while Redis is away nothing goes on, no button works, and a call under way is looked at when it is back',
  'while no worker is there the run stands still, then goes on; nothing is done twice',
  'while no bot is there the run goes on, but no card is kept current and no button works',
].join('; ');
const WHERE = 'Seen in the namespace drydock: bot (2 pods), redis (1 pod), worker (2 pods)';

let scene: Scene;
let cluster: PlaygroundCluster;

explainFailures(() => scene);
beforeAll(async () => {
  scene = await startScene({ name: 'hosting', prod: 'cluster', clusters: ['prod'], cluster: { workers: 1 } });
  if (scene.cluster === null) throw new Error('no cluster');
  cluster = scene.cluster;
}, 180_000);
afterAll(async () => await scene?.stop());

async function admin(args: readonly string[]): Promise<string> {
  const { code, text } = await kubectl(cluster, args);
  expect(code, `kubectl ${args.join(' ')}: ${text}`).toBe(0);
  return text;
}

/** Names of the pods that carry the installation's label and run, as kubectl lists them. */
async function installed(): Promise<readonly string[]> {
  const chosen = [
    '-n',
    'drydock',
    '-l',
    'app.kubernetes.io/part-of=drydock',
    '--field-selector',
    'status.phase=Running',
  ];
  const text = await admin(['get', 'pods', ...chosen, '-o', 'name']);
  return text.split('\n').filter((line) => line.startsWith('pod/'));
}

/** The playground has no controller of stateful sets: the pod that one would make of the template, without its volume. */
async function createRedisPod(): Promise<void> {
  const { labels, pod } = Workload.parse(objectNamed(render(BASE), 'StatefulSet', 'drydock-redis'));
  const volumes = [...pod.volumes, { name: 'data', emptyDir: {} }];
  const { status, body } = await cluster.api.request({
    method: 'POST',
    path: '/api/v1/namespaces/drydock/pods',
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'drydock-redis-0', labels }, spec: { ...pod, volumes } },
  });
  expect(status, JSON.stringify(body)).toBe(201);
}

/** Everything that the thread of a run says, for people. */
function threadOf({ card }: EndedRun): string {
  const { message } = card;
  const channel = [...scene.workspace.state.channels.keys()].find((id) =>
    scene.workspace.messages(id).includes(message),
  );
  const said = scene.workspace.messages(channel ?? '').filter(({ threadTs }) => threadTs === message.ts);
  return said.map((each) => textOf({ ...card, message: each })).join('\n');
}

/** Waits until the thread has these words: it may be written after the card. */
async function inThread(end: EndedRun, words: string): Promise<void> {
  await expect.poll(() => threadOf(end), { timeout: 60_000 }).toContain(words);
}

function hostingOf({ state }: EndedRun): readonly unknown[] {
  return (state.plan?.checks ?? []).filter(({ id }) => id.startsWith('hosts-'));
}

const WARNING = { id: 'hosts-drydock', verdict: 'warn', title: TITLE, evidence: `${MEANS}. ${WHERE}` };
const LOOKS = ['/kube status prod', '/kube members prod', '/kube alarms prod', '/kube defrag prod --all --dry-run'];

describe('a cluster without Drydock on it', () => {
  test('no plan speaks of it', async () => {
    const end = await scene.ended(await scene.ask('/kube status prod'));

    expect(end.state.plan).not.toBeNull();
    expect(hostingOf(end)).toEqual([]);
    expect(textOf(end.card)).not.toContain('hosts Drydock');
  });
});

describe('the shipped installation runs on the cluster', () => {
  beforeAll(async () => {
    await admin(['apply', '--server-side', '-k', join(ROOT, BASE)]);
    await createRedisPod();
    await waitFor('5 pods of the installation', async () => (await installed()).length === 5, { timeoutMs: 60_000 });
  }, 120_000);

  test.each(LOOKS)('%s: the card and the thread say so, and what it means', async (line) => {
    const end = await scene.ended(await scene.ask(line));

    expect(hostingOf(end)).toEqual([WARNING]);
    expect(textOf(end.card)).toContain(`⚠ Warning: *${TITLE}* — ${MEANS}. ${WHERE}`);
    await inThread(end, `⚠ Warning: ${TITLE} — ${MEANS}. ${WHERE}`);
  });

  test('a defragmentation says it before anybody approves, and does its work', async () => {
    const run = await scene.ask('/kube defrag prod member/cp-2');
    const asked = textOf(await scene.gate(run));
    expect(asked).toContain(`⚠ Warning: *${TITLE}* — ${MEANS}. ${WHERE}`);

    await scene.approve(run);
    const end = await scene.ended(run, 120_000);

    expect(end.state.ended).toMatchObject({ outcome: 'succeeded' });
    expect(hostingOf(end)).toEqual([WARNING]);
    await inThread(end, `⚠ Warning: ${TITLE} — ${MEANS}. ${WHERE}`);
    expect(scene.turns.begun()).toEqual(['cp-2']);
  });

  test('of what was taken away nothing is said any more', async () => {
    await admin(['-n', 'drydock', 'delete', 'deployments,statefulsets', '--all']);
    await waitFor('Redis alone to be left', async () => (await installed()).join(' ') === 'pod/drydock-redis-0', {
      timeoutMs: 60_000,
    });
    const end = await scene.ended(await scene.ask('/kube members prod'));

    expect(hostingOf(end)).toMatchObject([{ title: "This cluster hosts Drydock's Redis" }]);
    expect(textOf(end.card)).not.toContain('while no worker is there');
  });
});
