import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers } from '../../../../../src/core/cluster-api/upgrade/canonical.ts';
import {
  COPY_OF,
  copyName,
  copySpec,
  copyTemplate,
} from '../../../../../src/core/cluster-api/upgrade/clone-template.ts';
import { shortHash } from '../../../../../src/core/cluster-api/upgrade/short-hash.ts';
import { Json, JsonObject } from '../../../../../src/core/json.ts';
import type { KubernetesObject } from '../../../../../src/core/ports/kubernetes.ts';

const NAME = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$/);
const VERSION = fc.tuple(fc.nat(40), fc.nat(20)).map(([minor, patch]) => `v1.${minor}.${patch}`);
const FIELDS = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
  maxKeys: 5,
});
const OTHERS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'cluster.x-k8s.io/cloned-from-name',
  'cluster.x-k8s.io/cloned-from-groupkind',
  'topology.cluster.x-k8s.io/owned',
  'argocd.argoproj.io/tracking-id',
  'app.kubernetes.io/instance',
  'kustomize.toolkit.fluxcd.io/name',
  'meta.helm.sh/release-name',
];
const MARKS = fc.dictionary(fc.constantFrom(...OTHERS, 'team', 'note'), fc.string(), { maxKeys: 8 });

const TEMPLATE = fc.record({ name: NAME, labels: MARKS, annotations: MARKS, spec: FIELDS }).map(
  ({ name, labels, annotations, spec }): KubernetesObject => ({
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta1',
    kind: 'DockerMachineTemplate',
    metadata: {
      name,
      namespace: 'prod',
      uid: 'a5161b1f-6571-4059-ac81-0cd2dd6e5417',
      resourceVersion: '20086',
      generation: 1,
      creationTimestamp: '2023-10-19T18:29:41Z',
      deletionTimestamp: '2023-10-19T18:29:41Z',
      managedFields: [{ manager: 'kubectl' }],
      finalizers: ['x'],
      ownerReferences: [{ apiVersion: 'cluster.x-k8s.io/v1beta1', kind: 'Cluster', name: 'prod', uid: '38d3' }],
      labels,
      annotations,
    },
    spec: { template: { spec } },
    status: { capacity: { cpu: '2' } },
  }),
);
const ORDER = fc.record({
  version: VERSION,
  images: fc.constantFrom([], [{ path: ['customImage'], from: '', to: 'kindest/node:v1.31.4' }]),
});

describe('a copy of a template', () => {
  test('has nothing that the server or another controller wrote, and a name that the server takes', () => {
    fc.assert(
      fc.property(TEMPLATE, ORDER, (template, order) => {
        const copy = copyTemplate(template, order, 'upgrade-prod-7f3k');
        const metadata = JsonObject.parse(copy['metadata']);
        expect(Object.keys(copy).toSorted()).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
        expect(Object.keys(metadata).toSorted()).toEqual(['annotations', 'labels', 'name', 'namespace']);
        const marks = [
          ...Object.keys(JsonObject.parse(metadata['labels'])),
          ...Object.keys(JsonObject.parse(metadata['annotations'])),
        ];
        expect(marks.filter((each) => OTHERS.includes(each))).toEqual([]);
        expect(metadata['labels']).toMatchObject({ 'drydock.dev/run': 'upgrade-prod-7f3k' });
        expect(metadata['name']).toMatch(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/);
        expect(metadata['name']).not.toBe(template.metadata.name);
      }),
    );
  });

  test('of a copy keeps the first name, so that names do not grow', () => {
    fc.assert(
      fc.property(TEMPLATE, ORDER, ORDER, (template, first, second) => {
        const once = copyTemplate(template, first, 'run-1');
        const metadata = JsonObject.parse(once['metadata']);
        const asStored = {
          ...template,
          metadata: {
            ...template.metadata,
            name: copyName(template, first),
            annotations: { [COPY_OF]: template.metadata.name },
          },
        };
        const twice = JsonObject.parse(copyTemplate({ ...asStored, spec: once['spec'] }, second, 'run-2')['metadata']);
        const start = template.metadata.name.slice(0, 54).replace(/[^a-z0-9]+$/, '');
        expect(twice['name']).toMatch(new RegExp(`^${start.replaceAll('.', '\\.')}-[a-z0-9]{8}$`));
        expect(JsonObject.parse(metadata['annotations'])).toMatchObject({ [COPY_OF]: template.metadata.name });
      }),
    );
  });

  test('has another image in the item of a list, and all other items', () => {
    const volumes = [{ name: 'init' }, { name: 'disk', containerDisk: { image: 'os:v1.30.6', path: '/disk' } }];
    const [template] = fc.sample(TEMPLATE, { numRuns: 1, seed: 7 });
    if (template === undefined) throw new Error('no sample');
    const images = [{ path: ['volumes', '1', 'containerDisk', 'image'], from: 'os:v1.30.6', to: 'os:v1.31.4' }];
    expect(copySpec({ ...template, spec: { template: { spec: { volumes } } } }, { images })).toEqual({
      template: {
        spec: { volumes: [{ name: 'init' }, { name: 'disk', containerDisk: { image: 'os:v1.31.4', path: '/disk' } }] },
      },
    });
  });

  test('is called after its contents and its version', () => {
    const [template] = fc.sample(TEMPLATE, { numRuns: 1, seed: 7 });
    if (template === undefined) throw new Error('no sample');
    const to = (version: string, image = 'a'): string =>
      copyName(template, { version, images: [{ path: ['customImage'], from: '', to: image }] });
    expect(to('v1.31.4')).toBe(to('v1.31.4'));
    expect(new Set([to('v1.31.4'), to('v1.31.5'), to('v1.31.4', 'b')]).size).toBe(3);
  });
});

test('eight characters that differ', () => {
  const all = new Set(Array.from({ length: 20_000 }, (_, index) => shortHash(`v1.31.${index}`)));
  expect(all.size).toBe(20_000);
  expect([...all].every((each) => /^[a-z0-9]{8}$/.test(each))).toBe(true);
});

test('a value covers itself with more beside it, and nothing with another value', () => {
  const value = fc.jsonValue().map((each) => Json.parse(each));
  fc.assert(fc.property(value, (wanted) => covers({ a: wanted, b: 1 }, { a: wanted })));
  fc.assert(fc.property(value, fc.string(), (wanted, other) => !covers({ a: wanted }, { a: [wanted, other] })));
  expect(covers(undefined, null)).toBe(false);
});
