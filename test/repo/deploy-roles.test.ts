import { describe, expect, test } from 'vitest';
import { runbooks } from '../../jobs/index.ts';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import { compareRights, grantedTo } from '../support/granted.ts';
import { objectNamed, type Rendered, render, roleFolder } from '../support/rendered.ts';
import { repositoryFiles, textOf } from '../support/repository.ts';

const WORKER = { namespace: 'drydock', name: 'drydock-worker' };
const WAYS = ['exec', 'tunnel'] as const;
const IDS = runbooks.map(({ id }) => id);
const files = repositoryFiles();
const page = textOf('docs/installing.md');

test('each runbook has its roles, and one set more for each way to etcd', () => {
  const expected = IDS.flatMap((id) => ['', ...WAYS.map((way) => `${way}/`)].map((way) => `${id}/${way}`));
  const folders = files.flatMap((path) => /^deploy\/kustomize\/roles\/(.*)role\.yaml$/.exec(path)?.[1] ?? []);

  expect(folders.toSorted()).toEqual([...expected, 'etcd-tls-secret/'].toSorted());
  expect(folders.filter((folder) => !files.includes(`deploy/kustomize/roles/${folder}kustomization.yaml`))).toEqual([]);
});

describe.each(IDS)('%s', (id) => {
  const whole = render(roleFolder(id));
  const ways = WAYS.map((way) => render(roleFolder(id, way)));

  test('grants nothing with a star, no Secret, and nothing that writes but what its way and its witness need', () => {
    const rights = grantedTo(WORKER, [...whole, ...ways.flat()]).map(({ what }) => what);
    const changes = rights.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));

    expect(JSON.stringify(rights)).not.toContain('*');
    expect(rights.filter(({ resource }) => resource === 'secrets')).toEqual([]);
    expect(new Set(changes.map(({ resource, subresource }) => `${resource}/${subresource}`))).toEqual(
      new Set(['pods/exec', 'pods/portforward', ...(id === 'etcd-defrag' ? ['leases/'] : [])]),
    );
    expect(changes.filter(({ namespace }) => namespace !== 'kube-system')).toEqual([]);
  });

  test('is bound to the account of the worker, which the base and the other clusters have alike', () => {
    const subjects = [...whole, ...ways.flat()].flatMap((object) => object['subjects'] ?? []);

    expect(new Set(subjects.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ kind: 'ServiceAccount', ...swapped(WORKER) })]),
    );
    for (const folder of ['base', 'remote']) {
      const { metadata } = objectNamed(render(`deploy/kustomize/${folder}`), 'ServiceAccount', WORKER.name);
      expect(metadata.namespace).toBe(WORKER.namespace);
    }
  });
});

function swapped({ namespace, name }: typeof WORKER): object {
  return { name, namespace };
}

/** Roles and bindings by kind and name, sorted. */
function roleNames(objects: readonly Rendered[]): readonly string[] {
  return objects.flatMap(({ kind, metadata }) => (/Role/.test(kind) ? [`${kind} ${metadata.name}`] : [])).toSorted();
}

test('the examples bind everything of this version', () => {
  const expected = IDS.flatMap((id) => [roleFolder(id), roleFolder(id, 'exec')]).flatMap(render);

  for (const example of ['own-cluster', 'remote-cluster']) {
    expect(roleNames(render(`deploy/kustomize/examples/${example}`))).toEqual(roleNames(expected));
  }
});

test('for OpenShift the rights on etcd pods move to its namespace, and no others', () => {
  const objects = render('deploy/kustomize/examples/openshift-cluster');
  const places = objects.flatMap(({ kind, metadata }) =>
    kind === 'Role' || kind === 'RoleBinding' ? [`${metadata.namespace} ${metadata.name}`] : [],
  );

  expect(new Set(places)).toEqual(
    new Set([
      ...IDS.map((id) => `openshift-etcd drydock-${id}-exec`),
      'kube-system drydock-status',
      'kube-system drydock-etcd-defrag',
    ]),
  );
});

test('the installing page explains every folder of roles', () => {
  const named = [...IDS, 'etcd-tls-secret', 'openshift'].filter((name) => page.includes(`\`roles/${name}\``));

  expect(named).toEqual([...IDS, 'etcd-tls-secret', 'openshift']);
});

describe('comparing rights with requests', () => {
  const NODES: Attributes = {
    verb: 'list',
    group: '',
    resource: 'nodes',
    subresource: '',
    namespace: null,
    name: null,
  };
  const granted = grantedTo(WORKER, render(roleFolder('status')));
  const used = granted.map(({ what }) => what);

  test('all of them and nothing else is no difference', () => {
    expect(compareRights(used, granted)).toEqual({ missing: [], unused: [] });
  });

  test('a right that is not there, or for another name or place, is missing', () => {
    const namespace = { ...NODES, verb: 'get', resource: 'namespaces', name: 'default' };
    const map = { ...NODES, verb: 'get', resource: 'configmaps', namespace: 'default', name: 'kubeadm-config' };

    expect(compareRights([...used, { ...NODES, verb: 'watch' }, namespace, map], granted).missing).toEqual([
      'get configmaps kubeadm-config in namespace default',
      'get namespaces default',
      'watch nodes',
    ]);
  });

  test('a right that nobody used is told with its role', () => {
    const others = used.filter(({ resource }) => resource !== 'nodes');

    expect(compareRights(others, granted).unused).toEqual(['ClusterRole drydock-status: list nodes']);
  });

  test('a role that nothing binds is an error', () => {
    const loose = render(roleFolder('status')).filter(({ kind }) => kind !== 'ClusterRoleBinding');

    expect(() => grantedTo(WORKER, loose)).toThrow('nothing binds ClusterRole drydock-status');
  });
});
