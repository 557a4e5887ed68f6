import { fieldsOf, isObject, numberAt, sameJson, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { selects } from '../eviction/label-selecting.ts';
import { claimed } from './adopting.ts';
import { type Answer, accepted, acceptedOrGone } from './client.ts';
import type { Mirror } from './mirror.ts';
import { conditionOf, controllerUid, identity, isGoing, ownedBy, pathOf, podPath, timeOf } from './objects.ts';
import { replicaPlan, replicaSetStatus } from './replica-plan.ts';
import { queueOver, type Scene } from './scene.ts';

const ROOT = '/apis/apps/v1';
const NOTES = 'replicaset-controller';

/** Keeps as many pods as each ReplicaSet wants. */
export function keepReplicaSets(scene: Scene): void {
  const sets = scene.mirrors.of(`${ROOT}/replicasets`);
  const pods = scene.mirrors.of('/api/v1/pods');
  const queue = queueOver(
    scene,
    [sets, pods],
    () => sets.all().map((set) => identity(set).uid),
    async (uid) => {
      const set = sets.get(uid);
      const againIn = set === undefined ? null : await reconcile(scene, sets, pods, set);
      if (againIn !== null) queue.askIn(uid, againIn);
    },
  );
  sets.onChange(({ after }) => after !== null && queue.ask(identity(after).uid));
  pods.onChange(({ before, after }) => {
    for (const pod of [before, after]) {
      if (pod === null) continue;
      const controller = controllerUid(pod);
      if (controller !== '') queue.ask(controller);
      else for (const uid of fitting(sets, pod)) queue.ask(uid);
    }
  });
}

/** uids of the owners whose selector fits an object without a controller. */
export function fitting(owners: Mirror, object: ApiObject): readonly string[] {
  return owners
    .all()
    .filter((owner) => identity(owner).namespace === identity(object).namespace)
    .filter((owner) => selects(fieldsOf(owner['spec'])['selector'], object.metadata['labels']))
    .map((owner) => identity(owner).uid);
}

async function reconcile(scene: Scene, sets: Mirror, pods: Mirror, set: ApiObject): Promise<number | null> {
  const { uid } = identity(set);
  const dependents = { mirror: pods, root: '/api/v1', plural: 'pods' };
  const own = await claimed(scene.client, set, dependents);
  const problem = isGoing(set) ? null : await manage(scene, pods, set, own);
  const now = pods.all().filter((pod) => controllerUid(pod) === uid);
  const before = conditionOf(set, 'ReplicaFailure');
  const failure = problem === null ? null : failureCondition(problem, before);
  const { status, againIn } = replicaSetStatus(set, now, failure, Date.now());
  await writeStatus(scene, sets, set, status);
  if (problem !== null) throw new Error(textAt(problem.body, 'message'));
  return againIn;
}

function failureCondition(problem: Answer, before: Fields): Fields {
  return {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: before['lastTransitionTime'] ?? timeOf(Date.now()),
    reason: 'FailedCreate',
    message: textAt(problem.body, 'message'),
  };
}

/** Creates and removes pods. Answers the first refusal of a create. */
async function manage(
  { client }: Scene,
  pods: Mirror,
  set: ApiObject,
  own: readonly ApiObject[],
): Promise<Answer | null> {
  const { create, remove } = replicaPlan(numberAt(set, 'spec', 'replicas') ?? 1, own);
  const pod = podFrom(set, fieldsOf(fieldsOf(set['spec'])['template']));
  const answers = await inGroups(create, () =>
    client.create(`/api/v1/namespaces/${identity(set).namespace}/pods`, pod),
  );
  for (const answer of answers.filter(({ status }) => status === 201)) {
    await pods.sees(answer.body);
    const message = `Created pod: ${identity(answer.body).name}`;
    client.note(set, { type: 'Normal', reason: 'SuccessfulCreate', message, source: NOTES });
  }
  for (const each of remove) {
    acceptedOrGone(await client.remove(podPath(each), { preconditions: { uid: identity(each).uid } }));
    await pods.seesEnd(identity(each).uid);
    const message = `Deleted pod: ${identity(each).name}`;
    client.note(set, { type: 'Normal', reason: 'SuccessfulDelete', message, source: NOTES });
  }
  const refusal = answers.find(({ status }) => status !== 201) ?? null;
  if (refusal !== null && refusal.status !== 404) {
    const message = `Error creating: ${textAt(refusal.body, 'message')}`;
    client.note(set, { type: 'Warning', reason: 'FailedCreate', message, source: NOTES });
  }
  return refusal;
}

/** First one, then twice as many each time, and no more when one was refused: as the real controllers start. */
async function inGroups(count: number, ask: () => Promise<Answer>): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let size = 1; answers.length < count; size *= 2) {
    const group = Array.from({ length: Math.min(size, count - answers.length) }, ask);
    answers.push(...(await Promise.all(group)));
    if (answers.some(({ status }) => status !== 201)) break;
  }
  return answers;
}

/** A pod from a template, owned. */
export function podFrom(owner: ApiObject, template: Fields): ApiObject {
  const metadata = fieldsOf(template['metadata']);
  const generateName = `${identity(owner).name}-`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, generateName, ownerReferences: [ownedBy(owner)] },
    spec: template['spec'],
  };
}

async function writeStatus({ client }: Scene, sets: Mirror, set: ApiObject, status: Fields): Promise<void> {
  if (sameJson(set['status'], status)) return;
  const path = `${pathOf(ROOT, 'replicasets', set)}/status`;
  const answer = await client.replace(path, { ...set, status });
  if (answer.status === 404) return;
  const written = accepted(answer);
  if (isObject(written)) await sets.sees(written);
}
