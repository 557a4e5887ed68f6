import { expect, test } from 'vitest';
import { committedWatch } from '../../../../jobs/steps/gitops/committed-watch.ts';
import { anApplication, TRACKED } from '../../../support/gitops-objects.ts';
import { APPLICATION_REF, createGitopsScene, type GitopsScene, gitopsRunbook } from '../../../support/gitops-scene.ts';

const pause = async (): Promise<void> => await Promise.resolve();

/** What the watch sees after the version was set, and after what happened since. */
async function seenAfter(happens: (scene: GitopsScene) => void): Promise<string | null> {
  const scene = createGitopsScene(TRACKED, anApplication());
  const plan = await scene.plan(true);
  const lines = plan.linesBefore.map(({ step }) => step);
  await scene.harness.run(gitopsRunbook, lines);
  scene.setVersion('v1.31.4');
  happens(scene);
  const { cluster, ports, clock, outputs } = scene.harness;
  const { signal } = new AbortController();
  const context = { ports, cluster, outputs, signal, nowMs: () => clock.nowMs(), pause };
  const found = await committedWatch.look(context, plan.linesAfter[0]?.gates?.[0]?.watch?.input ?? null);
  return found?.seen ?? null;
}

test('the commit with the change, as Argo CD finds it', async () => {
  expect(await seenAfter((scene) => scene.setStatus('Synced', 'bbbb0123456789'))).toBe(
    'Application argocd/clusters is at bbbb01234567 and has the change',
  );
});

test.each([
  ['the status is of before the change', () => undefined],
  ['Git says otherwise', (scene: GitopsScene) => scene.setStatus('OutOfSync', 'bbbb')],
  ['it was compared before the change', (scene: GitopsScene) => scene.setStatus('Synced', 'bbbb', 0)],
  ['when it was compared is not told', (scene: GitopsScene) => scene.setStatus('Synced', 'bbbb', null)],
  ['no commit is told', (scene: GitopsScene) => scene.setStatus('Synced', '')],
  [
    'the version was taken back',
    (scene: GitopsScene) => {
      scene.setStatus('Synced', 'bbbb');
      scene.setVersion('v1.30.6');
    },
  ],
  [
    'the Application is another one',
    (scene: GitopsScene) => {
      scene.fake.finish(APPLICATION_REF);
      scene.fake.put(anApplication());
      scene.setStatus('Synced', 'bbbb');
    },
  ],
  [
    'the Application may not be read',
    (scene: GitopsScene) => {
      scene.setStatus('Synced', 'bbbb');
      scene.fake.forbid({ verb: 'get', resource: 'applications' });
    },
  ],
] as const)('nothing is seen when %s', async (_name, happens) => {
  expect(await seenAfter(happens)).toBeNull();
});
