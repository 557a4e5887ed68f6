import { expect, test } from 'vitest';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import { createCapiCase, createEksaCase } from '../support/capi-case.ts';
import { compareRights, grantedTo } from '../support/granted.ts';
import { ocpScene } from '../support/ocp-replace/scene.ts';
import { recordRights } from '../support/recorded-rights.ts';
import { render, roleFolder } from '../support/rendered.ts';

const WORKER = { namespace: 'drydock', name: 'drydock-worker' };
const OPENSHIFT = ['', 'openshift'].map((way) => roleFolder('etcd-replace', ...(way === '' ? [] : [way])));
const SHELL = ['deploy/kustomize/node-shell', 'deploy/kustomize/node-shell/openshift'];

/** The namespace of the shipped roles is patched to that of the installation. */
function inShipped(space: string | null): string | null {
  return space === 'prod' ? 'capi-clusters' : space;
}

test.each(['ocp-machine', 'ocp-pod'] as const)(
  '%s: every right that its plan and its steps use is shipped',
  async (id) => {
    const used: Attributes[] = [];
    const scene = await ocpScene({
      case: id,
      prepare: ({ port }) => void Object.assign(port, recordRights({ ...port }, used)),
    });
    await scene.run();

    expect(new Set(used.map(({ verb }) => verb))).toEqual(new Set(['get', 'list', 'create', 'delete', 'patch']));
    const shipped = [...OPENSHIFT, ...(id === 'ocp-pod' ? SHELL : [])].flatMap(render);
    expect(compareRights(used, grantedTo(WORKER, shipped)).missing).toEqual([]);
  },
);

test.each([
  ['kcp, by annotation', () => createCapiCase()],
  ['kcp, by deletion', () => createCapiCase({ healthCheck: 'absent' })],
  ['eksa-etcd', () => createEksaCase()],
] as const)('%s: every right in the management cluster is shipped', async (_what, make) => {
  const scene = make();
  const used: Attributes[] = [];
  Object.assign(scene.world.port, recordRights({ ...scene.world.port }, used));
  const draft = await scene.harness.plan(scene.runbook, {});
  expect(await scene.harness.run(scene.runbook, draft.steps)).toMatchObject({ kind: 'done' });
  await scene.harness.restoreCleanups(scene.runbook);
  expect(used.map(({ verb, resource }) => `${verb} ${resource}`)).toContain('get machines');

  const here = used.map((each) => Object.assign({}, each, { namespace: inShipped(each.namespace) }));
  const shipped = render(roleFolder('etcd-replace', 'cluster-api'));
  expect(compareRights(here, grantedTo(WORKER, shipped)).missing).toEqual([]);
});
