import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { NODE_SHELL_NAMESPACE, nodeShellPod } from '../../src/core/kubernetes/node-shell.ts';
import { grantedTo } from '../support/granted.ts';
import { restrictedProblems } from '../support/pod-security.ts';
import { type Rendered, render } from '../support/rendered.ts';
import { repositoryFiles, textOf } from '../support/repository.ts';

const FOLDER = 'deploy/kustomize/node-shell';
const WORKER = { namespace: 'drydock', name: 'drydock-worker' };
const LEVEL = /^pod-security\.kubernetes\.io\//;

const Annotated = z.looseObject({ metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }) });

/** Every folder that can be applied by itself; `roles/openshift` is a part of others. */
const folders = repositoryFiles()
  .filter(
    (path) => /^deploy\/kustomize\/.*kustomization\.yaml$/.test(path) && !textOf(path).includes('kind: Component'),
  )
  .map((path) => dirname(path));

function levelsIn(objects: readonly Rendered[]): readonly string[] {
  return objects.flatMap(({ kind, metadata }) =>
    kind === 'Namespace'
      ? Object.entries(metadata.labels).flatMap(([name, level]) =>
          LEVEL.test(name) ? [`${metadata.name} ${level}`] : [],
        )
      : [],
  );
}

test('privileged pods may run in the namespace of node shells and nowhere else, and no other folder makes it', () => {
  const others = folders.filter((folder) => !folder.startsWith(FOLDER));

  expect(new Set(levelsIn(render(FOLDER)))).toEqual(new Set([`${NODE_SHELL_NAMESPACE} privileged`]));
  expect(others).toContain('deploy/kustomize/base');
  const rendered = others.map((folder) => ({ folder, objects: render(folder) }));
  expect(new Set(rendered.flatMap(({ objects }) => levelsIn(objects)))).toEqual(new Set(['drydock restricted']));
  for (const { folder, objects } of rendered)
    expect(JSON.stringify(objects), folder).not.toContain(NODE_SHELL_NAMESPACE);
});

test('the pod of a node shell is why: it keeps to no lower level', () => {
  const { spec } = nodeShellPod({ run: 'backup-prod-7f3k', node: 'cp-1', image: 'busybox:1.37' });

  expect(restrictedProblems(spec)).toContain('shell: it is privileged');
  expect(restrictedProblems(spec)).toContain('it shares a namespace of the host');
});

test('the worker may open shells there, look at nodes, and nothing else', () => {
  const rights = grantedTo(WORKER, render(FOLDER)).map(
    ({ what: { verb, group, resource, subresource, namespace, path } }) =>
      `${verb} ${path ?? [group, resource, subresource].filter((part) => part !== '').join('/')} ${namespace ?? 'everywhere'}`,
  );

  expect(rights.toSorted()).toEqual([
    'create pods drydock-node-shell',
    'create pods/exec drydock-node-shell',
    'delete pods drydock-node-shell',
    'get /api everywhere',
    'get /apis everywhere',
    'get nodes everywhere',
    'get pods drydock-node-shell',
    'get pods/exec drydock-node-shell',
  ]);
});

test('on OpenShift it may use the one constraint that the pod asks for', () => {
  const { metadata } = Annotated.parse(nodeShellPod({ run: 'r', node: 'n', image: 'i' }));
  const rights = grantedTo(WORKER, render(`${FOLDER}/openshift`)).map(({ what }) => what);

  expect(rights).toEqual([
    {
      verb: 'use',
      group: 'security.openshift.io',
      resource: 'securitycontextconstraints',
      subresource: '',
      namespace: NODE_SHELL_NAMESPACE,
      name: metadata.annotations['openshift.io/required-scc'],
    },
  ]);
});

test('the installing page says when to apply it', () => {
  const page = textOf('docs/installing.md');

  expect(page).toContain('| `node-shell` |');
  expect(page).toContain('`node-shell/openshift`');
});
