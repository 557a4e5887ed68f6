import { describe, expect, test } from 'vitest';
import { SUSPENDED_BY } from '../../../../src/core/gitops/suspend.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';
import {
  aKustomization,
  anApplication,
  anIgnoringApplication,
  BY_KUSTOMIZATION,
  TRACKED,
} from '../../../support/gitops-objects.ts';
import {
  APPLICATION_REF,
  createGitopsScene,
  GITOPS_RUN,
  type GitopsScene,
  gitopsRunbook,
  KUSTOMIZATION_REF,
} from '../../../support/gitops-scene.ts';

const AUTOMATED = { prune: true, selfHeal: true };

function argo(): GitopsScene {
  return createGitopsScene(TRACKED, anApplication(AUTOMATED));
}

function policyOf(object: KubernetesObject): unknown {
  return JSON.parse(JSON.stringify(object))['spec']['syncPolicy']['automated'];
}

/** The change, and the commit that brings it into Git. */
function committed(scene: GitopsScene): () => void {
  return () => {
    scene.setVersion('v1.31.4');
    scene.setStatus('Synced', 'bbbb');
  };
}

describe('an Application that is suspended for a run', () => {
  test('does not sync, bears the mark of the run, and syncs again as before once Git has the change', async () => {
    const scene = argo();
    const plan = await scene.plan(true);
    const seen: unknown[] = [];
    const end = await scene.run(plan, () => {
      const now = scene.at(APPLICATION_REF);
      seen.push(policyOf(now), now.metadata.annotations?.[SUSPENDED_BY]);
      committed(scene)();
    });

    expect(end.kind).toBe('done');
    expect(seen).toEqual([undefined, GITOPS_RUN]);
    expect(policyOf(scene.at(APPLICATION_REF))).toEqual(AUTOMATED);
    expect(scene.at(APPLICATION_REF).metadata.annotations).not.toHaveProperty(SUSPENDED_BY);
    expect([...scene.harness.cleanups.values()].map(({ done }) => done)).toEqual([true]);
    expect(scene.harness.acts.map(({ action }) => action)).toEqual(['suspend', 'follow Git again']);
  });

  test.each([
    ['cleanup-registered', [1]],
    ['intent-stored', [1, 2]],
    ['call-made', [1, 2]],
    ['observed-stored', [1, 2]],
    ['cleaned-up', [1]],
  ] as const)('a worker dies at %s, the %j. time: each call is made once', async (point, times) => {
    for (const nth of times) {
      const scene = argo();
      scene.harness.crashAt(point, nth);
      const end = await scene.run(await scene.plan(true), committed(scene));

      expect(end.kind).toBe('done');
      expect(scene.harness.deaths()).toBe(1);
      expect(policyOf(scene.at(APPLICATION_REF))).toEqual(AUTOMATED);
      expect(scene.fake.calls.filter(({ method }) => method === 'patchMerge')).toHaveLength(2);
      expect(await scene.harness.restoreCleanups(gitopsRunbook)).toEqual(new Map());
    }
  });

  test('one that somebody else suspended stays so', async () => {
    const scene = argo();
    const plan = await scene.plan(true);
    scene.fake.put(anApplication(null));
    const end = await scene.run(plan, committed(scene));

    expect(end.kind).toBe('done');
    expect(scene.harness.acts).toEqual([]);
    expect(policyOf(scene.at(APPLICATION_REF))).toBeUndefined();
  });

  test('one that follows Git in another way than was approved is drift', async () => {
    const scene = argo();
    const plan = await scene.plan(true);
    scene.fake.put(anApplication({ selfHeal: false }));

    expect(await scene.run(plan)).toMatchObject({ kind: 'stop', reason: 'plan-drifted', step: 0 });
    expect(policyOf(scene.at(APPLICATION_REF))).toEqual({ selfHeal: false });
    expect(await scene.harness.restoreCleanups(gitopsRunbook)).toEqual(new Map());
  });

  test('a sync that is under way is waited for before anything is changed, and one that does not end is drift', async () => {
    const scene = argo();
    const plan = await scene.plan(true);
    const { clock } = scene.harness;
    scene.setOperation('Running');
    void clock.sleep(60_000).then(() => scene.setOperation('Succeeded'));
    const fromMs = clock.nowMs();
    const end = await scene.run(plan, committed(scene));
    const stuck = argo();
    const other = await stuck.plan(true);
    stuck.setOperation('Running');

    expect(end.kind).toBe('done');
    expect(clock.nowMs() - fromMs).toBeGreaterThanOrEqual(60_000);
    expect(scene.harness.words).toContain('Waiting: Application argocd/clusters: a sync is under way.');
    expect(await stuck.run(other)).toMatchObject({ reason: 'plan-drifted', step: 0 });
    expect(await stuck.harness.restoreCleanups(gitopsRunbook)).toEqual(new Map());
    expect(policyOf(stuck.at(APPLICATION_REF))).toEqual(AUTOMATED);
  });

  test('a right that is missing ends it before anything is changed', async () => {
    const scene = argo();
    scene.fake.forbid({ verb: 'patch', resource: 'applications' });

    expect(await scene.run(await scene.plan(true))).toMatchObject({ kind: 'stop', reason: 'access-refused', step: 0 });
    expect(policyOf(scene.at(APPLICATION_REF))).toEqual(AUTOMATED);
  });
});

test('fields that Argo CD does not compare with Git: people say that Git has them, and are believed, and the run says so', async () => {
  const scene = createGitopsScene(TRACKED, anIgnoringApplication());
  const plan = await scene.plan(true);
  const gate = plan.linesAfter[0]?.gates?.[0];
  const fromMs = scene.harness.clock.nowMs();
  const end = await scene.run(plan, () => scene.setVersion('v1.31.4'));

  expect(plan.checks).toMatchObject([{ verdict: 'warn', evidence: expect.stringContaining('ignoreDifferences') }]);
  expect(gate?.watch).toBeUndefined();
  expect(gate?.instructions).toContain('nobody but you can tell');
  expect(end.kind, end.note).toBe('done');
  expect(end.note).toContain(
    'Application argocd/clusters does not compare MachineDeployment capi-md-0 with Git in all that was changed: only people can tell',
  );
  expect(scene.harness.clock.nowMs() - fromMs).toBeLessThan(3 * 60_000);
  expect(policyOf(scene.at(APPLICATION_REF))).toEqual(AUTOMATED);
});

describe('it follows Git again only when that takes nothing back', () => {
  test.each([
    ['a status of before the change', 'Synced', 'aaaa'],
    ['a commit without the change', 'OutOfSync', 'bbbb'],
    ['a status that says nothing', 'Unknown', ''],
  ])('people said that Git has it, and Argo CD sees %s: it stays suspended', async (_name, status, revision) => {
    const scene = argo();
    const end = await scene.run(await scene.plan(true), () => {
      scene.setVersion('v1.31.4');
      scene.setStatus(status, revision);
    });

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'git-behind',
      step: 1,
      note: expect.stringContaining('kubectl -n argocd patch application.argoproj.io clusters'),
    });
    expect(policyOf(scene.at(APPLICATION_REF))).toBeUndefined();
    const left = await scene.harness.restoreCleanups(gitopsRunbook);
    expect([...left.values()]).toEqual([
      expect.stringMatching(
        /^Application argocd\/clusters stays suspended: MachineDeployment capi\/capi-md-0: spec\.template\.spec\.version is v1\.31\.4, not v1\.30\.6;.* By hand: kubectl|^Application argocd\/clusters stays suspended: .*by hand: kubectl -n argocd patch/,
      ),
    ]);
    expect(policyOf(scene.at(APPLICATION_REF))).toBeUndefined();
  });

  test('Git that comes late is waited for', async () => {
    const scene = argo();
    const { clock } = scene.harness;
    const fromMs = clock.nowMs();
    const plan = await scene.plan(true);
    const end = await scene.run(plan, () => {
      scene.setVersion('v1.31.4');
      scene.setStatus('OutOfSync', 'aaaa');
      void clock.sleep(3 * 60_000).then(() => scene.setStatus('Synced', 'bbbb'));
    });

    expect(end.kind).toBe('done');
    expect(clock.nowMs() - fromMs).toBeGreaterThanOrEqual(3 * 60_000);
  });

  test('a change that was taken back meanwhile is named with its writer, and Git is not followed', async () => {
    const scene = argo();
    const end = await scene.run(await scene.plan(true), () => undefined);

    expect(end).toMatchObject({
      kind: 'stop',
      reason: 'change-reverted',
      note: expect.stringContaining('spec.template.spec.version is v1.30.6, not v1.31.4'),
    });
    expect(scene.harness.acts.map(({ action }) => action)).toEqual(['suspend']);
  });

  test('a change that is taken back right after Git is followed again is seen', async () => {
    const scene = argo();
    const { clock } = scene.harness;
    const end = await scene.run(await scene.plan(true), () => {
      committed(scene)();
      void clock.sleep(30_000).then(() => scene.setVersion('v1.30.6'));
    });

    expect(end).toMatchObject({ kind: 'stop', reason: 'change-reverted', step: 1 });
  });

  test('a run that ended before it changed anything puts it back', async () => {
    const scene = argo();
    const { linesBefore } = await scene.plan(true);
    await scene.harness.run(
      gitopsRunbook,
      linesBefore.map(({ step }) => step),
    );

    expect(await scene.harness.restoreCleanups(gitopsRunbook)).toEqual(new Map());
    expect(policyOf(scene.at(APPLICATION_REF))).toEqual(AUTOMATED);
  });

  test('what cannot be put back is said with its command, and what cannot be seen is waited for', async () => {
    const scene = argo();
    const { linesBefore } = await scene.plan(true);
    await scene.harness.run(
      gitopsRunbook,
      linesBefore.map(({ step }) => step),
    );
    scene.fake.forbid({ verb: 'get', resource: 'machinedeployments' });

    const left = await scene.harness.restoreCleanups(gitopsRunbook);
    expect([...left.values()].join('')).toMatch(
      /stays suspended, because MachineDeployment .* could not be read: .*By hand: kubectl/,
    );
    expect(policyOf(scene.at(APPLICATION_REF))).toBeUndefined();
  });
});

describe('Flux', () => {
  test('is suspended and follows again when people said that Git has the change', async () => {
    const scene = createGitopsScene(BY_KUSTOMIZATION, aKustomization());
    const seen: unknown[] = [];
    const end = await scene.run(await scene.plan(true), () => {
      seen.push(scene.at(KUSTOMIZATION_REF)['spec']);
      scene.setVersion('v1.31.4');
    });

    expect(end.kind).toBe('done');
    expect(seen).toMatchObject([{ suspend: true, interval: '10m' }]);
    expect(scene.at(KUSTOMIZATION_REF)['spec']).toEqual(aKustomization()['spec']);
    expect(await scene.harness.restoreCleanups(gitopsRunbook)).toEqual(new Map());
  });

  test('one that was told not to be suspended is told so again', async () => {
    const scene = createGitopsScene(BY_KUSTOMIZATION, aKustomization({ suspend: false }));
    await scene.run(await scene.plan(true));

    expect(scene.at(KUSTOMIZATION_REF)['spec']).toMatchObject({ suspend: false });
  });
});
