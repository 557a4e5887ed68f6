import { expect, test, vi } from 'vitest';
import { startDemo } from '../support/e2e-demo.ts';

vi.setConfig({ testTimeout: 600_000 });

const PLANE = '/kube upgrade capi controlplane --to v1.31.4';
const GROUP = '/kube upgrade capi nodegroup/md-0 --to v1.31.4';

test('npm run demo: control plane and node group move one minor version forward, and the sample workload is never below its budget', async () => {
  const demo = await startDemo(['--run', PLANE, '--run', GROUP, '--approve'], 'npm');

  expect(await demo.ended, demo.stderr()).toBe(0);

  const transcript = demo.stdout();
  expect(transcript).toContain(`operator: ${PLANE}`);
  expect(transcript).toContain(`operator: ${GROUP}`);
  // The version was seen on each machine and each node, not only where somebody wants it.
  for (const machine of ['capi-control-plane-', 'capi-md-0-'])
    expect(transcript.match(new RegExp(`${machine}\\S+ +v1\\.31\\.4 +\\S+ +v1\\.31\\.4 +ready`, 'g'))).toHaveLength(3);
  expect(demo.stderr()).toMatch(/^run upgrade-capi-\w+: succeeded$/m);
  expect(demo.stderr()).toMatch(
    /^nginx on capi: never below its budget, (?:8|9|10) pods ready at the lowest, 8 needed$/m,
  );
  expect(demo.leftovers()).toEqual([]);
});
