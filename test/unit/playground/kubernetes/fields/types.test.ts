import * as client from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { builtInShape, builtInTypes } from '../../../../../playground/kubernetes/fields/built-in.ts';
import { readTypes } from '../../../../../playground/kubernetes/fields/notation.ts';
import { itemShape, type Shape, shapeOf } from '../../../../../playground/kubernetes/fields/shape.ts';

const model = z.custom<{ getAttributeTypeMap(): unknown }>(
  (value) => typeof value === 'function' && 'getAttributeTypeMap' in value,
);
const attributes = z.array(z.object({ baseName: z.string(), type: z.string() }));
const models = new Map(
  Object.entries(client).flatMap(([name, value]) => {
    const found = model.safeParse(value).data;
    return found === undefined ? [] : [[name, attributes.parse(found.getAttributeTypeMap())] as const];
  }),
);

test('the table has hundreds of types, and the client has as many models', () => {
  expect(builtInTypes.size).toBeGreaterThan(400);
  expect(models.size).toBeGreaterThan(400);
});

test('each type has the fields that the client of this version knows, of the same nature', () => {
  const different = [...builtInTypes].flatMap(([name, type]) => {
    const known = models.get(`V1${name}`) ?? models.get(name) ?? [];
    const theirs = known.map(({ baseName, type: text }) => `${baseName} ${natureOfModel(text)}`);
    const ours = [...type.fields().values()].map((field) => `${field.name} ${natureOf(field.shape)}`);
    const missing = theirs.filter((one) => !ours.includes(one)).map((one) => `${name} lacks ${one}`);
    return missing.concat(ours.filter((one) => !theirs.includes(one)).map((one) => `${name} has ${one}`));
  });
  expect(different).toEqual([]);
});

function natureOf(shape: Shape): string {
  if (shape.type === 'list') return 'list';
  if (shape.type === 'map') return 'map';
  return shape.type === 'scalar' ? 'plain' : 'object';
}

const plain = new Set(['string', 'number', 'boolean', 'Date', 'V1MicroTime', 'IntOrString']);

function natureOfModel(type: string): string {
  if (/^(Array|Set)</.test(type)) return 'list';
  if (type.startsWith('{')) return 'map';
  return plain.has(type) ? 'plain' : 'object';
}

function shapeAt(kind: string, group: string, path: string): Shape {
  const steps = path.split('.');
  return steps.reduce<Shape>(
    (shape, name) => (name === '*' ? itemShape(shape) : shapeOf(shape, name)),
    builtInShape({ group, kind }),
  );
}

test.each([
  ['Pod', '', 'spec.containers', { how: 'map', keys: ['name'], merge: { key: 'name', retainKeys: false } }],
  ['Pod', '', 'spec.volumes', { how: 'map', keys: ['name'], merge: { key: 'name', retainKeys: true } }],
  [
    'Pod',
    '',
    'spec.containers.*.ports',
    {
      how: 'map',
      keys: ['containerPort', 'protocol'],
      keyDefaults: { protocol: 'TCP' },
      merge: { key: 'containerPort' },
    },
  ],
  ['Pod', '', 'spec.tolerations', { how: 'atomic', merge: null }],
  ['Pod', '', 'metadata.finalizers', { how: 'set', merge: { key: null } }],
  ['Node', '', 'spec.taints', { how: 'atomic', merge: null }],
  ['Node', '', 'status.conditions', { how: 'map', keys: ['type'], merge: { key: 'type' } }],
  ['Deployment', 'apps', 'spec.selector', { type: 'struct', atomic: true }],
  ['Deployment', 'apps', 'spec.strategy', { type: 'struct', atomic: false, retainKeys: true }],
  ['Service', '', 'spec.selector', { type: 'map', atomic: true }],
  ['CertificateSigningRequest', 'certificates.k8s.io', 'status.conditions', { how: 'map', merge: null }],
  ['Event', '', 'involvedObject', { type: 'struct', atomic: true }],
  ['Event', 'events.k8s.io', 'regarding', { type: 'struct', atomic: true }],
  ['Nonsense', 'example.com', 'spec', { type: 'any' }],
])('%s of %s: %s', (kind, group, path, expected) => {
  expect(shapeAt(kind, group, path)).toMatchObject(expected);
});

test.each(['Name', 'Name: field', 'Name: field Missing', 'Name: field [s'])('%s is no type', (text) => {
  expect(() => readTypes([text]).get('Name')?.fields()).toThrow(/^types: /);
});
