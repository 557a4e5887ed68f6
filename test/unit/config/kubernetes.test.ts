import { expect, test } from 'vitest';
import { load, problemsOf, warningsOf } from './support.ts';

/** Clusters by name, each with its fields. */
function yamlOf(clusters: Readonly<Record<string, string>>): string {
  const entries = Object.entries(clusters).map(
    ([name, fields]) => `  ${name}: { ${fields}, channels: { ops: C0OPS } }\n`,
  );
  return `version: 1\nclusters:\n${entries.join('')}`;
}

async function aboutClusters(yaml: string): Promise<readonly string[]> {
  return (await warningsOf(yaml)).filter((warning) => warning.includes('clusters.'));
}

test('the same file is found however its path is written', async () => {
  const twice = {
    a: 'platform: kubeadm, kubeconfig: ca.crt, context: x',
    b: 'platform: gke, kubeconfig: ./ca.crt, context: x',
  };
  const problems = await problemsOf(yamlOf(twice));

  expect(problems.filter((problem) => problem.includes('leads to cluster a too'))).toEqual([
    expect.stringMatching(/clusters\.b\.context/),
  ]);
});

test('two names for one cluster are refused; two contexts of a file are two clusters', async () => {
  const twice = {
    a: 'platform: kubeadm, kubeconfig: ca.crt, context: x',
    b: 'platform: gke, kubeconfig: ca.crt, context: x',
  };
  expect(await problemsOf(yamlOf(twice))).toEqual([
    expect.stringMatching(/clusters\.b\.context: leads to cluster a too; one cluster has one name here.*found "x"/),
  ]);
  const current = { a: 'platform: kubeadm, kubeconfig: ca.crt', b: 'platform: kubeadm, kubeconfig: ca.crt' };
  expect(await problemsOf(yamlOf(current))).toEqual([
    expect.stringMatching(/clusters\.b\.kubeconfig: leads to cluster a too/),
  ]);
  const two = {
    a: 'platform: kubeadm, kubeconfig: ca.crt, context: x',
    b: 'platform: kubeadm, kubeconfig: ca.crt, context: y',
  };
  expect(await problemsOf(yamlOf(two))).toEqual([]);
  expect(await aboutClusters(yamlOf(two))).toEqual([]);
});

test('without a kubeconfig it is the cluster that the worker runs in, which is one and has no contexts', async () => {
  const yaml = yamlOf({ a: 'platform: kubeadm', b: 'platform: gke' });
  expect(await problemsOf(yaml)).toEqual([
    expect.stringMatching(/clusters\.b.*has no kubeconfig, and neither has cluster a: both are the cluster/),
  ]);

  const one = yamlOf({ b: 'platform: gke, context: x' });
  expect(await problemsOf(one)).toEqual([]);
  expect(await aboutClusters(one)).toEqual([
    expect.stringMatching(/clusters\.b\.context: is not used without a kubeconfig/),
  ]);
});

test('a management cluster has file, context and namespace', async () => {
  const result = await load(
    yamlOf({
      a: 'platform: cluster-api, kubeconfig: ca.crt, management: { kubeconfig: client.crt, context: m, namespace: n }',
    }),
  );

  expect(result.ok && result.config.clusters[0]?.management).toEqual({
    kubeconfig: expect.stringMatching(/\/client\.crt$/),
    context: 'm',
    namespace: 'n',
  });
});
