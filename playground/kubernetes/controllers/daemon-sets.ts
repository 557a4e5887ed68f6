import { at, fieldsOf, numberAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { isEmptySelector } from '../eviction/label-selecting.ts';
import { claimed } from './adopting.ts';
import { accepted, acceptedOrGone } from './client.ts';
import { daemonPlan, daemonStatus, daemonTolerations, TEMPLATE } from './daemon-plan.ts';
import type { Mirror } from './mirror.ts';
import { availableIn, controllerUid, identity, isGoing, pathOf, podPath } from './objects.ts';
import { fitting, podFrom } from './replica-sets.ts';
import { queueOver, type Scene } from './scene.ts';
import { templateHash } from './template-hash.ts';

const ROOT = '/apis/apps/v1';
const GENERATION = 'deprecated.daemonset.template.generation';

/** Keeps one pod of each DaemonSet on every node where it belongs. */
export function keepDaemonSets(scene: Scene): void {
  const sets = scene.mirrors.of(`${ROOT}/daemonsets`);
  const pods = scene.mirrors.of('/api/v1/pods');
  const nodes = scene.mirrors.of('/api/v1/nodes');
  function all(): readonly string[] {
    return sets.all().map((set) => identity(set).uid);
  }
  const queue = queueOver(scene, [sets, pods, nodes], all, async (uid) => {
    const set = sets.get(uid);
    if (set === undefined) return;
    const againIn = await reconcile(scene, { sets, pods, nodes }, set);
    if (againIn !== null) queue.askIn(uid, againIn);
  });
  sets.onChange(({ after }) => after !== null && queue.ask(identity(after).uid));
  pods.onChange(({ before, after }) => {
    for (const pod of [before, after]) {
      if (pod === null) continue;
      const controller = controllerUid(pod);
      for (const uid of controller === '' ? fitting(sets, pod) : [controller]) queue.ask(uid);
    }
  });
  nodes.onChange(({ before, after }) => {
    const same = sameJson([before?.metadata['labels'], before?.['spec']], [after?.metadata['labels'], after?.['spec']]);
    if (!same) for (const uid of all()) queue.ask(uid);
  });
}

interface Known {
  readonly sets: Mirror;
  readonly pods: Mirror;
  readonly nodes: Mirror;
}

async function reconcile(scene: Scene, { sets, pods, nodes }: Known, set: ApiObject): Promise<number | null> {
  if (isEmptySelector(at(set, 'spec', 'selector'))) return null;
  const { client } = scene;
  const template = templateHash(at(set, 'spec', 'template'));
  const own = await claimed(client, set, { mirror: pods, root: '/api/v1', plural: 'pods' });
  if (!isGoing(set)) {
    const { create, remove } = daemonPlan(set, nodes.all(), own, template);
    for (const pod of remove) {
      acceptedOrGone(await client.remove(podPath(pod), { preconditions: { uid: identity(pod).uid } }));
      await pods.seesEnd(identity(pod).uid);
    }
    for (const node of create) {
      const path = `/api/v1/namespaces/${identity(set).namespace}/pods`;
      const made = accepted(await client.create(path, daemonPod(set, node, template)));
      await pods.sees(made);
      const message = `Created pod: ${identity(made).name}`;
      client.note(set, { type: 'Normal', reason: 'SuccessfulCreate', message, source: 'daemonset-controller' });
    }
  }
  const now = Date.now();
  const present = pods.all().filter((pod) => controllerUid(pod) === identity(set).uid);
  await writeStatus(scene, sets, set, daemonStatus(set, nodes.all(), present, { template, now }));
  const waits = present.map((pod) => availableIn(pod, numberAt(set, 'spec', 'minReadySeconds') ?? 0, now) ?? 0);
  const soonest = Math.min(...waits.filter((wait) => wait > 0));
  return Number.isFinite(soonest) ? soonest : null;
}

/** The pod of one node: the scheduler puts it there because of its affinity. */
function daemonPod(set: ApiObject, node: string, template: string): ApiObject {
  const pod = podFrom(set, fieldsOf(at(set, 'spec', 'template')));
  const spec = fieldsOf(pod['spec']);
  const affinity = fieldsOf(spec['affinity']);
  const nodeAffinity = {
    ...fieldsOf(affinity['nodeAffinity']),
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
    },
  };
  const generation = textAt(set, 'metadata', 'annotations', GENERATION);
  const labels = {
    ...fieldsOf(pod.metadata['labels']),
    [TEMPLATE]: template,
    ...(generation === '' ? {} : { 'pod-template-generation': generation }),
  };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...spec, affinity: { ...affinity, nodeAffinity }, tolerations: daemonTolerations(spec) },
  };
}

async function writeStatus({ client }: Scene, sets: Mirror, set: ApiObject, status: Fields): Promise<void> {
  const live = sets.get(identity(set).uid);
  if (live === undefined || sameJson(live['status'], status)) return;
  const answer = await client.replace(`${pathOf(ROOT, 'daemonsets', live)}/status`, { ...live, status });
  if (answer.status !== 404) await sets.sees(accepted(answer));
}
