import { describe, expect, test } from 'vitest';
import { runbooks } from '../../jobs/index.ts';
import type { Attributes } from '../../src/adapters/kubernetes/attributes.ts';
import { compareRights, grantedTo } from '../support/granted.ts';
import { objectNamed, type Rendered, render, roleFolder } from '../support/rendered.ts';
import { repositoryFiles, textOf } from '../support/repository.ts';

const WORKER = { namespace: 'drydock', name: 'drydock-worker' };
const IDS = runbooks.map(({ id }) => id);
/** Runbooks that do not take every way to etcd; none: they need no etcd. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  backups: [],
  'etcd-drill': [],
  'etcd-backup': ['tunnel'],
  drain: [],
  uncordon: [],
  nodegroups: [],
  upgrade: [],
  undo: [],
};
/** Rights that a runbook needs beside the others on one platform; those of Cluster API in the cluster that manages it. */
const MORE = [
  'members/diagnosis',
  'members/openshift',
  'etcd-backup/openshift',
  'etcd-replace/openshift',
  'etcd-replace/kubeadm',
  'etcd-replace/cluster-api',
  'drain/by-force',
  'nodegroups/cluster-api',
  'upgrade/cluster-api',
  'upgrade/gitops',
] as const;
/** Runbooks with a second witness. */
const WITNESSED: ReadonlySet<string> = new Set(['etcd-defrag', 'etcd-replace', 'drain', 'uncordon', 'upgrade', 'undo']);
/** What a runbook changes anywhere in the cluster, as resource and subresource. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  drain: ['nodes/', 'pods/eviction'],
  uncordon: ['nodes/'],
  upgrade: ['nodes/', 'pods/eviction'],
  undo: ['nodes/'],
};
const files = repositoryFiles();
const page = textOf('docs/installing.md');

function waysOf(id: string): readonly string[] {
  return WAYS[id] ?? ['exec', 'tunnel'];
}

test('each runbook has its roles, and one set more for each way to etcd that it can take', () => {
  const expected = IDS.flatMap((id) => ['', ...waysOf(id).map((way) => `${way}/`)].map((way) => `${id}/${way}`));
  const others = ['etcd-tls-secret/', ...MORE.map((folder) => `${folder}/`)];
  const folders = files.flatMap((path) => /^deploy\/kustomize\/roles\/(.*)role\.yaml$/.exec(path)?.[1] ?? []);

  expect(folders.toSorted()).toEqual([...expected, ...others].toSorted());
  expect(folders.filter((folder) => !files.includes(`deploy/kustomize/roles/${folder}kustomization.yaml`))).toEqual([]);
});

describe.each(IDS)('%s', (id) => {
  const whole = render(roleFolder(id));
  const ways = waysOf(id).map((way) => render(roleFolder(id, way)));
  const writing = waysOf(id).map((way) => (way === 'exec' ? 'pods/exec' : 'pods/portforward'));

  test('grants nothing with a star, no Secret, and nothing that writes but what its way and its witness need', () => {
    const rights = grantedTo(WORKER, [...whole, ...ways.flat()]).map(({ what }) => what);
    const changes = rights.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));

    expect(JSON.stringify(rights)).not.toContain('*');
    expect(rights.filter(({ resource }) => resource === 'secrets')).toEqual([]);
    expect(new Set(changes.map(({ resource, subresource }) => `${resource}/${subresource}`))).toEqual(
      new Set([...writing, ...(WITNESSED.has(id) ? ['leases/'] : []), ...(CHANGES[id] ?? [])]),
    );
    const elsewhere = changes.filter(({ namespace }) => namespace !== 'kube-system');
    expect(new Set(elsewhere.map(({ resource, subresource }) => `${resource}/${subresource}`))).toEqual(
      new Set(CHANGES[id] ?? []),
    );
  });

  test('has the label on what moves to the namespace of etcd, and on nothing else', () => {
    const labelled = [...whole, ...ways.flat()].filter(
      ({ metadata }) => metadata.labels['drydock.dev/etcd'] === 'pods',
    );

    expect(labelled.map(({ metadata }) => metadata.name)).toEqual(ways.flat().map(({ metadata }) => metadata.name));
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

test('the examples bind everything of this version that etcd by exec can use, and say how the rest is added', () => {
  const byExec = IDS.filter((id) => waysOf(id).includes('exec'));
  const expected = [...IDS.map((id) => roleFolder(id)), ...byExec.map((id) => roleFolder(id, 'exec'))].flatMap(render);

  for (const example of ['own-cluster', 'remote-cluster']) {
    expect(roleNames(render(`deploy/kustomize/examples/${example}`))).toEqual(roleNames(expected));
    expect(textOf(`deploy/kustomize/examples/${example}/kustomization.yaml`)).toContain('roles/etcd-backup/tunnel.');
  }
});

test('for OpenShift the rights on etcd pods move to its namespace, and no others', () => {
  const objects = render('deploy/kustomize/examples/openshift-cluster');
  const places = objects.flatMap(({ kind, metadata }) =>
    kind === 'Role' || kind === 'RoleBinding' ? [`${metadata.namespace} ${metadata.name}`] : [],
  );

  expect(new Set(places)).toEqual(
    new Set([
      ...IDS.filter((id) => waysOf(id).includes('exec')).map((id) => `openshift-etcd drydock-${id}-exec`),
      'openshift-machine-api drydock-members-openshift',
      'kube-system drydock-status',
      'kube-system drydock-etcd-defrag',
      'kube-system drydock-etcd-replace',
      'kube-system drydock-upgrade',
      'kube-system drydock-undo',
      'kube-system drydock-drain',
      'kube-system drydock-uncordon',
      ...['openshift-etcd', 'openshift-etcd-operator', 'openshift-machine-api'].map(
        (space) => `${space} drydock-etcd-replace-openshift`,
      ),
    ]),
  );
  const more = MORE.filter((folder) => folder.endsWith('/openshift')).flatMap((folder) =>
    roleNames(render(`deploy/kustomize/roles/${folder}`)),
  );
  expect(roleNames(objects)).toEqual(expect.arrayContaining([...more]));
});

test('the installing page explains every folder of roles', () => {
  const all = [...IDS, ...MORE, 'etcd-tls-secret', 'openshift'];

  expect(all.filter((name) => !page.includes(`\`roles/${name}\``))).toEqual([]);
});

test('for a replacement on OpenShift Secrets are listed and deleted in one namespace, and read in none', () => {
  const rights = grantedTo(WORKER, render(roleFolder('etcd-replace', 'openshift'))).map(({ what }) => what);

  expect(JSON.stringify(rights)).not.toContain('*');
  expect(
    rights.flatMap(({ resource, verb, namespace }) => (resource === 'secrets' ? [`${verb} in ${namespace}`] : [])),
  ).toEqual(['list in openshift-etcd', 'delete in openshift-etcd']);
  expect(
    rights.filter(({ verb, namespace, name }) => verb === 'delete' && namespace === null && name === null),
  ).toEqual([expect.objectContaining({ resource: 'nodes' })]);
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
