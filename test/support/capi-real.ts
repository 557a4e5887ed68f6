import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Capi, type CapiOptions, startCapi } from '../../playground/cluster-api/capi.ts';
import { platformOfCapi } from '../../playground/cluster-api/capi-platform.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import type { Attributes, User } from '../../playground/kubernetes/contracts.ts';
import { waitFor } from '../../playground/waiting.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { createRunbookScene } from './runbook-scene.ts';

/** Cluster API of the playground, and replacements on it with the access and the rights of a worker. */
export interface CapiReal {
  readonly capi: Capi;
  /** Requests to the management cluster that the shipped roles do not allow. */
  readonly refused: readonly string[];
  /** Waits until the node is seen not ready. */
  sees(node: string): Promise<void>;
  replace(member: string): Promise<RunState>;
  stop(): Promise<void>;
}

const SETTINGS = { defrag: { sample: '500ms' }, replace: { watch: '2s', machineReady: '60s', joined: '60s' } };

const ORDER = { backup: null, overHealthy: false, peerUrl: null, by: 'T0HOME/U0OPERATOR' };

/** With a minute in which the ring must stay as it is. */
const RUN_MS = 300_000;

/** Starts it. */
export async function startCapiReal(options: CapiOptions = {}): Promise<CapiReal> {
  const refused: string[] = [];
  function onManagementRefused(user: User, what: Attributes): void {
    refused.push(`${user.name}: ${what.verb} ${what.resource}${what.path}`);
  }
  const capi = await startCapi({ pace: 0.2, onManagementRefused, ...options });
  const directory = await makeTemporaryDirectory('capi-backups');
  const store = join(directory, 'store');
  await mkdir(store);
  const { entry } = await platformOfCapi(capi, { settings: SETTINGS });
  const scene = createRunbookScene(
    { ...entry, backups: { store: { type: 'file', path: store } } },
    { withinMs: RUN_MS },
  );
  return {
    capi,
    refused,
    async sees(node) {
      const request = { method: 'GET', path: `/api/v1/nodes/${node}` } as const;
      await waitFor(
        `${node} to be seen not ready`,
        async () => JSON.stringify((await capi.workload.api.request(request)).body).includes('NodeStatusUnknown'),
        { timeoutMs: 60_000 },
      );
    },
    replace: async (name) =>
      await untilPlanned(async () => await scene.run('etcd-replace', { ...ORDER, target: { kind: 'member', name } })),
    async stop() {
      await scene.close();
      await capi.stop();
      await removeDirectory(directory);
    },
  };
}

const TRIES = 10;

/** A machine that is too busy answers late, and a plan that could not see enough is blocked: it is asked for again, as people do. */
async function untilPlanned(run: () => Promise<RunState>): Promise<RunState> {
  let state = await run();
  for (let tries = 1; tries < TRIES && state.ended?.outcome === 'blocked'; tries += 1) state = await run();
  return state;
}
