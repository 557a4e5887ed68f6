import { describe, expect, test } from 'vitest';
import { type BackSigns, expectedBackCheck, readPool } from '../../../../../src/core/etcd/diagnosis/expected-back.ts';
import { before } from '../../../../support/judged-members.ts';
import { NOW_MS, nodeSign } from '../../../../support/member-signs.ts';

const MINUTE = 60_000;
const MC = 'machineconfiguration.openshift.io/';
const WORKING = {
  [`${MC}currentConfig`]: 'rendered-a',
  [`${MC}desiredConfig`]: 'rendered-b',
  [`${MC}state`]: 'Working',
};
const UPDATING = { updatingSince: '2026-11-22T02:50:00Z', paused: false };

function away(minutes: number, changes: Parameters<typeof nodeSign>[0] = {}) {
  return nodeSign({ ready: 'unknown', readySince: before(minutes * MINUTE), ...changes });
}

function checked(changes: Partial<BackSigns>) {
  const signs: BackSigns = {
    node: away(5),
    pool: 'none',
    inPlace: false,
    behind: false,
    tool: 'kubectl',
    nowMs: NOW_MS,
    ...changes,
  };
  return expectedBackCheck(signs);
}

describe('a node that is expected back is waited for', () => {
  test.each<[string, Partial<BackSigns>, RegExp]>([
    [
      'cordoned and not ready',
      { node: away(5, { cordoned: true }) },
      /^Node cp-2 is cordoned, not ready since 2026-11-22T02:55:00\.000Z \(5 min 0 s\): .* `kubectl uncordon cp-2`\.$/,
    ],
    [
      'cordoned for hours: a person said so',
      { node: away(300, { cordoned: true }), tool: 'oc' },
      /`oc adm uncordon cp-2`/,
    ],
    ['cordoned and ready, and its machine would go', { node: nodeSign({ cordoned: true }) }, /is cordoned: somebody/],
    [
      'a MachineConfig is being applied',
      { node: away(5, { annotations: WORKING }) },
      /^Node cp-2 is being changed by a MachineConfig \(rendered-a → rendered-b\), state Working, not ready since .*In 25 min 0 s it is not waited for any more\. .*"paused":true/,
    ],
    [
      'another configuration is wanted',
      { node: away(5, { annotations: { ...WORKING, [`${MC}state`]: 'Done' } }) },
      /state Done/,
    ],
    [
      'it is about to restart, also in place',
      { node: nodeSign({ annotations: WORKING }), inPlace: true },
      /state Working\./,
    ],
    [
      'the control plane is restarted node by node',
      { pool: UPDATING },
      /rolled out over the control plane since 2026-11-22T02:50:00Z.*another one may go down next/,
    ],
    ['however long it is away', { node: away(300), pool: UPDATING }, /rolled out over/],
    ['behind a removal too: another one may go down', { pool: UPDATING, behind: true }, /rolled out over/],
  ])('%s', (_name, changes, words) => {
    const check = checked(changes);

    expect(check).toMatchObject({ id: 'expected-back', verdict: 'block', title: 'Its node is expected back' });
    expect(check.evidence).toMatch(words);
  });
});

describe('whoever knows that it will not come back is let through', () => {
  test.each<[string, Partial<BackSigns>, RegExp]>([
    [
      'half an hour is longer than a restart',
      { node: away(30, { annotations: WORKING }) },
      /longer than a restart takes/,
    ],
    [
      'the roll-out was paused',
      { node: away(5, { annotations: WORKING }), pool: { ...UPDATING, paused: true } },
      /paused in the middle of a roll-out.*it is not waited for/,
    ],
    [
      'in place, on a node that is well',
      { node: nodeSign({ cordoned: true }), inPlace: true },
      /Ask before you approve/,
    ],
    ['the member is out of the list already', { node: away(5, { cordoned: true }), behind: true }, /Ask before/],
    ['the pool could not be read: said, not passed', { pool: { notRead: 'forbidden' } }, /was not read: forbidden/],
  ])('%s', (_name, changes, words) => {
    const check = checked(changes);

    expect(check.verdict).toBe('warn');
    expect(check.evidence).toMatch(words);
  });

  test.each<[string, Partial<BackSigns>]>([
    ['uncordoned', {}],
    [
      'a MachineConfig that is done',
      { node: away(5, { annotations: { ...WORKING, [`${MC}currentConfig`]: 'rendered-b', [`${MC}state`]: 'Done' } }) },
    ],
    ['its daemon has given up', { node: away(5, { annotations: { ...WORKING, [`${MC}state`]: 'Degraded' } }) }],
    ['the pool is at rest', { pool: { updatingSince: null, paused: false } }],
  ])('%s: nothing is said', (_name, changes) => {
    expect(checked(changes)).toMatchObject({ verdict: 'pass' });
  });
});

test.each([
  [
    { status: { conditions: [{ type: 'Updating', status: 'True', lastTransitionTime: '2026-11-22T02:50:00Z' }] } },
    UPDATING,
  ],
  [
    { status: { conditions: [{ type: 'Updating', status: 'False' }] }, spec: { paused: true } },
    { updatingSince: null, paused: true },
  ],
  [{}, { updatingSince: null, paused: false }],
])('a pool is read: %j', (parts, expected) => {
  const metadata = { name: 'master', uid: 'u', resourceVersion: '1' };
  const object = { apiVersion: 'machineconfiguration.openshift.io/v1', kind: 'MachineConfigPool', metadata, ...parts };
  expect(readPool(object)).toEqual(expected);
});
