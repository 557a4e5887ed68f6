import { describe, expect, test } from 'vitest';
import { type BackSigns, expectedBackCheck } from '../../../../../src/core/etcd/diagnosis/expected-back.ts';
import { before } from '../../../../support/judged-members.ts';
import { NOW_MS, nodeSign } from '../../../../support/member-signs.ts';

const MINUTE = 60_000;
const MC = 'machineconfiguration.openshift.io/';
const WORKING = {
  [`${MC}currentConfig`]: 'rendered-a',
  [`${MC}desiredConfig`]: 'rendered-b',
  [`${MC}state`]: 'Working',
};
const DONE = {
  [`${MC}currentConfig`]: 'rendered-a',
  [`${MC}desiredConfig`]: 'rendered-a',
  [`${MC}state`]: 'Done',
};
/** As the operator tells a pool of three nodes that have everything, of which one is not ready: only that makes it updating. */
const AT_REST = {
  updating: true,
  paused: false,
  wanted: 'rendered-a',
  reached: 'rendered-a',
  machines: 3,
  updated: 3,
};
const ROLLING = { ...AT_REST, wanted: 'rendered-b', updated: 1 };
const OTHERS = ['cp-1', 'cp-3'].map((name) => nodeSign({ name, annotations: DONE }));
const OTHER_TITLE = 'Another node of the control plane may go down next';

/** cp-1 as it is, and cp-3 with these annotations. */
function third(annotations: Readonly<Record<string, string>>) {
  return OTHERS.map((each) => (each.name === 'cp-3' ? nodeSign({ name: 'cp-3', annotations }) : each));
}

function away(minutes: number, changes: Parameters<typeof nodeSign>[0] = {}) {
  return nodeSign({ ready: 'unknown', readySince: before(minutes * MINUTE), ...changes });
}

function checked(changes: Partial<BackSigns>) {
  const signs: BackSigns = {
    node: away(5),
    pool: 'none',
    others: [],
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
  ])('%s', (_name, changes, words) => {
    const check = checked(changes);

    expect(check).toMatchObject({ id: 'expected-back', verdict: 'block', title: 'Its node is expected back' });
    expect(check.evidence).toMatch(words);
  });
});

describe('another node of the control plane that may go down next', () => {
  test.each<[string, Partial<BackSigns>, RegExp]>([
    [
      'it is being changed',
      { pool: AT_REST, others: third(WORKING) },
      /rolled out over the control plane \(cp-3: state Working, rendered-a → rendered-b\): .*"paused":true/,
    ],
    [
      'it restarts, and has everything',
      { pool: AT_REST, others: third({ ...DONE, [`${MC}state`]: 'Rebooting' }) },
      /\(cp-3: state Rebooting\)/,
    ],
    [
      'both wait for their turn, however long this one is away',
      { node: away(300, { annotations: DONE }), pool: ROLLING, others: OTHERS },
      /\(cp-1: state Done, rendered-a → rendered-b, cp-3: state Done, rendered-a → rendered-b\)/,
    ],
    ['behind a removal too', { pool: ROLLING, others: OTHERS, behind: true }, /rolled out over/],
    [
      'the annotations say nothing of an image: the pool counts',
      { node: away(5, { annotations: DONE }), pool: { ...AT_REST, updated: 2 }, others: OTHERS },
      /\(2 of 3 nodes have it\)/,
    ],
    [
      'more than this one are without it',
      { node: away(5), pool: { ...AT_REST, updated: 1 }, others: OTHERS },
      /\(1 of 3 nodes have it\)/,
    ],
    [
      'no annotations: the pool has not reached what it wants',
      { pool: { ...AT_REST, wanted: 'rendered-b', machines: null } },
      /\(rendered-a → rendered-b\)/,
    ],
  ])('%s: blocks', (_name, changes, words) => {
    const check = checked(changes);

    expect(check).toMatchObject({ id: 'expected-back', verdict: 'block', title: OTHER_TITLE });
    expect(check.evidence).toMatch(words);
  });

  test('the pool updates only because this node is not ready: nothing blocks, and that is said', () => {
    expect(checked({ node: away(5, { annotations: DONE }), pool: AT_REST, others: OTHERS })).toMatchObject({
      verdict: 'pass',
      evidence:
        'node cp-2 is not cordoned, and no MachineConfig is being rolled out: MachineConfigPool master says Updating, for which a node that is not ready is enough',
    });
  });

  test('the last node of a roll-out died in it: the others have everything', () => {
    const others = OTHERS.map(({ name }) =>
      nodeSign({
        name,
        annotations: { ...DONE, [`${MC}currentConfig`]: 'rendered-b', [`${MC}desiredConfig`]: 'rendered-b' },
      }),
    );
    const check = checked({ node: away(40, { annotations: WORKING }), pool: { ...ROLLING, updated: 2 }, others });
    expect(check).toMatchObject({ verdict: 'warn', evidence: expect.stringMatching(/^Node cp-2 .*longer than a/) });
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
      {
        node: away(5, { annotations: WORKING }),
        pool: { ...ROLLING, updating: false, paused: true },
        others: third(WORKING),
      },
      /paused in the middle of a roll-out \(cp-1: .*cp-3: state Working.* has begun goes on all the same.*it is not waited for/,
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
    ['the pool is at rest', { pool: { ...AT_REST, updating: false }, others: OTHERS }],
  ])('%s: nothing is said', (_name, changes) => {
    expect(checked(changes)).toMatchObject({ verdict: 'pass' });
  });
});
