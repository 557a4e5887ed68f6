import { expect, test, vi } from 'vitest';
import { startDemo } from '../support/e2e-demo.ts';

vi.setConfig({ testTimeout: 420_000 });

const FAULT = '/fault edge crash-loop member/m-2';
const REPLACE = '/kube replace edge member/m-2';

test('npm run demo: a member is given a crash loop and replaced in one line, and nothing but its own cluster is started', async () => {
  const words = ['--clusters', 'edge', '--run', FAULT, '--run', REPLACE, '--approve', '--timeout', '6m'];
  const demo = await startDemo(words, 'npm');

  expect(await demo.ended, demo.stderr()).toBe(0);

  const transcript = demo.stdout();
  expect(transcript).toMatch(
    /^playground: \/fault edge crash-loop member\/m-2\nplayground: A record of the log of m-2 is damaged/m,
  );
  expect(transcript).toContain(`operator: ${REPLACE}`);
  // Somebody else typed who is to be removed, by name and id.
  expect(transcript).toMatch(/approver-1 submits .*\n +answer: m-2 [0-9a-f]{8,16}\n/);
  expect(transcript).toMatch(/3 of 3 members are healthy, m-\d leads\. All have the same data at revision \d+\./);
  expect(demo.stderr()).toContain('starting the workspace, Redis and the bare ring edge on 3 hosts');
  expect(demo.stderr()).toMatch(/^run replace-edge-\w+: succeeded$/m);
  expect(demo.leftovers()).toEqual([]);
});
