import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Capi, startCapi } from '../../playground/cluster-api/capi.ts';
import { platformOfCapi } from '../../playground/cluster-api/capi-platform.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { textAt } from '../../playground/kubernetes/api/reading.ts';
import { deployWorkload, type SampleWorkload } from '../../playground/workload/workload.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { undoRecordsOf } from '../../src/core/undo-record.ts';
import { QUICK } from '../support/replacements.ts';
import { createRunbookScene, type RunbookScene } from '../support/runbook-scene.ts';
import { upgradeParams } from '../support/upgrade-params.ts';

/**
 * Upgrades on the stand-in for Cluster API, with the access and the rights of a worker: a node group and its way back.
 * Through the topology of a ClusterClass: `page/upgrade.test.ts`.
 */
let capi: Capi;
let scene: RunbookScene;
let nginx: SampleWorkload;
let directory: string;
const refused: string[] = [];
const RUN_MS = 200_000;

beforeAll(async () => {
  directory = await makeTemporaryDirectory('upgrade-capi');
  capi = await startCapi({
    version: 'v1beta1',
    pace: 0.1,
    onRefused: (_user, what) => void refused.push(`workload: ${what.verb} ${what.resource}`),
    onManagementRefused: (_user, what) => void refused.push(`management: ${what.verb} ${what.resource}`),
  });
  nginx = await deployWorkload(capi.workload.api);
  const { entry } = await platformOfCapi(capi, { settings: QUICK });
  const store = { type: 'file', path: directory };
  scene = createRunbookScene({ ...entry, backups: { store } }, { withinMs: RUN_MS });
}, 120_000);
afterAll(async () => {
  nginx.stop();
  await scene.close();
  await capi.stop();
  await removeDirectory(directory);
});

async function upgrade(what: 'controlplane' | 'md-0', to: string): Promise<RunState> {
  const ask = what === 'controlplane' ? ({ kind: what } as const) : { kind: 'nodegroup' as const, names: [what] };
  return await scene.run('upgrade', upgradeParams({ what: ask, to }));
}

/** How a run ended, and what it said last: so that a failure tells why. */
function told({ ended, steps, plan }: RunState): string {
  const blocks =
    plan?.checks.flatMap(({ verdict, title, evidence }) => (verdict === 'block' ? [`${title}: ${evidence}`] : [])) ??
    [];
  return [ended?.reason, ended?.note, ...blocks, ...steps.map(({ note }) => note).slice(-2)].join('; ');
}

/** Versions of machines, of the control plane or of the workers. */
async function versions(of: 'control-plane' | 'md-0'): Promise<readonly string[]> {
  const machines = (await capi.objects('machines')).filter((each) =>
    textAt(each, 'metadata', 'name').startsWith(`capi-${of}`),
  );
  return machines.map((each) => textAt(each, 'spec', 'version')).toSorted();
}

test('a patch version of control plane and node group, and the node group back, the sample workload never below its budget', async () => {
  expect(told(await upgrade('controlplane', 'v1.30.8'))).toMatch(/^done/);
  const moved = await upgrade('md-0', 'v1.30.8');
  expect(told(moved)).toMatch(/^done/);
  expect(await versions('md-0')).toEqual(['v1.30.8', 'v1.30.8', 'v1.30.8']);
  const back = await scene.run('undo', { run: moved.id, records: [...undoRecordsOf(moved)], by: 'T0HOME/U0OPERATOR' });
  expect(told(back)).toMatch(/^done/);
  expect(await versions('md-0')).toEqual(['v1.30.6', 'v1.30.6', 'v1.30.6']);
  expect(await versions('control-plane')).toEqual(['v1.30.8', 'v1.30.8', 'v1.30.8']);
  expect(nginx.lowest().ready).toBeGreaterThanOrEqual(8);
  expect(refused).toEqual([]);
}, 400_000);
