import { expect, test } from 'vitest';
import { type ArgoApplication, readApplication } from '../../../../src/core/gitops/argo.ts';
import { type ArgoBefore, type Committed, isCommitted } from '../../../../src/core/gitops/committed.ts';
import { writtenAt } from '../../../../src/core/gitops/managed-fields.ts';
import type { PatchedObject } from '../../../../src/core/gitops/suspend.ts';
import { JsonObject } from '../../../../src/core/json.ts';
import type { KubernetesObject } from '../../../../src/core/ports/kubernetes.ts';
import {
  aGroup,
  anApplication,
  anIgnoringApplication,
  asStored,
  LISTED,
  VERSION_PATH,
  wrote,
} from '../../../support/gitops-objects.ts';

const CHANGED = '2026-11-22T10:00:00Z';
const CHANGED_MS = Date.parse(CHANGED);

function changed(managedFields: readonly JsonObject[] = [wrote('drydock', VERSION_PATH)]): KubernetesObject {
  return aGroup({ managedFields });
}

/** What is said of a change at {@link CHANGED}. */
function said(
  status: JsonObject,
  before: readonly string[] = ['aaaa'],
  object: KubernetesObject = changed(),
  ahead?: ArgoBefore['ahead'],
): Committed {
  return isCommitted(read(anApplication(null), status), [object], [patched(object)], { revisions: before, ahead });
}

function read(application: JsonObject, status: JsonObject): ArgoApplication {
  const now = { sync: { status: 'Synced', revision: 'bbbb' }, resources: [LISTED], ...status };
  const found = readApplication(asStored({ ...application, status: now }));
  if (found === null) throw new Error('it is legible');
  return found;
}

function patched({ apiVersion, kind, metadata }: KubernetesObject): PatchedObject {
  const { uid, name, namespace = null } = metadata;
  const fields = [{ path: [...VERSION_PATH], before: 'v1.30.6', after: 'v1.31.4' }];
  return { cluster: 'management', apiVersion, kind, namespace, name, uid, fields };
}

test.each([
  ['after the change', '2026-11-22T10:00:01Z', 'committed', 'is at bbbb and has the change'],
  ['in the second of the change', CHANGED, 'behind', 'has not compared it with MachineDeployment capi-md-0 since'],
  ['before the change', '2026-11-22T09:59:59Z', 'behind', 'it does so every 3 min'],
  ['it does not say when', null, 'behind', 'does not tell when it compared'],
  ['at a time that is none', 'yesterday', 'behind', 'does not tell when it compared'],
] as const)('another commit, compared %s', (_name, reconciledAt, is, words) => {
  expect(said({ reconciledAt })).toMatchObject({ is, words: expect.stringContaining(words) });
});

const LATER = { reconciledAt: '2026-11-22T10:03:00Z' };

test.each([
  ['the commit of before', { ...LATER, sync: { status: 'Synced', revision: 'aaaa' } }, ['aaaa'], 'behind'],
  ['no commit', { ...LATER, sync: { status: 'Synced' } }, [], 'behind'],
  [
    'commits of several sources, one of them new',
    { ...LATER, sync: { revisions: ['a', 'c'] } },
    ['a', 'b'],
    'committed',
  ],
  ['OutOfSync', { ...LATER, resources: [{ ...LISTED, status: 'OutOfSync' }] }, ['aaaa'], 'behind'],
  ['which commit it was at before is not known', LATER, [], 'not-told'],
] as const)('%s', (_name, status, before, is) => {
  expect(said(JsonObject.parse(status), before)).toMatchObject({ is });
});

test.each([
  ['and is in sync now', LATER, 'not-told', 'was out of sync with it before the change, and is in sync now'],
  ['and was not compared since', { reconciledAt: CHANGED }, 'behind', 'has not compared it'],
  ['and is so still', { ...LATER, resources: [{ ...LISTED, status: 'OutOfSync' }] }, 'behind', 'says OutOfSync'],
] as const)('it was out of sync with its commit before, %s', (_name, status, is, words) => {
  const { is: found, words: saidOf } = said(JsonObject.parse(status), ['bbbb'], changed(), ['bbbb']);
  expect([found, saidOf]).toEqual([is, expect.stringContaining(words)]);
});

test('when it was changed is not noted: only people can tell', () => {
  expect(said(LATER, ['aaaa'], changed([]))).toMatchObject({
    is: 'not-told',
    words: expect.stringContaining('only people can tell'),
  });
});

test('the time of a change is that of who wrote the object, and one of the fields, last', () => {
  const entries = [
    { ...wrote('argocd-controller', VERSION_PATH, 'Apply'), time: '2026-11-21T10:00:00Z' },
    wrote('drydock', VERSION_PATH),
    { ...wrote('capi', ['spec', 'replicas']), time: '2026-11-22T11:00:00Z' },
    { ...wrote('capi', VERSION_PATH), subresource: 'status', time: '2026-11-22T11:00:00Z' },
    { ...wrote('odd', VERSION_PATH), time: 'soon' },
  ];
  expect(writtenAt(changed(entries), [VERSION_PATH])).toBe(CHANGED_MS);
  expect(writtenAt(changed(entries), [['spec', 'paused']])).toBeNull();
});

test.each([
  ['OutOfSync', 'behind', 'says OutOfSync of MachinePool capi-mp-0'],
  ['Synced', 'not-told', 'does not compare MachineDeployment capi-md-0 with Git in all that was changed'],
] as const)('of two objects one is not compared, and the other one is %s', (status, is, words) => {
  const group = changed();
  const pool = { ...group, kind: 'MachinePool', metadata: { ...group.metadata, name: 'capi-mp-0', uid: 'uid-2' } };
  const resources = [LISTED, { ...LISTED, kind: pool.kind, name: pool.metadata.name, status }];
  const application = read(anIgnoringApplication(), { ...LATER, resources });
  const found = isCommitted(application, [group, pool], [group, pool].map(patched), { revisions: ['aaaa'] });

  expect(found).toMatchObject({ is, words: expect.stringContaining(words) });
});
