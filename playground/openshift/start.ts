import { listAt, numberAt, textAt } from '../kubernetes/api/reading.ts';
import { type ClusterOptions, type PlaygroundCluster, startCluster } from '../kubernetes/cluster.ts';
import { createScene } from '../kubernetes/controllers/scene.ts';
import { waitFor } from '../waiting.ts';
import { OPENSHIFT } from './flavour.ts';
import { type Cloud, createCloud } from './machines/cloud.ts';
import { runHealthChecks } from './machines/health-check.ts';
import { runMachineApi } from './machines/machine-controller.ts';
import { runMachineSet } from './machines/machine-set.ts';
import { runDefrag } from './operator/defrag.ts';
import type { HookRule } from './operator/hooks.ts';
import { runEtcdOperator } from './operator/operator.ts';
import { readObject } from './scene.ts';
import { firstMachine, seedObjects } from './seed.ts';

/** All optional. */
export interface OcpOptions
  extends Pick<ClusterOptions, 'name' | 'etcd' | 'etcdArgs' | 'quotaBytes' | 'backOff' | 'onRefused' | 'directory'> {
  /** Scales what kubelets, operators and the cloud wait for; default 0.1. */
  readonly pace?: number;
  /**
   * Who makes machines of the control plane: an Active ControlPlaneMachineSet; people, with an Inactive one (default) or with none
   * (`plain`); or nobody (`none`: there is no Machine of the control plane).
   */
  readonly machines?: 'active-set' | 'inactive-set' | 'plain' | 'none';
  /** When the etcd operator takes its hook off a machine that is being deleted; default `member-gone`, as newer versions do. */
  readonly hookRule?: HookRule;
  /** Whether a MachineHealthCheck selects the control plane; default false. */
  readonly healthCheck?: boolean;
}

/** A cluster as OpenShift is, with stand-ins for the operators that take part in the replacement of a member. */
export interface OcpPlayground {
  readonly cluster: PlaygroundCluster;
  readonly cloud: Cloud;
  readonly machines: NonNullable<OcpOptions['machines']>;
  /** The machine goes off; its object says `stopped`. */
  powerOff(node: string): Promise<void>;
  powerOn(node: string): void;
  /** What a person does where nobody makes machines: a further host of the control plane, switched on. @returns its name. */
  buildHost(): Promise<string>;
  /** Waits until all members of the control plane run at the newest revision (default 120 s). */
  settled(timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts three control-plane nodes laid out as OpenShift has them, with real etcd, and the stand-ins. Waits until the operator is at rest.
 * Needs an address of its own for every node, and so Linux.
 *
 * @throws Error when a program is missing or the cluster does not come to rest in time.
 */
export async function startOcp(options: OcpOptions = {}): Promise<OcpPlayground> {
  const { machines: _machines, hookRule = 'member-gone', healthCheck: _check, pace = 0.1, ...rest } = options;
  const quotaBytes = options.quotaBytes ?? 512 * 1024 * 1024;
  const cluster = await startCluster({ name: 'ocp', ...rest, pace, quotaBytes, flavour: OPENSHIFT, addresses: 'own' });
  const ending = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  async function stop(): Promise<void> {
    ending.abort();
    await running;
    await cluster.stop();
  }
  try {
    const cloud = createCloud(cluster, ({ name }) => firstMachine(name));
    await seedObjects(cluster, options);
    const scene = { ...createScene(cluster.api, ending.signal, pace), cluster, cloud, replicas: cluster.nodes.length };
    const settings = { quotaBytes, etcdVersion: cluster.etcd.programs.version, etcdArgs: options.etcdArgs ?? [] };
    running = Promise.all([
      runEtcdOperator(scene, { settings, hookRule }),
      runMachineApi(scene),
      runMachineSet(scene),
      runHealthChecks(scene),
      runDefrag(scene),
    ]);
    const settled = async (timeoutMs = 120_000): Promise<void> => {
      await waitFor('the etcd operator to be at rest', () => isSettled(cluster), { timeoutMs, everyMs: 200 });
    };
    await settled();
    return {
      cluster,
      cloud,
      machines: options.machines ?? 'inactive-set',
      powerOff: (node) => cloud.powerOff(node),
      powerOn: (node) => cloud.powerOn(node),
      async buildHost() {
        const instance = cloud.create('by hand');
        await cloud.boot(instance);
        return instance.node;
      },
      settled,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function isSettled({ api, nodes }: PlaygroundCluster): Promise<boolean> {
  const etcd = await readObject(api, '/apis/operator.openshift.io/v1/etcds/cluster').catch(() => null);
  const latest = numberAt(etcd, 'status', 'latestAvailableRevision') ?? 0;
  const statuses = listAt(etcd, 'status', 'nodeStatuses');
  const conditions = listAt(etcd, 'status', 'conditions');
  const available = conditions.find((each) => textAt(each, 'type') === 'EtcdMembersAvailable');
  return (
    latest > 0 &&
    statuses.length === nodes.filter(({ role }) => role === 'control-plane').length &&
    statuses.every((each) => numberAt(each, 'currentRevision') === latest) &&
    textAt(available, 'status') === 'True' &&
    numberAt(etcd, 'status', 'readyReplicas') === statuses.length
  );
}
