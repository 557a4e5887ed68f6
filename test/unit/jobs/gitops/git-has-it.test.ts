import { describe, expect, test } from 'vitest';
import { aKustomization, anApplication, BY_KUSTOMIZATION, TRACKED } from '../../../support/gitops-objects.ts';
import {
  APPLICATION_REF,
  createGitopsScene,
  type GitopsScene,
  gitopsRunbook,
  KUSTOMIZATION_REF,
} from '../../../support/gitops-scene.ts';

const SILENT = { code: 'unreachable', message: 'no answer' } as const;

function isSuspended(scene: GitopsScene): boolean {
  const { spec } = JSON.parse(JSON.stringify(scene.at(KUSTOMIZATION_REF)));
  return spec['suspend'] === true;
}

function flux(fetched: string | null = 'main@sha1:aaaa', spec = {}): GitopsScene {
  const scene = createGitopsScene(BY_KUSTOMIZATION, aKustomization(spec));
  if (fetched !== null) scene.setFetched(fetched);
  return scene;
}

describe('Argo CD: a status of before the change', () => {
  test('another commit and Synced, compared before the change: Git is not followed until it was compared again', async () => {
    const scene = createGitopsScene(TRACKED, anApplication());
    const { clock } = scene.harness;
    const fromMs = clock.nowMs();
    const plan = await scene.plan(true);
    const end = await scene.run(plan, () => {
      scene.setVersion('v1.31.4');
      scene.setStatus('Synced', 'bbbb', 0);
      void clock.sleep(3 * 60_000).then(() => scene.setStatus('Synced', 'bbbb'));
    });

    expect(end.kind, end.note).toBe('done');
    expect(clock.nowMs() - fromMs).toBeGreaterThanOrEqual(3 * 60_000);
    expect(scene.harness.words.join('\n')).toContain(
      'Waiting for Git: Application argocd/clusters is at bbbb, and has not compared it with MachineDeployment capi-md-0 since',
    );
  });

  test('one that does not tell when it compared stays suspended', async () => {
    const scene = createGitopsScene(TRACKED, anApplication());
    const end = await scene.run(await scene.plan(true), () => {
      scene.setVersion('v1.31.4');
      scene.setStatus('Synced', 'bbbb', null);
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'git-behind', note: expect.stringContaining('does not tell') });
  });

  test('the commits of before are read again when they could not be read, and nothing is changed until they are', async () => {
    const scene = createGitopsScene(TRACKED, anApplication());
    const plan = await scene.plan(true);
    let patched = 0;
    scene.fake.fail({
      method: 'get',
      // The reads that follow the call and the look after it.
      when: ({ detail }) => detail.includes('clusters') && scene.harness.acts.some(({ observed }) => observed !== null),
      error: SILENT,
      times: 3,
    });
    const fromMs = scene.harness.clock.nowMs();
    const end = await scene.run(plan, () => {
      patched = scene.harness.clock.nowMs() - fromMs;
      scene.setVersion('v1.31.4');
      scene.setStatus('Synced', 'aaaa');
    });

    expect(patched).toBeGreaterThanOrEqual(15_000);
    expect(scene.harness.words).toContain('Waiting: Application argocd/clusters could not be read: no answer.');
    // They were read: the commit is the one of before.
    expect(end).toMatchObject({ reason: 'git-behind', note: expect.stringContaining('is still at aaaa') });
  });

  test('an API server that stays silent ends it before anything is changed, and is not told as one that refuses', async () => {
    const scene = createGitopsScene(TRACKED, anApplication());
    const plan = await scene.plan(true);
    const when = (): boolean => scene.harness.acts.some(({ observed }) => observed !== null);
    scene.fake.fail({ method: 'get', when, error: SILENT, times: 1000 });

    expect(await scene.run(plan)).toMatchObject({ kind: 'stop', reason: 'management-silent', step: 0 });
  });

  test('no commit of before was told: people are believed, and the run says so', async () => {
    const { status: _status, ...application } = anApplication();
    const scene = createGitopsScene(TRACKED, { ...application, status: { sync: { status: 'Unknown' } } });
    const plan = await scene.plan(true);
    const end = await scene.run(plan, () => {
      scene.setVersion('v1.31.4');
      scene.setStatus('Synced', 'bbbb');
    });

    // Nothing in the status of before said that the object is its own: it is known by its mark.
    expect(end.kind, end.note).toBe('done');
    expect(scene.harness.words.join('\n')).toContain(
      'which commit it was at before is not known: only people can tell',
    );
    expect(scene.at(APPLICATION_REF)['spec']).toMatchObject({ syncPolicy: { automated: { selfHeal: true } } });
  });
});

describe('Argo CD: people committed first', () => {
  test('it was out of sync with that commit, and is in sync now: they are believed, and the run says so', async () => {
    const scene = createGitopsScene(TRACKED, anApplication());
    scene.setStatus('OutOfSync', 'bbbb');
    const end = await scene.run(await scene.plan(true), () => {
      scene.setVersion('v1.31.4');
      scene.setStatus('Synced', 'bbbb');
    });

    expect(end.kind, end.note).toBe('done');
    expect(end.note).toContain('is still at bbbb, was out of sync with it before the change, and is in sync now');
    expect(scene.at(APPLICATION_REF)['spec']).toMatchObject({ syncPolicy: { automated: { selfHeal: true } } });
  });

  test('it was in sync with that commit: Git cannot have the change', async () => {
    const scene = createGitopsScene(TRACKED, anApplication());
    scene.setStatus('Synced', 'bbbb');
    const end = await scene.run(await scene.plan(true), () => {
      scene.setVersion('v1.31.4');
      scene.setStatus('Synced', 'bbbb');
    });

    expect(end).toMatchObject({ reason: 'git-behind', note: expect.stringContaining('is still at bbbb') });
  });
});

describe('Flux: a click where the source has not moved', () => {
  test('it stays suspended, and nothing is taken back', async () => {
    const scene = flux();
    const end = await scene.run(await scene.plan(true));

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'git-behind',
      note: expect.stringMatching(
        /^GitRepository flux-system\/fleet is still at main@sha1:aaaa, so Kustomization flux-system\/clusters cannot have the change from Git\. It stays suspended\. .*kubectl -n flux-system patch/,
      ),
    });
    expect(isSuspended(scene)).toBe(true);
    const left = await scene.harness.restoreCleanups(gitopsRunbook);
    expect([...left.values()].join('')).toContain('stays suspended');
  });

  test('people committed first, and it was fetched and not applied: they are believed, and the run says so', async () => {
    const scene = flux('main@sha1:bbbb');
    const end = await scene.run(await scene.plan(true));

    expect(end.kind, end.note).toBe('done');
    expect(end.note).toContain('had fetched main@sha1:bbbb before the change, and it was not applied yet');
    expect(isSuspended(scene)).toBe(false);
  });

  test('a commit that comes late is waited for', async () => {
    const scene = flux();
    const { clock } = scene.harness;
    const fromMs = clock.nowMs();
    const plan = await scene.plan(true);
    const end = await scene.run(plan, () => {
      scene.setVersion('v1.31.4');
      void clock.sleep(4 * 60_000).then(() => scene.setFetched('main@sha1:cccc'));
    });

    expect(end.kind, end.note).toBe('done');
    expect(clock.nowMs() - fromMs).toBeGreaterThanOrEqual(4 * 60_000);
    expect(scene.harness.words.join('\n')).not.toContain('was believed');
    expect(isSuspended(scene)).toBe(false);
  });

  test.each([
    ['the source may not be read', flux, true, 'gitrepositories'],
    ['there is none of that name', () => flux(null), false, 'could not be read'],
    [
      'variables come from elsewhere',
      () => flux('main@sha1:aaaa', { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'versions' }] } }),
      false,
      'it takes values from elsewhere too',
    ],
  ] as const)('people are believed, and the run says so, where %s', async (_name, make, isForbidden, words) => {
    const scene = make();
    if (isForbidden) scene.fake.forbid({ verb: 'get', resource: 'gitrepositories' });
    const end = await scene.run(await scene.plan(true));

    expect(end.kind, end.note).toBe('done');
    const told = scene.harness.words.filter((each) => each.includes('Git is followed again, and the change stands.'));
    expect(told.at(-1)).toContain('Whether Git has what Kustomization flux-system/clusters applies was believed');
    expect(told.at(-1)).toContain(words);
    expect(isSuspended(scene)).toBe(false);
  });

  test('what was believed is said also by a worker that takes over in the middle', async () => {
    const scene = flux();
    scene.fake.forbid({ verb: 'get', resource: 'gitrepositories' });
    scene.harness.crashAt('call-made', 2);
    const end = await scene.run(await scene.plan(true));

    expect(end.kind, end.note).toBe('done');
    expect(end.note).toContain('applies was believed');
    expect(scene.harness.deaths()).toBe(1);
  });

  test.each([
    ['stays silent', SILENT, 'management-silent'],
    ['refuses', { code: 'unauthorized', message: 'who are you' }, 'access-refused'],
  ] as const)('a management cluster that %s ends it, suspended as it is', async (_name, error, reason) => {
    const scene = flux();
    const plan = await scene.plan(true);
    const end = await scene.run(plan, () => {
      scene.setVersion('v1.31.4');
      scene.fake.fail({ method: 'get', error, times: 1000 });
    });

    expect(end).toMatchObject({ kind: 'stop', reason, step: 1 });
    expect(isSuspended(scene)).toBe(true);
  });

  test('a source that does not answer is waited for', async () => {
    const scene = flux();
    const plan = await scene.plan(true);
    const end = await scene.run(plan, () => {
      scene.setVersion('v1.31.4');
      scene.setFetched('main@sha1:cccc');
      scene.fake.fail({ method: 'groupVersions', error: SILENT, times: 2 });
    });

    expect(end.kind, end.note).toBe('done');
    expect(scene.harness.words.join('\n')).toContain('GitRepository flux-system/fleet could not be read: no answer');
    expect(scene.harness.words.join('\n')).not.toContain('was believed');
  });
});
