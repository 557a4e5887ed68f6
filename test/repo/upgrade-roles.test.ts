import { expect, test } from 'vitest';
import { createKeepers } from '../../jobs/steps/gitops/read-keepers.ts';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import { kindsToList, removedBetween } from '../../src/core/preflight/removed-apis.ts';
import { createFakeKubernetes } from '../fakes/kubernetes.ts';
import { createUpgradeCase, groupRunbook } from '../support/capi-upgrade-case.ts';
import {
  aGroup,
  aKustomization,
  anApplication,
  BY_KUSTOMIZATION,
  TRACKED,
  VERSION_PATH,
} from '../support/gitops-objects.ts';
import { createGitopsScene } from '../support/gitops-scene.ts';
import { compareRights, grantedTo } from '../support/granted.ts';
import { recordRights } from '../support/recorded-rights.ts';
import { render, roleFolder } from '../support/rendered.ts';

const WORKER = { namespace: 'drydock', name: 'drydock-worker' };

/** The namespace of the shipped roles is patched to that of the installation. */
function inShipped(space: string | null): string | null {
  return space === 'prod' ? 'capi-clusters' : space;
}

/** What is used that the shipped roles of a folder do not grant. */
function missing(used: readonly Attributes[], ...folder: readonly [string, ...string[]]): readonly string[] {
  const here = used.map((each) => Object.assign({}, each, { namespace: inShipped(each.namespace) }));
  return compareRights(here, grantedTo(WORKER, render(roleFolder(...folder)))).missing;
}

test.each([
  ['controlplane', false],
  ['md-0', false],
  ['controlplane', true],
] as const)(
  'an upgrade of %s (topology: %s) uses only rights that are shipped for the management cluster',
  async (group, topology) => {
    const scene = createUpgradeCase({ topology });
    const used: Attributes[] = [];
    Object.assign(scene.world.port, recordRights({ ...scene.world.port }, used));
    const to = group === 'md-0' ? 'v1.30.6' : 'v1.31.4';
    const { draft } = await scene.plan({ group, to });
    await scene.harness.run(groupRunbook, draft.steps);
    await scene.harness.restoreCleanups(groupRunbook);

    expect(used.map(({ verb, resource }) => `${verb} ${resource}`)).toContain('list machines');
    expect(missing(used, 'upgrade', 'cluster-api')).toEqual([]);
  },
);

test('reading groups uses only rights that are shipped for it', async () => {
  const scene = createUpgradeCase();
  const used: Attributes[] = [];
  Object.assign(scene.world.port, recordRights({ ...scene.world.port }, used));
  await scene.groups();

  expect(used.length).toBeGreaterThan(3);
  expect(missing(used, 'nodegroups', 'cluster-api')).toEqual([]);
});

test('what is read and changed in the workload cluster meanwhile is shipped for it', async () => {
  const scene = createUpgradeCase();
  const used: Attributes[] = [];
  Object.assign(scene.world.workload.port, recordRights({ ...scene.world.workload.port }, used));
  const { draft } = await scene.plan({ group: 'controlplane', to: 'v1.31.4' });
  await scene.harness.run(groupRunbook, draft.steps);

  expect(used.map(({ verb, resource }) => `${verb} ${resource}`)).toContain('list nodes');
  expect(missing(used, 'upgrade')).toEqual([]);
});

const KEEPERS = new Set([
  'argoproj.io',
  'kustomize.toolkit.fluxcd.io',
  'helm.toolkit.fluxcd.io',
  'source.toolkit.fluxcd.io',
]);

test.each([
  ['Argo CD', TRACKED, anApplication, ['patch applications']],
  ['Flux', BY_KUSTOMIZATION, aKustomization, ['patch kustomizations', 'get gitrepositories']],
] as const)('who keeps a group is seen and suspended with what is shipped: %s', async (_, marks, keeper, wanted) => {
  const scene = createGitopsScene(marks, keeper());
  const used: Attributes[] = [];
  Object.assign(scene.fake.port, recordRights({ ...scene.fake.port }, used));
  const plan = await scene.plan(true);
  await scene.run(plan);

  const ofKeepers = used.filter(({ group }) => KEEPERS.has(group));
  expect(ofKeepers.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual(expect.arrayContaining([...wanted]));
  expect(missing(ofKeepers, 'upgrade', 'gitops')).toEqual([]);
});

test('whether EKS Anywhere keeps a group is seen with what is shipped', async () => {
  const { port } = createFakeKubernetes();
  const used: Attributes[] = [];
  const management = recordRights(port, used);
  await createKeepers({ management, kubernetes: port }, new AbortController().signal).of(
    aGroup({ namespace: 'eksa-system' }),
    'management',
    [VERSION_PATH],
  );

  expect(used.map(({ verb, resource, group }) => [verb, resource, group])).toEqual([
    ['list', 'clusters', 'anywhere.eks.amazonaws.com'],
  ]);
  expect(missing(used, 'upgrade', 'gitops')).toEqual([]);
});

test('kinds that lose a version from 1.25 on may be looked through', () => {
  const granted = grantedTo(WORKER, render(roleFolder('upgrade')));
  const isListed = (kind: string, group: string): boolean =>
    granted.some(({ what }) => what.verb === 'list' && what.group === group && what.resource === pluralOf(kind));
  const kinds = kindsToList(removedBetween(24, 99)).flatMap(({ kind, apiVersions }) =>
    apiVersions.map((apiVersion) => ({ kind, group: apiVersion.split('/')[0] ?? '' })),
  );

  expect(kinds.length).toBeGreaterThan(5);
  expect(kinds.filter(({ kind, group }) => !isListed(kind, group))).toEqual([]);
});

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : lower.endsWith('s') ? `${lower}es` : `${lower}s`;
}
