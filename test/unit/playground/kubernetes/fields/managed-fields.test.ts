import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../../../../playground/kubernetes/fields/field-rules.ts';
import { answerOf, kindOf, managersOf, withoutManagers } from '../../../../support/kubernetes-fixtures.ts';

const rules = createFieldRules();
const kind = kindOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });

function configMap(data: Readonly<Record<string, string>>, managedFields?: unknown): ApiObject {
  const metadata = managedFields === undefined ? { name: 'a' } : { name: 'a', managedFields };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

function update(live: ApiObject | null, next: ApiObject, manager: string, time = '2026-01-01T00:00:00Z'): ApiObject {
  return rules.tracked(kind, live, next, { manager, subresource: '', time });
}

function owned(object: ApiObject): Readonly<Record<string, unknown>> {
  return Object.fromEntries(managersOf(object).map((entry) => [entry.manager, entry['fieldsV1']]));
}

test('a field moves to who changes it, and goes with who removes it', () => {
  const first = update(null, configMap({ x: '1', y: '1', z: '1' }), 'a');
  const second = update(first, { ...first, data: { x: '2', y: '1' } }, 'b');
  expect(owned(second)).toEqual({ a: { 'f:data': { '.': {}, 'f:y': {} } }, b: { 'f:data': { 'f:x': {} } } });
});

test('an update without managedFields keeps the live ones, one with them replaces them, an empty entry forgets them', () => {
  const live = update(null, configMap({ x: '1' }), 'a');
  const [entry] = managersOf(live);
  expect(owned(update(live, configMap({ x: '1' }), 'b'))).toEqual(owned(live));
  expect(owned(update(live, configMap({ x: '1' }, []), 'b'))).toEqual(owned(live));
  expect(owned(update(live, configMap({ x: '1' }, [{ ...entry, manager: 'c' }]), 'b'))).toEqual({
    c: entry?.['fieldsV1'],
  });
  expect(owned(update(live, configMap({ x: '1' }, [{}]), 'b'))).toEqual({});
  expect(owned(update(live, configMap({ x: '2' }, [{}]), 'b'))).toEqual({ b: { 'f:data': { 'f:x': {} } } });
});

test('what cannot be read counts as nothing said', () => {
  const live = update(null, configMap({ x: '1' }), 'a');
  expect(owned(update(live, configMap({ x: '1' }, [{ manager: 'c', operation: 'Own' }]), 'b'))).toEqual(owned(live));
});

test('an update that changes nothing keeps its time; one that does has its own', () => {
  const live = update(null, configMap({ x: '1' }), 'a', '2026-01-01T00:00:00Z');
  expect(update(live, live, 'a', '2026-01-02T00:00:00Z')).toEqual(live);
  const [entry] = managersOf(update(live, { ...live, data: { x: '2' } }, 'a', '2026-01-02T00:00:00Z'));
  expect(entry?.time).toBe('2026-01-02T00:00:00Z');
});

test('of more than ten who update, the oldest are merged', () => {
  let object = update(null, configMap({ k0: '' }), 'manager-0', '2026-01-01T00:00:00Z');
  for (let number = 1; number <= 12; number += 1) {
    const time = `2026-01-${String(number + 1).padStart(2, '0')}T00:00:00Z`;
    object = update(
      object,
      { ...object, data: { ...Object(object['data']), [`k${number}`]: '' } },
      `manager-${number}`,
      time,
    );
  }
  const entries = managersOf(object);
  expect(entries).toHaveLength(10);
  expect(entries[0]).toMatchObject({ manager: 'ancient-changes', time: '2026-01-04T00:00:00Z' });
  expect(entries[0]?.['fieldsV1']).toEqual({ 'f:data': { '.': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {}, 'f:k3': {} } });
  expect(entries.at(-1)?.manager).toBe('manager-12');
});

test('status belongs to who writes the status', () => {
  const node = withoutManagers(answerOf('12-05-uncordon'));
  const nodes = kindOf(node);
  const live = rules.tracked(nodes, null, node, { manager: 'kubelet', subresource: '', time: '2026-01-01T00:00:00Z' });
  expect(JSON.stringify(live.metadata['managedFields'])).not.toContain('f:status');
  const next = { ...live, spec: {}, status: { ...Object(live['status']), phase: 'Running' } };
  const after = rules.tracked(nodes, live, next, {
    manager: 'kubelet',
    subresource: 'status',
    time: '2026-01-01T00:00:01Z',
  });
  const entry = managersOf(after).find((one) => one['subresource'] === 'status');
  expect(entry?.['fieldsV1']).toEqual({ 'f:status': { 'f:phase': {} } });
});

const who = { manager: 'a', subresource: '', time: '2026-01-01T00:00:00Z', force: false };

test('conflicts with several managers are listed by manager', () => {
  const first = update(update(null, configMap({ x: '1', y: '1' }), 'a'), configMap({ x: '1', y: '2' }), 'b');
  const outcome = rules.applied(kind, first, configMap({ x: '9', y: '9' }), { ...who, manager: 'c' });
  expect(outcome).toMatchObject({
    ok: false,
    refusal: {
      message:
        'Apply failed with 2 conflicts: conflicts with "a" using v1:\n- .data.x\nconflicts with "b" using v1:\n- .data.y',
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "a" using v1', field: '.data.x' },
        { reason: 'FieldManagerConflict', message: 'conflict with "b" using v1', field: '.data.y' },
      ],
    },
  });
});

function podWith(image: string): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'app', image }] } };
}

test('elements of lists are named by their keys', () => {
  const live = rules.applied(kindOf(podWith('x')), null, podWith('one'), who);
  const outcome = rules.applied(kindOf(podWith('x')), live.ok ? live.value : null, podWith('two'), {
    ...who,
    manager: 'b',
  });
  expect(outcome).toMatchObject({ ok: false, refusal: { causes: [{ field: '.spec.containers[name="app"].image' }] } });
});

test.each([
  [{ containers: [{ name: 'a', foo: 1 }] }, '.spec.containers[name="a"].foo: field not declared in schema'],
  [{ containers: [{ name: 'a' }, { name: 'a' }] }, '.spec.containers: duplicate entries for key [name="a"]'],
  [
    { containers: [{ image: 'x' }] },
    '.spec.containers: element 0: associative list with keys has an element that omits key field "name"',
  ],
  [{ containers: {} }, '.spec.containers: expected list, got map'],
])('%j cannot be applied', (spec, why) => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' }, spec };
  const outcome = rules.applied(kindOf(pod), null, pod, who);
  const message = outcome.ok ? '' : outcome.refusal.message;
  expect(message).toContain(`Internal error occurred: failed to create typed patch object (n/p; v1, Kind=Pod): ${why}`);
});

test('another version than that of the path cannot be applied', () => {
  const outcome = rules.applied(kind, null, { ...configMap({}), apiVersion: 'v2' }, who);
  expect(outcome).toMatchObject({ ok: false, refusal: { status: 400 } });
});

test('kubectl takes back what it applied without the server, and keeps its annotation', () => {
  const applied = configMap({ x: '1', y: '1' });
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied) };
  const written = { ...applied, metadata: { name: 'a', annotations } };
  const first = update(null, written, 'kubectl-client-side-apply');
  const live = update(first, { ...first, data: { x: '1', y: '2' } }, 'somebody');
  const next = configMap({ x: '9', y: '9' });
  expect(rules.applied(kind, live, next, { ...who, manager: 'kubectl' })).toMatchObject({
    refusal: { causes: [{ message: 'conflict with "somebody" using v1', field: '.data.y' }] },
  });
  const outcome = rules.applied(kind, live, configMap({ x: '9' }), { ...who, manager: 'kubectl' });
  expect(outcome).toMatchObject({ ok: true, value: { data: { x: '9', y: '2' } } });
  const kept = outcome.ok ? Object(outcome.value.metadata['annotations']) : {};
  expect(JSON.parse(Object.values(kept).join(''))).toEqual(configMap({ x: '9' }));
  expect(rules.applied(kind, live, configMap({ x: '9' }), { ...who, manager: 'c' }).ok).toBe(false);
});

function podOf(...names: readonly string[]): ApiObject {
  const containers = names.map((name) => ({ name, image: 'x' }));
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers } };
}

test.each([
  [
    ['a', 'b', 'c'],
    ['c', 'a'],
    ['b', 'c', 'a'],
  ],
  [['a', 'b'], ['c'], ['a', 'b', 'c']],
  [
    ['a', 'b'],
    ['c', 'b'],
    ['a', 'c', 'b'],
  ],
  [
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ],
  [
    ['x', 'a', 'y', 'b'],
    ['a', 'n', 'b'],
    ['x', 'a', 'y', 'n', 'b'],
  ],
])('of %j and the applied %j comes %j', (live, given, order) => {
  const outcome = rules.applied(kindOf(podOf()), podOf(...live), podOf(...given), { ...who, force: true });
  const containers = outcome.ok ? Object(outcome.value['spec']).containers : [];
  expect(containers.map(({ name }: { readonly name: string }) => name)).toEqual(order);
});
