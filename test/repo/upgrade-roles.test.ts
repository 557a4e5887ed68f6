import { expect, test } from 'vitest';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import { createUpgradeCase, groupRunbook } from '../support/capi-upgrade-case.ts';
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
