import { expect, test } from 'vitest';
import type { ApiObject } from '../../../../../playground/kubernetes/contracts.ts';
import { createFieldRules } from '../../../../../playground/kubernetes/fields/field-rules.ts';
import {
  allRecorded,
  answerOf,
  asObject,
  kindOf,
  managersOf,
  recorded,
  refusalOf,
  requestOf,
  withoutManagers,
} from '../../../../support/kubernetes-fixtures.ts';

const rules = createFieldRules();

/** Creations after whose tracking the server still adds fields that nobody owns (admission, preparation). */
const addsMore = new Set(['03-02-create', '14-23-token-request', '18-01-create']);

const created = allRecorded().filter(({ name, request, response }) => {
  const object = asObject(response.body);
  return (
    request.method === 'POST' &&
    response.status === 201 &&
    object !== null &&
    managersOf(object).length > 0 &&
    !addsMore.has(name)
  );
});

test('there are recorded creations', () => {
  expect(created.length).toBeGreaterThan(20);
});

test.each(created.map(({ name }) => name))('%s: the creator owns what the server says', (name) => {
  const object = answerOf(name);
  const [first] = managersOf(object);
  const who = { manager: first?.manager ?? '', subresource: '', time: first?.time ?? '' };
  expect(rules.tracked(kindOf(object), null, withoutManagers(object), who)).toEqual(object);
});

/** Live object, request and answer of writes that follow one another in the recording. */
const patches = [
  ['06-01-json-test-ok', '06-06-merge', 'merge'],
  ['06-06-merge', '06-07-merge-no-change', 'merge'],
  ['06-07-merge-no-change', '06-11-merge-uid-match', 'merge'],
  ['06-13-strategic-list-merged', '06-14-strategic-delete', 'strategic'],
  ['13-05-cr-create', '13-11-cr-status', 'merge'],
] as const;

test.each(patches)('%s then %s', (before, name, type) => {
  const live = answerOf(before);
  const answer = answerOf(name);
  const kind = kindOf(live);
  const outcome = rules.patched(kind, type, live, recorded(name).request.body);
  const subresource = recorded(name).request.path.endsWith('/status') ? 'status' : '';
  const next = outcome.ok
    ? rules.tracked(kind, live, rules.defaulted(kind, outcome.value), {
        manager: 'recorder',
        subresource,
        time: timeOf(answer, subresource),
      })
    : live;
  expect(next.metadata['managedFields']).toEqual(answer.metadata['managedFields']);
  expect(contents(next, subresource)).toEqual(contents(answer, subresource));
});

function timeOf(answer: ApiObject, subresource: string): string {
  const entry = managersOf(answer).find(
    (one) => one.manager === 'recorder' && (one['subresource'] ?? '') === subresource,
  );
  return entry?.time ?? '';
}

/** What a patch decides; through a subresource the server keeps the rest. */
function contents(object: ApiObject, subresource: string): unknown {
  const { metadata: _, ...rest } = object;
  return subresource === '' ? rest : object[subresource];
}

test.each([
  ['07-02-create', null],
  ['07-03-no-change', '07-02-create'],
  ['07-04-update', '07-03-no-change'],
  ['07-05-co-owner', '07-04-update'],
  ['07-07-force', '07-05-co-owner'],
  ['07-08-omit-removes', '07-07-force'],
  ['13-16-cr-apply', null],
] as const)('%s after %s', (name, before) => {
  const answer = answerOf(name);
  const outcome = apply(name, before === null ? null : answerOf(before));
  const value = outcome.ok ? outcome.value : outcome;
  expect(value).toMatchObject({ ...answer, metadata: { managedFields: answer.metadata['managedFields'] } });
});

test('07-06: another value than the owner has is a conflict', () => {
  expect(apply('07-06-conflict', answerOf('07-05-co-owner'))).toEqual({
    ok: false,
    refusal: refusalOf('07-06-conflict'),
  });
});

test('07-09: so is one that was set by an update', () => {
  const live = answerOf('07-08-omit-removes');
  const patch = rules.patched(kindOf(live), 'merge', live, { data: { x: '8' } });
  const next = patch.ok
    ? rules.tracked(kindOf(live), live, patch.value, {
        manager: 'kubectl',
        subresource: '',
        time: '2026-11-21T13:48:10Z',
      })
    : live;
  expect(apply('07-09-conflict-with-update', next)).toEqual({
    ok: false,
    refusal: refusalOf('07-09-conflict-with-update'),
  });
});

test('07-15: so is one that was set through the scale subresource', () => {
  const body = requestOf('07-15-conflict-scale');
  const kind = kindOf(body);
  const first = rules.applied(kind, null, body, {
    manager: 'drydock',
    subresource: '',
    time: '2026-11-21T13:48:10Z',
    force: false,
  });
  const live = first.ok ? first.value : body;
  const scaled = rules.patched(kind, 'merge', live, { spec: { replicas: 3 } });
  const next = scaled.ok
    ? rules.tracked(kind, live, scaled.value, {
        manager: 'autoscaler',
        subresource: 'scale',
        time: '2026-11-21T13:48:11Z',
      })
    : live;
  expect(apply('07-15-conflict-scale', next)).toEqual({ ok: false, refusal: refusalOf('07-15-conflict-scale') });
});

test('07-11: managed fields cannot be applied', () => {
  expect(apply('07-11-with-managed-fields', null)).toEqual({
    ok: false,
    refusal: refusalOf('07-11-with-managed-fields'),
  });
});

test.each(['06-02-json-test-fails', '06-03-json-test-rv', '06-04-json-missing-path', '06-05-json-malformed'])(
  '%s',
  (name) => {
    const live = answerOf('06-01-json-test-ok');
    expect(rules.patched(kindOf(live), 'json', live, recorded(name).request.body)).toEqual({
      ok: false,
      refusal: refusalOf(name),
    });
  },
);

test.each(['05-31-field-validation-strict', '13-06-cr-strict'])('%s: the unknown fields are named', (name) => {
  const body = requestOf(name);
  const message = refusalOf(name).message;
  expect(`strict decoding error: ${rules.unknownFields(kindOf(body), body).join(', ')}`).toBe(
    message.replace(/^.*: (?=strict)/, ''),
  );
});

function apply(name: string, live: ApiObject | null): ReturnType<typeof rules.applied> {
  const { path } = recorded(name).request;
  const query = new URL(path, 'http://127.0.0.1').searchParams;
  const body = requestOf(name);
  const answer = asObject(recorded(name).response.body);
  const manager = query.get('fieldManager') ?? '';
  const time = managersOf(answer ?? body).find((entry) => entry.manager === manager)?.time ?? '';
  return rules.applied(kindOf(body), live, body, {
    manager,
    subresource: '',
    force: query.get('force') === 'true',
    time,
  });
}

test.each([
  ['15-08-time-milliseconds', '15-06-take-over'],
  ['15-11-time-seconds', '15-06-take-over'],
  ['15-12-time-nanoseconds', '15-06-take-over'],
])('%s: a patch to a wrong type is 422', (name, before) => {
  const live = answerOf(before);
  const outcome = rules.patched(kindOf(live), 'merge', live, recorded(name).request.body);
  expect(outcome).toEqual({ ok: false, refusal: refusalOf(name) });
});

test.each(['05-19-invalid-type', '15-09-time-milliseconds-put', '15-10-time-milliseconds-create'])('%s', (name) => {
  const body = requestOf(name);
  const problem = rules.decodingProblem?.(kindOf(body), body) ?? '';
  expect(refusalOf(name).message.endsWith(`cannot be handled as a ${body.kind}: ${problem}`)).toBe(true);
  expect(problem).not.toBe('');
});
