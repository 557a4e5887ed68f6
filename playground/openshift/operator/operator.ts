import { setTimeout as delay } from 'node:timers/promises';
import { at, sameJson } from '../../kubernetes/api/reading.ts';
import { createClient } from '../../kubernetes/controllers/client.ts';
import { identity } from '../../kubernetes/controllers/objects.ts';
import { allFilled, type OcpScene, type Writer, writerOf } from '../scene.ts';
import { adoptCertificates, keepCertificates } from './certificates.ts';
import { etcdConditions, operatorConditions, timed } from './conditions.ts';
import { type HookRule, keepHooks } from './hooks.ts';
import { installRevision, type PodSettings } from './installer.ts';
import { keepEndpoints, keepMembers, removeSurplus } from './members.ts';
import { keepRevision } from './revisions.ts';
import { type NodeRevision, nextRollout } from './rollout.ts';
import { followSources, isNodeReady, lookAround, podStateOf, type Sources, type View } from './view.ts';

/** How the stand-in of the etcd operator behaves. */
export interface OperatorOptions {
  readonly settings: PodSettings;
  readonly hookRule: HookRule;
}

const LOOK_EVERY_MS = 700;
/** How long the real operator waits before a degraded part makes it degraded. */
const INERTIA_MS = 120_000;
const ETCD = '/apis/operator.openshift.io/v1/etcds/cluster';
const CLUSTER_OPERATOR = '/apis/config.openshift.io/v1/clusteroperators/etcd';

/**
 * The etcd operator, small: certificates, revisions, installation one node at a time, members, hooks of machines, and what it says of all that.
 * It looks at everything again and again; what fails is said as a condition and tried in the next round.
 */
export async function runEtcdOperator(scene: OcpScene, options: OperatorOptions): Promise<void> {
  const sources = followSources(scene);
  const writer = writerOf(createClient(scene.api, 'cluster-etcd-operator'));
  const { ring: _ring, ...mirrors } = sources;
  let isAdopted = false;
  while (!scene.signal.aborted) {
    try {
      if (allFilled(Object.values(mirrors))) {
        const view = await lookAround(sources);
        if (view !== null) {
          isAdopted ||= await adopt(scene, writer, view);
          // What was taken over is seen first.
          if (view.statuses.length > 0) await round(scene, sources, writer, view, options);
        }
      }
    } catch {
      // The API server is away, or somebody was faster: the next round looks again.
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: scene.signal, ref: false }).catch(() => undefined);
  }
}

/** At its first start it takes over what bootstrapping left: certificates, and revision 1 on all first nodes. */
async function adopt(scene: OcpScene, writer: Writer, view: View): Promise<boolean> {
  if (view.latest > 0) return true;
  await adoptCertificates(scene, writer).catch(() => undefined);
  const nodeStatuses = scene.cluster.nodes
    .filter(({ role }) => role === 'control-plane')
    .map(({ name }) => ({ nodeName: name, currentRevision: 1, targetRevision: 0 }));
  await writer.merge(`${ETCD}/status`, { status: { nodeStatuses } });
  return true;
}

async function round(
  scene: OcpScene,
  sources: Sources,
  writer: Writer,
  view: View,
  options: OperatorOptions,
): Promise<void> {
  const problems = new Map<string, string>();
  async function part<T>(controller: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      problems.set(controller, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
  await part('EtcdEndpoints', () => keepEndpoints(scene, sources, view, writer));
  await part('EtcdCertSignerController', () => keepCertificates(scene, sources, view, writer));
  const latest = (await part('RevisionController', () => keepRevision(scene, sources, view, writer))) ?? view.latest;
  const statuses =
    (await part('InstallerController', () => rollOut(scene, sources, view, latest, options))) ?? view.statuses;
  await part('ClusterMemberController', () => keepMembers(scene, sources, view));
  await part('ClusterMemberRemovalController', () => removeSurplus(scene, sources, view));
  await part('MachineDeletionHooksController', () => keepHooks(scene, view, writer, options.hookRule));
  await tell(scene, writer, view, { statuses, latest, problems });
}

/** Takes one step of the installation; answers the statuses of all nodes that are there. */
async function rollOut(
  scene: OcpScene,
  sources: Sources,
  view: View,
  latest: number,
  { settings }: OperatorOptions,
): Promise<readonly NodeRevision[]> {
  const present = view.masters.map((master) => identity(master).name);
  const statuses = present.map(
    (nodeName) =>
      view.statuses.find((each) => each.nodeName === nodeName) ?? { nodeName, currentRevision: 0, targetRevision: 0 },
  );
  const step = nextRollout({
    statuses,
    latest,
    pod: (node) => podStateOf(view.podOf(node)),
    isNodeReady: (node) => isNodeReady(view.masters.find((master) => identity(master).name === node)),
  });
  if (step.install === null) return step.statuses;
  const node = scene.cluster.nodes.find(({ name }) => name === step.install);
  if (node === undefined) return statuses;
  await installRevision(scene, sources, node, latest, settings);
  return step.statuses;
}

interface Told {
  readonly statuses: readonly NodeRevision[];
  readonly latest: number;
  readonly problems: ReadonlyMap<string, string>;
}

async function tell(scene: OcpScene, writer: Writer, view: View, told: Told): Promise<void> {
  const now = Date.now();
  const conditions = timed(view.etcd, etcdConditions(view, told.statuses, told.latest, told.problems), now);
  const readyReplicas = view.masters.filter((each) => podStateOf(view.podOf(identity(each).name)).isReady).length;
  const status = {
    conditions,
    latestAvailableRevision: told.latest,
    nodeStatuses: told.statuses,
    readyReplicas,
    version: '4.16.0',
  };
  if (!sameJson(view.etcd['status'], status)) {
    await writer.merge(`${ETCD}/status`, { status });
  }
  const operator = scene.mirrors.of('/apis/config.openshift.io/v1/clusteroperators').named('', 'etcd');
  const sums = timed(operator, operatorConditions({ status }, now, INERTIA_MS * scene.pace), now);
  if (operator === undefined || sameJson(at(operator, 'status', 'conditions'), sums)) return;
  await writer.merge(`${CLUSTER_OPERATOR}/status`, { status: { conditions: sums } });
}
