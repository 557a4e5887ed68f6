import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Capi, startCapi } from '../../playground/cluster-api/capi.ts';
import { platformOfCapi } from '../../playground/cluster-api/capi-platform.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { textAt } from '../../playground/kubernetes/api/reading.ts';
import { deployWorkload, type SampleWorkload } from '../../playground/workload/workload.ts';
import { runUnderFire } from '../support/replace-killed.ts';
import { QUICK } from '../support/replacements.ts';
import { upgradeParams } from '../support/upgrade-params.ts';

/** A whole cluster goes one minor version forward on the stand-in for Cluster API, by workers that are killed in each of its steps. */
let capi: Capi;
let nginx: SampleWorkload;
let directory: string;
let entry: Readonly<Record<string, unknown>>;
const refused: string[] = [];
const LONG = 300_000;
const TO = 'v1.31.4';

beforeAll(async () => {
  directory = await makeTemporaryDirectory('upgrade-killed');
  capi = await startCapi({
    pace: 0.1,
    onRefused: (_user, what) => void refused.push(`workload: ${what.verb} ${what.resource}`),
    onManagementRefused: (_user, what) => void refused.push(`management: ${what.verb} ${what.resource}`),
  });
  nginx = await deployWorkload(capi.workload.api);
  const platform = await platformOfCapi(capi, { settings: QUICK });
  entry = { ...platform.entry, backups: { store: { type: 'file', path: directory } } };
}, 180_000);
afterAll(async () => {
  nginx.stop();
  await capi.stop();
  await removeDirectory(directory);
});

/**
 * The call sets a version; what an upgrade watches and looks at afterwards happens behind it. Every boundary of every call is killed in memory
 * (`test/unit/jobs/capi-upgrade/crash.test.ts`).
 */
const BOUNDARIES = [
  `call-made of set ${TO}`,
  `observed-after-store of set ${TO}`,
  `again-after-store of set ${TO}`,
  `step-run of set ${TO}`,
  `gate-opened of set ${TO}`,
] as const;

async function versions(): Promise<readonly string[]> {
  return (await capi.objects('machines')).map((each) => textAt(each, 'spec', 'version'));
}

test(
  'workers are killed at the calls of an upgrade of all, behind them and at its gates: each call is made once, and the workload is never below its budget',
  async () => {
    const { run, deaths } = await runUnderFire({
      entry,
      runbook: 'upgrade',
      verb: 'upgrade',
      params: upgradeParams({ to: TO }),
      boundaries: BOUNDARIES,
      withinMs: LONG - 30_000,
    });

    expect(run.ended, JSON.stringify(run.ended)).toMatchObject({ outcome: 'succeeded', reason: 'done' });
    expect(deaths).toEqual(expect.arrayContaining([...BOUNDARIES]));
    // Once each, however many workers looked: of the control plane, then of the node group.
    expect(
      run.acts.flatMap(({ action, observed }) =>
        observed?.result === 'done' ? [action.replace(/-[a-z0-9]+$/, '')] : [],
      ),
    ).toEqual([
      'create DevMachineTemplate capi-control-plane',
      `set ${TO}`,
      'create DevMachineTemplate capi-md-0',
      `set ${TO}`,
    ]);
    expect(await versions()).toEqual(Array.from({ length: 6 }, () => TO));
    expect(nginx.lowest().ready).toBeGreaterThanOrEqual(8);
    expect(refused).toEqual([]);
  },
  LONG,
);
