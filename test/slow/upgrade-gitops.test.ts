import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { settleGate } from '../../playground/demo/settle.ts';
import { allCards, type RunCard } from '../../playground/demo/sightings.ts';
import { createStage, type Stage } from '../../playground/demo/stage.ts';
import { type Playground, startPlayground } from '../../playground/playground.ts';
import { openKubernetes } from '../../src/adapters/kubernetes/open.ts';
import type { KubernetesObject, KubernetesPort } from '../../src/core/ports/kubernetes.ts';

/** An upgrade beside an Argo CD that heals itself, by the commands and the clicks of people: stopped, then suspended, committed, followed again. */
let playground: Playground;
let stage: Stage;
let management: KubernetesPort;
const said: string[] = [];
const LONG_MS = 200_000;
const UPGRADE = '/kube upgrade capi controlplane --to v1.31.4';
const PLANE = { apiVersion: 'controlplane.cluster.x-k8s.io/v1beta2', kind: 'KubeadmControlPlane' };
const FILE = 'KubeadmControlPlane-capi-clusters-capi-control-plane.patch.yaml';
const KINDS = ['DevMachineTemplate', 'KubeadmControlPlane'];
const APPLICATION = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' };

beforeAll(async () => {
  playground = await startPlayground({ clusters: ['capi'], fill: false, capi: { pace: 0.1 }, selfHeal: true });
  stage = createStage(playground, (line) => void said.push(line));
  const entry = z.looseObject({ management: z.looseObject({ kubeconfig: z.string() }) });
  management = openKubernetes({ kubeconfig: entry.parse(playground.platforms[0]?.entry).management.kubeconfig });
}, 180_000);

afterAll(async () => {
  await management.close();
  await playground.stop();
});

/** Types a command and answers the run that comes of it. */
async function ask(command: string): Promise<string> {
  const { workspace } = playground;
  const known = allCards(workspace).length;
  await workspace.person('operator').command(command);
  const cards = (): readonly RunCard[] => allCards(workspace);
  await workspace.waitFor('its card', () => cards().length > known, 30_000);
  return cards().at(-1)?.run ?? '';
}

/** Lets people decide at each gate until the run ends; `atWork` comes before the work that it waits for outside. */
async function seeThrough(
  run: string,
  atWork: () => Promise<void> = async () => await Promise.resolve(),
): Promise<RunCard> {
  const { workspace } = playground;
  for (;;) {
    const card = await workspace.waitFor(
      `${run} to end or to wait`,
      () => allCards(workspace).find((each) => each.run === run && /^(?:ended|waiting-for-people)$/.test(each.state)),
      LONG_MS,
    );
    if (card.state === 'ended') return card;
    if (card.gate === 'commit-to-git') await atWork();
    expect(await settleGate(stage, card, 'approve', workspace.person('operator').id)).toEqual({ ok: true });
  }
}

async function live(what: { readonly apiVersion: string; readonly kind: string }, namespace: string, name: string) {
  const got = await management.get({ ...what, namespace, name }, { timeoutMs: 5000 });
  if (!got.ok) throw new Error(`${what.kind} ${name}: ${got.error.message}`);
  return got.value;
}

/** What the control plane says against itself. */
async function notWell(): Promise<readonly string[]> {
  const plane = await live(PLANE, 'capi-clusters', 'capi-control-plane');
  const { conditions } = Status.parse(plane['status']);
  return conditions.flatMap(({ type, status, message }) =>
    /^(?:Available|EtcdClusterHealthy|ControlPlaneComponentsHealthy)$/.test(type) && status !== 'True'
      ? [`${type}: ${message}`]
      : [],
  );
}

const Status = z.looseObject({
  conditions: z.array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().default('') })),
});

function policyOf(application: KubernetesObject): unknown {
  return z.looseObject({ syncPolicy: z.looseObject({ automated: z.json().optional() }) }).parse(application['spec'])
    .syncPolicy.automated;
}

const Document = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({}),
});

/** What the file of a run says that is put into its thread: it may come after the card. */
async function documentsOf(run: string, file: string) {
  const { workspace } = playground;
  const content = await workspace.waitFor(
    `${file} of ${run}`,
    () =>
      [...workspace.state.files.values()].find(({ name }) => name.startsWith(run) && name.endsWith(file))?.content ??
      undefined,
    30_000,
  );
  return parseAllDocuments(content.toString()).map((each) => Document.parse(each.toJS()));
}

test('stopped with the file for Git; suspended, upgraded, committed, followed again, and verified behind that', async () => {
  const blocked = await seeThrough(await ask(UPGRADE));
  expect(blocked.outcome).toBe('blocked');
  expect((await documentsOf(blocked.run, FILE)).map(({ kind }) => kind)).toEqual(KINDS);
  const plane = await live(PLANE, 'capi-clusters', 'capi-control-plane');
  expect(plane['spec']).toMatchObject({ version: 'v1.30.6' });
  // On a busy machine its members may have been slow for a moment, which is told and blocks.
  await expect.poll(async () => await notWell()).toEqual([]);

  const run = await ask(`${UPGRADE} --suspend-gitops`);
  const ended = await seeThrough(run, async () => {
    expect(policyOf(await live(APPLICATION, 'argocd', 'capi-clusters'))).toBeUndefined();
    // What people commit is what the file says: the template first, then the object that names it.
    const documents = await documentsOf(run, FILE);
    expect(documents.map(({ kind }) => kind)).toEqual(KINDS);
    for (const { apiVersion, kind, metadata, spec } of documents)
      expect((await live({ apiVersion, kind }, metadata.namespace, metadata.name))['spec']).toMatchObject(spec);
  });

  expect(ended.outcome, JSON.stringify(ended.message.blocks)).toBe('succeeded');
  expect(said.join()).toContain('committed to Git what is in the cluster now');
  const application = await live(APPLICATION, 'argocd', 'capi-clusters');
  expect(policyOf(application)).toMatchObject({ selfHeal: true });
  expect(application.metadata.annotations ?? {}).not.toHaveProperty('drydock.dev/gitops-suspended-by');
  const after = await live(PLANE, 'capi-clusters', 'capi-control-plane');
  expect(after['spec']).toMatchObject({ version: 'v1.31.4' });
  const [followed, verified] = [
    'Git is followed again, and the change stands',
    'controlplane of capi: every machine and node is at v1.31.4',
  ];
  // What stands in the thread may come after the card.
  await playground.workspace.waitFor(`"${followed}", and behind that "${verified}"`, () => {
    const messages = playground.workspace.messages(ended.message.channel);
    const texts = messages.map(({ text }) => text).join('\n');
    return texts.includes(followed) && texts.lastIndexOf(verified) > texts.lastIndexOf(followed);
  });
}, 600_000);
