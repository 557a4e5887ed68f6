import { expect, test, vi } from 'vitest';
import { startDemo } from '../support/e2e-demo.ts';

vi.setConfig({ testTimeout: 600_000 });

const FAULT = '/fault ocp crash-loop member/cp-2';
const REPLACE = '/kube replace ocp member/cp-2';

test('npm run demo: a member is given a crash loop and replaced in one line, and nothing but its own cluster is started', async () => {
  const demo = await startDemo(['--run', FAULT, '--run', REPLACE, '--approve'], 'npm');

  expect(await demo.ended, demo.stderr()).toBe(0);

  const transcript = demo.stdout();
  expect(transcript).toMatch(
    /^playground: \/fault ocp crash-loop member\/cp-2\nplayground: A record of the log of cp-2 is damaged/m,
  );
  expect(transcript).toContain(`operator: ${REPLACE}`);
  // Somebody else typed who is to be removed, by name and id.
  expect(transcript).toMatch(/approver-1 submits .*\n +answer: cp-2 [0-9a-f]{8,16}\n/);
  // On its node, from nothing: the old data were moved aside.
  expect(transcript).toMatch(/The data of the old member are kept in \S+\/old-replace-ocp-\w+ on cp-2/);
  expect(transcript).toMatch(/3 of 3 members are healthy, cp-\d leads\. All have the same data at revision \d+\./);
  expect(demo.stderr()).toContain(
    'starting the workspace, Redis and the OpenShift cluster ocp of 3 control-plane nodes\n',
  );
  expect(demo.stderr()).toMatch(/^run replace-ocp-\w+: succeeded$/m);
  expect(demo.leftovers()).toEqual([]);
});
