import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../../../../playground/kubernetes/fields/field-rules.ts';
import { kindOf } from '../../../../support/kubernetes-fixtures.ts';

const rules = createFieldRules();

function podOf(spec: unknown, metadata: Readonly<Record<string, unknown>> = {}): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec };
}

function patchedSpec(spec: unknown, patch: unknown): unknown {
  const live = podOf(spec);
  const outcome = rules.patched(kindOf(live), 'strategic', live, { spec: patch });
  return outcome.ok ? outcome.value['spec'] : outcome.refusal;
}

const a = { name: 'a', image: 'one' };
const b = { name: 'b', image: 'one' };

test.each([
  [
    'merges by key',
    { containers: [a, b] },
    { containers: [{ name: 'b', image: 'two' }] },
    { containers: [a, { name: 'b', image: 'two' }] },
  ],
  ['puts a new element first', { containers: [a] }, { containers: [b] }, { containers: [b, a] }],
  ['deletes by key', { containers: [a, b] }, { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: [b] }],
  [
    'replaces a list',
    { containers: [a, b] },
    { containers: [{ $patch: 'replace' }, { name: 'c' }] },
    { containers: [{ name: 'c' }] },
  ],
  [
    'replaces an object',
    { securityContext: { runAsUser: 1, runAsGroup: 2 } },
    { securityContext: { $patch: 'replace', runAsUser: 3 } },
    { securityContext: { runAsUser: 3 } },
  ],
  [
    'empties an object',
    { securityContext: { runAsUser: 1 } },
    { securityContext: { $patch: 'delete' } },
    { securityContext: {} },
  ],
  ['takes a field away', { hostname: 'x', nodeName: 'y' }, { hostname: null }, { nodeName: 'y' }],
  [
    'replaces a list without a key',
    { tolerations: [{ key: 'a' }] },
    { tolerations: [{ key: 'b' }] },
    { tolerations: [{ key: 'b' }] },
  ],
  [
    'merges the ports of a container by number',
    { containers: [{ name: 'a', ports: [{ containerPort: 1, name: 'x' }] }] },
    { containers: [{ name: 'a', ports: [{ containerPort: 1, protocol: 'UDP' }] }] },
    { containers: [{ name: 'a', ports: [{ containerPort: 1, name: 'x', protocol: 'UDP' }] }] },
  ],
  [
    'keeps only the named source of a volume',
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
    { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
  ],
  [
    'orders by the given order',
    { containers: [a, b] },
    { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'a', image: 'two' }] },
    { containers: [b, { name: 'a', image: 'two' }] },
  ],
  [
    'orders without any change',
    { containers: [a, b] },
    { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
    { containers: [b, a] },
  ],
  [
    'keeps no directive',
    {},
    { containers: [{ name: 'a', env: [{ name: 'x', $patch: 'delete' }] }] },
    { containers: [{ name: 'a', env: [] }] },
  ],
])('a strategic patch %s', (_, spec, patch, result) => {
  expect(patchedSpec(spec, patch)).toEqual(result);
});

test('finalizers are a set of plain values', () => {
  const live = podOf({}, { finalizers: ['a/x', 'b/x'] });
  const patches = [
    [{ finalizers: ['c/x', 'a/x'] }, ['c/x', 'a/x', 'b/x']],
    [{ '$deleteFromPrimitiveList/finalizers': ['a/x'] }, ['b/x']],
    [{ finalizers: null }, undefined],
  ] as const;
  for (const [metadata, finalizers] of patches) {
    const outcome = rules.patched(kindOf(live), 'strategic', live, { metadata });
    expect(outcome.ok ? outcome.value.metadata['finalizers'] : outcome).toEqual(finalizers);
  }
});

test('what is no strategic patch is refused', () => {
  expect(patchedSpec({ containers: [a] }, { containers: [{ image: 'x' }] })).toMatchObject({
    status: 500,
    message: 'map: map[image:x] does not contain declared merge key: name',
  });
  expect(patchedSpec({ securityContext: {} }, { securityContext: { $patch: 'explode' } })).toMatchObject({
    status: 400,
  });
  expect(
    patchedSpec({ volumes: [{ name: 'v' }] }, { volumes: [{ name: 'v', $retainKeys: ['name'], emptyDir: {} }] }),
  ).toMatchObject({
    status: 400,
    message: 'invalid patch format of retainKeys',
  });
});

const container = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    image: fc.constantFrom('one', 'two'),
    env: fc.uniqueArray(fc.record({ name: fc.constantFrom('X', 'Y'), value: fc.constantFrom('1', '2') }), {
      selector: ({ name }) => name,
    }),
  },
  { requiredKeys: ['name'] },
);
const containers = fc.uniqueArray(container, { selector: ({ name }) => name });

test('a strategic patch twice is a strategic patch once, and the empty one changes nothing', () => {
  fc.assert(
    fc.property(containers, containers, (before, patch) => {
      const once = patchedSpec({ containers: before }, { containers: patch });
      expect(patchedSpec(once, { containers: patch })).toEqual(once);
      expect(patchedSpec({ containers: before }, {})).toEqual({ containers: before });
    }),
  );
});

test('a strategic patch to a wrong type shows the patch', () => {
  expect(patchedSpec({}, { priority: 'x', tolerations: [{ key: 'a' }], hostname: null })).toMatchObject({
    status: 422,
    message:
      ' "" is invalid: patch: Invalid value: "map[spec:map[hostname:<nil> priority:x tolerations:[map[key:a]]]]": json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32',
  });
});
