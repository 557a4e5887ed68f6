import { describe, expect, test } from 'vitest';
import { type Disturbed, disturb, matrixSteps } from '../../support/replace-matrix/disturb.ts';
import { wordsOf } from '../../support/replace-matrix/scene.ts';

const STEPS = await matrixSteps();
/** Puts what is temporary back also while the ring takes no writes. */
const ALWAYS_BACK: ReadonlySet<string> = new Set([
  'the quorum guard is off',
  'defragmentation is paused',
  'a health check is paused',
  'a shell on a node',
  'a service that runs is disabled',
]);
/** Harmless beside a member that is sick: leadership goes to one that is well, and what was removed is kept from starting. */
const HARMLESS = new Set(['move-leader', 'disable', 'stop', 'set-aside-data']);
/** How a run ends before the removal, after it, and in a backup, which says by itself what it could not see. */
const BEFORE: ReadonlySet<string> = new Set(['second-member-sick', 'quorum-at-risk']);
const AFTER: ReadonlySet<string> = new Set(['ring-thin', 'not-verified']);
const OF_BACKUP: ReadonlySet<string> = new Set(['quorum-at-risk', 'members-differ', 'member-unhealthy']);

/** The controller was asked before it: what it does is told by tests of its own. */
const BEGUN: ReadonlySet<string> = new Set(['capi.await@1']);

/** Of these cases only the steps that the case before them does not have. */
const LIKE: Readonly<Record<string, readonly string[]>> = {
  'ocp-machine-cpms': ['ocp.await-machine@1'],
  'ocp-host': ['ocp.await-members@1'],
  'ocp-pod, and it leads': ['etcd.move-leader@1', 'ocp.stop-pod@1'],
  'ring-place, and it leads': ['etcd.move-leader@1', 'hosts.stop-member@1'],
  // A learner votes nowhere: see below.
  'drop-learner': [],
};

/** What does not hold of a run in which another voter fell ill. */
function faultsOf({ scene, end, steps, wasRemoved, announced, gone, notPutBack }: Disturbed): readonly string[] {
  const isThere = scene.harness.etcd.ring.members.some(({ id }) => id === scene.targetId);
  const ofBackup = (steps[end.step]?.kind ?? '').startsWith('backup.');
  const reasons = wasRemoved ? AFTER : ofBackup ? OF_BACKUP : BEFORE;
  const says = wasRemoved
    ? [/none may fail|takes no writes/, new RegExp(scene.other)]
    : [/Nothing was removed/, /back first/];
  return wordsOf({
    'it did not stop': end.kind !== 'stop',
    [`it began ${announced.join(', ')}`]: announced.some((each) => !HARMLESS.has(each)),
    [`members went: ${gone.join(', ')}`]: gone.length > 0 || isThere === wasRemoved,
    [`it left ${scene.left().join(', ')}`]: scene.left().some((each) => ALWAYS_BACK.has(each)),
    [`it ended with ${end.reason}`]: !reasons.has(end.reason),
    [`it says: ${end.note}`]: !ofBackup && says.some((each) => !each.test(end.note)),
    // A learner of ours in a ring that takes no writes is what people are told of.
    'nobody is told what is left': [...notPutBack.values()].some((words) => !words.includes('cannot be told')),
  });
}

describe('another voter dies right before a step', () => {
  const steps = STEPS.filter(({ name, kind }) => LIKE[name]?.includes(kind) !== false && !BEGUN.has(kind));

  test.each(steps)('$name: $index $kind', async (step) => {
    const seen = await disturb(step, ({ harness, other }) => harness.etcd.kill(other));

    expect(faultsOf(seen)).toEqual([]);
  });
});

describe('another voter lags right before the removal', () => {
  const steps = STEPS.filter(({ kind }) =>
    ['etcd.remove-member@1', 'capi.remediate@1', 'eksa.remove-machine@1'].includes(kind),
  );

  test.each(steps)('$name', async (step) => {
    const seen = await disturb(step, ({ harness, other }) => void (harness.etcd.member(other).lag = 5000n));

    expect(faultsOf(seen)).toEqual([]);
    expect(seen.end).toMatchObject({ reason: 'second-member-sick', step: step.index });
  });
});

test('a learner goes beside a voter that is away, while there is quorum, and what is left is told', async () => {
  const step = STEPS.find(({ name, kind }) => name === 'drop-learner' && kind === 'etcd.remove-leftover@1');
  if (step === undefined) throw new Error('no such step');
  const { scene, end, gone } = await disturb(step, ({ harness, other }) => harness.etcd.kill(other));

  expect(gone).toEqual([scene.targetId]);
  expect(end).toMatchObject({ reason: 'not-verified' });
  expect(end.note).toContain('none may fail');
});
