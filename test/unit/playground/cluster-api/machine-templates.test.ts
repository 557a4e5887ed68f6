import { expect, test } from 'vitest';
import { differences, hashOf, machineSetObject } from '../../../../playground/cluster-api/machine-templates.ts';
import { recipeOfSet } from '../../../../playground/cluster-api/new-machine.ts';
import { shapeOf } from '../../../../playground/cluster-api/shape.ts';
import { fieldsOf } from '../../../../playground/kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../../../../playground/kubernetes/contracts.ts';

const shape = shapeOf('v1beta2');

function deployment(spec: Fields = {}, labels: Fields = {}): ApiObject {
  const references = {
    infrastructureRef: { apiGroup: 'infrastructure.cluster.x-k8s.io', kind: 'DevMachineTemplate', name: 'capi-md-0' },
    bootstrap: { configRef: { name: 'capi-md-0' } },
  };
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineDeployment',
    metadata: { name: 'capi-md-0', namespace: 'capi-clusters', uid: 'u-1', labels },
    spec: {
      clusterName: 'capi',
      selector: { matchLabels: {} },
      template: { spec: { clusterName: 'capi', version: 'v1.30.6', ...references, ...spec } },
    },
  };
}

function setOf(owner: ApiObject): ApiObject {
  const { kind, metadata, ...rest } = machineSetObject(shape, owner, { replicas: 3, revision: 2 });
  return { ...rest, apiVersion: shape.core, kind: String(kind), metadata: fieldsOf(metadata) };
}

test('version, templates and zone ask for a new MachineSet; timeouts and labels do not', () => {
  const before = hashOf(deployment());
  const other = { infrastructureRef: { name: 'capi-md-0-v131' } };
  const rolling = [{ version: 'v1.31.4' }, other, { bootstrap: { configRef: { name: 'x' } } }, { failureDomain: 'b' }];

  expect(new Set([before, ...rolling.map((spec) => hashOf(deployment(spec)))]).size).toBe(5);
  expect(hashOf(deployment({ deletion: { nodeDrainTimeoutSeconds: 7 } }, { team: 'web' }))).toBe(before);
});

test('what differs is said a line each, the version first', () => {
  const wanted = deployment({ version: 'v1.31.4', infrastructureRef: { name: 'next' } });

  expect(differences(setOf(deployment()), wanted)).toEqual([
    '* Version v1.30.6, v1.31.4 required',
    '* DevMachine is not up-to-date',
  ]);
  expect(differences(setOf(wanted), wanted)).toEqual([]);
});

test('machines of a set know whose they are, and are made from its template', () => {
  const set = setOf(deployment({ deletion: { nodeDrainTimeoutSeconds: 7 } }));
  const recipe = recipeOfSet(set);

  expect(recipe).toMatchObject({
    template: 'capi-md-0',
    spec: { clusterName: 'capi', version: 'v1.30.6', deletion: { nodeDrainTimeoutSeconds: 7 } },
    labels: {
      'cluster.x-k8s.io/deployment-name': 'capi-md-0',
      'cluster.x-k8s.io/set-name': set.metadata['name'],
      'machine-template-hash': hashOf(deployment()),
    },
  });
  expect(recipe.spec).not.toHaveProperty('bootstrap');
  expect(recipe.name).toMatch(/^capi-md-0-[a-z0-9]{5}-[a-z0-9]{5}$/);
});
