import { at, fieldsOf, listAt, numberAt, sameJson, textAt, withMetadata } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { isEmptySelector } from '../eviction/label-selecting.ts';
import { claimed } from './adopting.ts';
import { accepted, acceptedOrGone } from './client.ts';
import {
  beyondHistory,
  freshOf,
  newSet,
  nextRevision,
  oldestFirst,
  REVISION,
  resized,
  revisionOf,
  sizeOf,
  wasRescaled,
} from './deployment-sets.ts';
import {
  condition,
  countedStatus,
  deadlineIn,
  isComplete,
  type RolloutFacts,
  rolloutStatus,
  withCondition,
} from './deployment-status.ts';
import type { Mirror } from './mirror.ts';
import { conditionOf, controllerOf, controllerUid, hasEnded, identity, isGoing, pathOf } from './objects.ts';
import { fitting } from './replica-sets.ts';
import { type Bounds, boundsOf, newReplicas, type Resize, rescaled, rollingStep } from './rolling-update.ts';
import { queueOver, type Scene } from './scene.ts';

const ROOT = '/apis/apps/v1';
const NOTES = 'deployment-controller';

/** Rolls out every Deployment. */
export function keepDeployments(scene: Scene): void {
  const deployments = scene.mirrors.of(`${ROOT}/deployments`);
  const sets = scene.mirrors.of(`${ROOT}/replicasets`);
  const pods = scene.mirrors.of('/api/v1/pods');
  const queue = queueOver(
    scene,
    [deployments, sets, pods],
    () => deployments.all().map((each) => identity(each).uid),
    async (uid) => {
      const deployment = deployments.get(uid);
      if (deployment === undefined) return;
      await reconcile({ ...scene, deployments, sets, pods }, deployment);
      const now = deployments.get(uid);
      const wait = now === undefined || at(now, 'spec', 'paused') === true ? null : deadlineIn(now, Date.now());
      if (wait !== null && wait > 0) queue.askIn(uid, wait + 1_000);
    },
  );
  deployments.onChange(({ after }) => after !== null && queue.ask(identity(after).uid));
  sets.onChange(({ before, after }) => {
    for (const set of [before, after]) {
      if (set === null) continue;
      const controller = controllerUid(set);
      for (const uid of controller === '' ? fitting(deployments, set) : [controller]) queue.ask(uid);
    }
  });
  // Recreate waits for the last pod.
  pods.onChange(({ before, after }) => {
    if (after !== null || before === null || textAt(controllerOf(before), 'kind') !== 'ReplicaSet') return;
    const set = sets.get(controllerUid(before));
    if (set !== undefined) queue.ask(controllerUid(set));
  });
}

interface Tools extends Scene {
  readonly deployments: Mirror;
  readonly sets: Mirror;
  readonly pods: Mirror;
}

interface Rollout {
  readonly deployment: ApiObject;
  readonly bounds: Bounds;
  readonly fresh: ApiObject | undefined;
  readonly old: readonly ApiObject[];
}

async function reconcile(tools: Tools, deployment: ApiObject): Promise<void> {
  if (isEmptySelector(at(deployment, 'spec', 'selector'))) return;
  await claimed(tools.client, deployment, { mirror: tools.sets, root: ROOT, plural: 'replicasets' });
  const rollout = look(tools, deployment);
  if (isGoing(deployment)) return report(tools, deployment, countedStatus);
  const paused = at(deployment, 'spec', 'paused') === true;
  const pausing = pauseCondition(deployment, paused);
  if (pausing !== null) {
    const conditions = withCondition(listAt(deployment, 'status', 'conditions'), pausing, Date.now());
    const written = await writeStatus(tools, rollout, { ...fieldsOf(deployment['status']), conditions });
    // Its own change brings it back here.
    if (written) return;
  }
  if (paused || wasRescaled(allOf(rollout), rollout.bounds)) {
    await rescale(tools, rollout);
    return report(tools, deployment, countedStatus);
  }
  const started = await withFresh(tools, rollout);
  const changed =
    textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate'
      ? await recreate(tools, started)
      : await resize(tools, started, rollingStep(started.bounds, sizeNow(started), oldSizes(started)));
  if (!changed) await forgetHistory(tools, started);
  return report(tools, deployment, rolloutStatus);
}

function allOf({ fresh, old }: Rollout): readonly ApiObject[] {
  return fresh === undefined ? old : [fresh, ...old];
}

function look({ sets }: Tools, deployment: ApiObject): Rollout {
  const own = sets.all().filter((set) => controllerUid(set) === identity(deployment).uid);
  const fresh = freshOf(deployment, own);
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const rolling = fieldsOf(at(deployment, 'spec', 'strategy', 'rollingUpdate'));
  const bounds =
    textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate'
      ? { wanted, maxSurge: 0, maxUnavailable: 0 }
      : boundsOf(wanted, rolling['maxSurge'], rolling['maxUnavailable']);
  return { deployment, bounds, fresh, old: oldestFirst(own.filter((set) => set !== fresh)) };
}

function oldSizes({ old }: Rollout) {
  return old.map(sizeOf);
}

function sizeNow({ fresh }: Rollout) {
  return fresh === undefined ? { uid: '', replicas: 0, available: 0 } : sizeOf(fresh);
}

async function rescale(tools: Tools, rollout: Rollout): Promise<void> {
  const newest = rollout.fresh ?? rollout.old.at(-1);
  if (newest === undefined || !wasRescaled(allOf(rollout), rollout.bounds)) return;
  const wanted = rescaled(rollout.bounds, allOf(rollout).map(sizeOf), identity(newest).uid);
  // Those that keep their size still note what is wanted now.
  const rest = allOf(rollout)
    .map(sizeOf)
    .filter(({ uid, replicas }) => replicas > 0 && !wanted.some((each) => each.uid === uid));
  await resize(tools, rollout, [...wanted, ...rest], true);
}

/** The rollout with a ReplicaSet of the present template, which has the newest revision. */
async function withFresh(tools: Tools, rollout: Rollout): Promise<Rollout> {
  const { deployment, bounds, fresh, old } = rollout;
  const revision = nextRevision(fresh, old);
  if (fresh !== undefined) {
    const minReady = numberAt(deployment, 'spec', 'minReadySeconds') ?? 0;
    const current = revisionOf(fresh) === revision && (numberAt(fresh, 'spec', 'minReadySeconds') ?? 0) === minReady;
    if (current) return rollout;
    await putSet(tools, resized(fresh, deployment, bounds, { replicas: sizeOf(fresh).replicas, revision }));
    return look(tools, deployment);
  }
  const waits =
    textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate' &&
    oldSizes(rollout).some((each) => each.replicas > 0);
  if (waits || hasOldPods(tools, rollout)) return rollout;
  const replicas = newReplicas(bounds, { replicas: 0 }, oldSizes(rollout));
  const set = newSet(deployment, bounds, replicas, revision);
  const made = accepted(
    await tools.client.create(`${ROOT}/namespaces/${identity(deployment).namespace}/replicasets`, set),
  );
  await tools.sets.sees(made);
  noteScale(tools, deployment, identity(set).name, 0, replicas);
  const words = condition(
    'Progressing',
    'True',
    'NewReplicaSetCreated',
    `Created new replica set "${identity(set).name}"`,
  );
  await writeStatus(tools, look(tools, deployment), {
    ...fieldsOf(deployment['status']),
    conditions: withCondition(listAt(deployment, 'status', 'conditions'), words, Date.now()),
  });
  return look(tools, deployment);
}

/** Whether a Recreate must wait for pods of before. */
function hasOldPods({ pods }: Tools, { deployment, old }: Rollout): boolean {
  if (textAt(deployment, 'spec', 'strategy', 'type') !== 'Recreate') return false;
  const uids = new Set(old.map((set) => identity(set).uid));
  return pods.all().some((pod) => uids.has(controllerUid(pod)) && !hasEnded(pod));
}

async function recreate(tools: Tools, rollout: Rollout): Promise<boolean> {
  const { bounds, fresh } = rollout;
  const running = oldSizes(rollout).filter(({ replicas }) => replicas > 0);
  if (running.length > 0)
    return resize(
      tools,
      rollout,
      running.map(({ uid }) => ({ uid, replicas: 0 })),
    );
  const uid = fresh === undefined ? '' : identity(fresh).uid;
  return resize(tools, rollout, [{ uid, replicas: bounds.wanted }]);
}

/** Writes the sizes that differ. Answers whether any did. */
async function resize(tools: Tools, rollout: Rollout, wanted: readonly Resize[], noting = false): Promise<boolean> {
  const { deployment, bounds } = rollout;
  let changed = false;
  for (const { uid, replicas } of wanted) {
    const set = allOf(rollout).find((each) => identity(each).uid === uid);
    if (set === undefined) continue;
    const before = sizeOf(set).replicas;
    if (before === replicas && !noting) continue;
    await putSet(tools, resized(set, deployment, bounds, { replicas, revision: null }));
    if (before !== replicas) noteScale(tools, deployment, identity(set).name, before, replicas);
    changed = true;
  }
  return changed;
}

function noteScale({ client }: Tools, deployment: ApiObject, set: string, from: number, to: number): void {
  const way = to > from ? 'up' : 'down';
  const message = `Scaled ${way} replica set ${set} from ${from} to ${to}`;
  client.note(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message, source: NOTES });
}

async function putSet({ client, sets }: Tools, set: ApiObject): Promise<void> {
  const written = accepted(await client.replace(pathOf(ROOT, 'replicasets', set), set));
  await sets.sees(written);
}

async function forgetHistory({ client, sets }: Tools, { deployment, bounds, old }: Rollout): Promise<void> {
  if (!isComplete(fieldsOf(deployment['status']), bounds)) return;
  for (const set of beyondHistory(deployment, old)) {
    acceptedOrGone(await client.remove(pathOf(ROOT, 'replicasets', set)));
    await sets.seesEnd(identity(set).uid);
  }
}

async function report(tools: Tools, deployment: ApiObject, statusOf: (facts: RolloutFacts) => Fields): Promise<void> {
  const present = tools.deployments.get(identity(deployment).uid);
  if (present === undefined) return;
  const rollout = look(tools, present);
  await writeStatus(tools, rollout, statusOf({ ...rollout, now: Date.now() }));
}

function pauseCondition(deployment: ApiObject, paused: boolean): Fields | null {
  const reason = conditionOf(deployment, 'Progressing')['reason'];
  if (reason === 'ProgressDeadlineExceeded') return null;
  if (paused) return condition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  if (reason === 'DeploymentPaused')
    return condition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  return null;
}

/** Writes the status, and the revision beside it, when either differs; answers whether. */
async function writeStatus({ client, deployments }: Tools, rollout: Rollout, status: Fields): Promise<boolean> {
  const live = deployments.get(identity(rollout.deployment).uid);
  if (live === undefined) return false;
  const annotations = fieldsOf(live.metadata['annotations']);
  const revision = isGoing(live) ? '' : textAt(rollout.fresh, 'metadata', 'annotations', REVISION);
  const noted =
    revision === '' || annotations[REVISION] === revision ? annotations : { ...annotations, [REVISION]: revision };
  if (sameJson(live['status'], status) && noted === annotations) return false;
  const next = { ...withMetadata(live, Object.keys(noted).length === 0 ? {} : { annotations: noted }), status };
  const answer = await client.replace(`${pathOf(ROOT, 'deployments', live)}/status`, next);
  if (answer.status === 404) return false;
  await deployments.sees(accepted(answer));
  return true;
}
