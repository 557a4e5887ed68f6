import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { serviceAccountKubeconfig } from '../../playground/kubernetes/cluster/account-kubeconfig.ts';
import { type ClusterOptions, type PlaygroundCluster, startCluster } from '../../playground/kubernetes/cluster.ts';
import { kubectl } from './cluster-pods.ts';
import type { Rendered } from './rendered.ts';
import { ROOT } from './repository.ts';
import { createRunbookScene, type RunbookScene, type ScenePeople } from './runbook-scene.ts';

/** The account that roles are bound to. */
export const WORKER = { namespace: 'drydock', name: 'drydock-worker' } as const;

/** A cluster with the shipped installation applied to it, and the rights of its worker in the test's hands. */
export interface RightsScene {
  readonly cluster: PlaygroundCluster;
  /** Runs kubectl as the administrator; the test fails when it does. */
  admin(args: readonly string[]): Promise<void>;
  /** Gives the worker's account these rights and no other, until the test is over. */
  grant(objects: readonly Rendered[]): Promise<void>;
  /**
   * Runbooks as the worker's account, with one folder for backups and drills by what `PATH` has; `tls` only for `tunnel`, default:
   * certificates from files. `more`: further entries of the cluster.
   */
  runbooks(access: 'exec' | 'tunnel', tls?: object, more?: object, people?: ScenePeople): RunbookScene;
  stop(): Promise<void>;
}

/** Starts the cluster and applies `deploy/kustomize/base`. */
export async function startRightsScene(options: ClusterOptions = {}): Promise<RightsScene> {
  const cluster = await startCluster(options);
  async function admin(args: readonly string[]): Promise<void> {
    const { code, text } = await kubectl(cluster, args);
    expect(code, `kubectl ${args.join(' ')}: ${text}`).toBe(0);
  }
  try {
    await admin(['apply', '--server-side', '-k', join(ROOT, 'deploy/kustomize/base')]);
    const kubeconfig = await serviceAccountKubeconfig(cluster, WORKER);
    const folder = join(cluster.directory, 'backups');
    await mkdir(folder);
    return {
      cluster,
      admin,
      async grant(objects) {
        const file = join(cluster.directory, 'granted.yaml');
        await writeFile(file, objects.map((object) => stringify(object)).join('---\n'));
        await admin(['apply', '--server-side', '--force-conflicts', '-f', file]);
        onTestFinished(() => admin(['delete', '-f', file]));
      },
      runbooks(access, tls = cluster.etcd.tls, more = {}, people = {}) {
        const defrag = { sample: '100ms', pause: '0s', answerWithin: '30s' };
        const etcd = access === 'exec' ? { access, defrag } : { access, tls, defrag };
        const backups = { store: { type: 'file', path: folder } };
        const scene = createRunbookScene({ platform: 'kubeadm', kubeconfig, etcd, backups, ...more }, people);
        onTestFinished(() => scene.close());
        return scene;
      },
      stop: () => cluster.stop(),
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
