import { describe, expect, test } from 'vitest';
import { planGitops } from '../../../../jobs/steps/gitops/plan-gitops.ts';
import {
  aKustomization,
  anApplication,
  BY_KUSTOMIZATION,
  TRACKED,
  VERSION_PATH,
} from '../../../support/gitops-objects.ts';
import { createGitopsScene } from '../../../support/gitops-scene.ts';
import { planContext } from '../../../support/plan-context.ts';

describe('the plan of a change that somebody keeps in Git', () => {
  test('nobody keeps it: nothing is said but that, and nothing is read that is not needed', async () => {
    const scene = createGitopsScene();
    const plan = await scene.plan();

    expect(plan).toMatchObject({ linesBefore: [], linesAfter: [], facts: {}, files: [] });
    expect(plan.checks).toMatchObject([{ id: 'gitops', verdict: 'pass' }]);
    expect(scene.fake.calls.map(({ method }) => method)).toEqual(['get']);
  });

  test('it blocks and hands over the patch', async () => {
    const plan = await createGitopsScene(TRACKED, anApplication()).plan();

    expect(plan.checks).toMatchObject([{ id: 'gitops', verdict: 'block', title: 'The change would be taken back' }]);
    expect(plan.linesBefore).toEqual([]);
    expect(plan.files.map(({ name }) => name)).toEqual(['MachineDeployment-capi-capi-md-0.patch.yaml']);
    expect(plan.files[0]?.text).toContain('# spec.template.spec.version: v1.30.6 becomes v1.31.4');
    expect(plan.facts).toEqual({
      keepers: [
        {
          object: 'MachineDeployment capi/capi-md-0',
          who: 'Argo CD, Application argocd/clusters',
          reverts: 'by-itself',
        },
      ],
    });
  });

  test('an Application that syncs by hand only warns, and the patch is handed over all the same', async () => {
    const plan = await createGitopsScene(TRACKED, anApplication(null)).plan();

    expect(plan.checks).toMatchObject([{ verdict: 'warn', title: 'The change has to be made in Git too' }]);
    expect(plan.files).toHaveLength(1);
  });

  test('Applications that may not be read block, and the right is named', async () => {
    const scene = createGitopsScene(TRACKED, anApplication());
    scene.fake.forbid({ verb: 'list', resource: 'applications' });
    const plan = await scene.plan(true);

    expect(plan.checks).toMatchObject([
      { verdict: 'block', evidence: expect.stringMatching(/cannot be read: .*applications/) },
    ]);
    expect(plan.linesBefore).toEqual([]);
  });

  test('an object that cannot be read blocks', async () => {
    const scene = createGitopsScene();
    scene.fake.forbid({ verb: 'get', resource: 'machinedeployments' });

    expect((await scene.plan()).checks).toMatchObject([
      { verdict: 'block', title: 'Who keeps the objects in Git cannot be told' },
    ]);
  });

  test('suspended: its name is typed before, the commit is asked for after, and both lines are read before they are run', async () => {
    const plan = await createGitopsScene(TRACKED, anApplication()).plan(true);
    const [before] = plan.linesBefore;
    const [after] = plan.linesAfter;

    expect(plan.checks).toMatchObject([{ verdict: 'warn', title: 'Git is not followed until the end of the run' }]);
    expect(before?.step).toMatchObject({
      kind: 'gitops.suspend@1',
      risk: 'reversible',
      summary: 'Suspend until Git has the change: Application argocd/clusters',
    });
    expect(before?.gates).toMatchObject([{ id: 'suspend-gitops-1', kind: 'typed', expect: 'clusters' }]);
    expect(after?.step).toMatchObject({ kind: 'gitops.resume@1', items: ['Application argocd/clusters'] });
    expect(after?.gates).toMatchObject([
      { id: 'commit-to-git', kind: 'continue', watch: { kind: 'gitops.committed@1' } },
    ]);
    expect(after?.gates?.[0]?.instructions).toContain(
      'MachineDeployment-capi-capi-md-0.patch.yaml: kubectl -n capi patch',
    );
  });

  test('of Flux only people can tell that Git has it', async () => {
    const plan = await createGitopsScene(BY_KUSTOMIZATION, aKustomization()).plan(true);
    const gate = plan.linesAfter[0]?.gates?.[0];

    expect(plan.linesBefore[0]?.gates).toMatchObject([{ expect: 'clusters' }]);
    expect(gate).not.toHaveProperty('watch');
    expect(gate?.instructions).toContain('nobody but you can tell');
  });

  test('to suspend where nobody has to be is said, and changes nothing', async () => {
    const plan = await createGitopsScene(TRACKED, anApplication(null)).plan(true);

    expect(plan.linesBefore).toEqual([]);
    expect(plan.notes).toEqual(['--suspend-gitops: nobody has to be suspended.']);
  });
});

test('files of two objects whose names are cut to the same one: the gate names each file as it is handed over', async () => {
  const { fake, harness } = createGitopsScene({}, anApplication());
  const context = planContext(harness);
  const patches = ['1', '2'].map((end) => {
    const ref = {
      apiVersion: 'cluster.x-k8s.io/v1beta2',
      kind: 'MachineDeployment',
      namespace: 'capi',
      name: `${'x'.repeat(100)}-${end}`,
    };
    const annotations = { 'argocd.argoproj.io/tracking-id': `clusters:cluster.x-k8s.io/${ref.kind}:capi/${ref.name}` };
    const { apiVersion, kind, namespace, name } = ref;
    const { metadata } = fake.put({ apiVersion, kind, metadata: { namespace, name, annotations }, spec: {} });
    const merge = { spec: { template: { spec: { version: 'v1.31.4' } } } };
    return { cluster: 'management', ref, uid: metadata.uid, paths: [VERSION_PATH], merge } as const;
  });
  const { files, linesAfter } = await planGitops(context, patches, { suspend: true });
  const told = linesAfter[0]?.gates?.[0]?.instructions ?? '';

  expect(new Set(files.map(({ name }) => name)).size).toBe(2);
  expect([...told.matchAll(/^ {2}(\S+): kubectl/gm)].map(([, name]) => name)).toEqual(files.map(({ name }) => name));
});
