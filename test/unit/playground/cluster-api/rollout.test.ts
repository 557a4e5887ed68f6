import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RollingMachine, type RolloutWorld, rolloutTurn } from '../../../../playground/cluster-api/rollout.ts';

function machine(name: string, change: Partial<RollingMachine> = {}): RollingMachine {
  const createdMs = Number(name.slice(-1));
  return { name, createdMs, deleting: false, upToDate: true, hasNode: true, memberHealthy: true, ...change };
}

const OLD = { upToDate: false };
const THREE_OLD = [machine('m-1', OLD), machine('m-2', OLD), machine('m-3', OLD)];

function world(machines: readonly RollingMachine[], change: Partial<RolloutWorld> = {}): RolloutWorld {
  return { machines, wanted: 3, maxSurge: 1, awaited: null, ...change };
}

describe('it waits', () => {
  test.each<[string, RolloutWorld, readonly string[]]>([
    [
      'for a machine that is going',
      world([...THREE_OLD.slice(1), machine('m-4'), machine('m-1', { ...OLD, deleting: true })]),
      ['* waiting for a control plane Machine to complete deletion'],
    ],
    [
      'for a machine that has not joined',
      world([...THREE_OLD, machine('m-4', { hasNode: false, memberHealthy: false })]),
      ['* waiting for control plane components to become healthy', '* waiting for etcd cluster to become healthy'],
    ],
    [
      'for a sick member, also before the surge',
      world([machine('m-1', OLD), machine('m-2', { ...OLD, memberHealthy: false }), machine('m-3', OLD)]),
      ['* waiting for etcd cluster to become healthy'],
    ],
    [
      'for the topology, whatever else there is',
      world([machine('m-1', { deleting: true })], { awaited: 'v1.31.4' }),
      ['* waiting for a version upgrade to v1.31.4 to be propagated'],
    ],
  ])('%s', (_name, given, why) => {
    expect(rolloutTurn(given)).toEqual({ kind: 'blocked', why });
  });
});

test('with a surge one joins first, and then the oldest outdated one goes', () => {
  expect(rolloutTurn(world(THREE_OLD))).toEqual({ kind: 'grow' });
  expect(rolloutTurn(world([machine('m-4'), ...THREE_OLD]))).toEqual({ kind: 'shrink', machine: 'm-1' });
});

test('without one the oldest goes first', () => {
  expect(rolloutTurn(world(THREE_OLD, { maxSurge: 0 }))).toEqual({ kind: 'shrink', machine: 'm-1' });
});

test('the health of the one that goes does not count, and one that never joined goes before all others', () => {
  const sick = [machine('m-1', { ...OLD, memberHealthy: false }), machine('m-2', OLD), machine('m-3'), machine('m-4')];
  const unborn = machine('m-5', { ...OLD, hasNode: false, memberHealthy: false });

  expect(rolloutTurn(world(sick))).toEqual({ kind: 'shrink', machine: 'm-1' });
  expect(rolloutTurn(world([...THREE_OLD, unborn]))).toEqual({ kind: 'shrink', machine: 'm-5' });
});

test('with all up to date it makes what is missing, takes what is too much, and rests', () => {
  const three = [machine('m-1'), machine('m-2'), machine('m-3')];

  expect(rolloutTurn(world(three))).toEqual({ kind: 'nothing' });
  expect(rolloutTurn(world(three.slice(1)))).toEqual({ kind: 'grow' });
  expect(rolloutTurn(world([...three, machine('m-4')]))).toEqual({ kind: 'shrink', machine: 'm-1' });
});

/** What comes of a turn; who was going is gone, who was joining has joined. */
function after(machines: readonly RollingMachine[], given: RolloutWorld, next: number): readonly RollingMachine[] {
  const turn = rolloutTurn(given);
  const settled = machines
    .filter((each) => !each.deleting)
    .map((each) => Object.assign({}, each, { hasNode: true, memberHealthy: true }));
  if (turn.kind === 'grow')
    return [...machines, machine(`m-${next}`, { createdMs: next, hasNode: false, memberHealthy: false })];
  if (turn.kind === 'shrink')
    return machines.map((each) => (each.name === turn.machine ? Object.assign({}, each, { deleting: true }) : each));
  return settled;
}

test('from any mixture it ends with all of them up to date, never with fewer than wanted serving but the one that it takes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(3, 5),
      fc.constantFrom(0, 1),
      fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      (wanted, maxSurge, fresh) => {
        let machines: readonly RollingMachine[] = fresh
          .slice(0, wanted)
          .map((upToDate, index) => machine(`m-${index + 1}`, { createdMs: index, upToDate }));
        for (let round = 0; round < 40; round += 1) {
          const given = world(machines, { wanted, maxSurge });
          machines = after(machines, given, 10 + round);
          const serving = machines.filter((each) => each.hasNode && !each.deleting).length;
          expect(serving).toBeGreaterThanOrEqual(wanted - 1 + maxSurge);
          expect(machines.filter((each) => each.deleting).length).toBeLessThanOrEqual(1);
        }
        expect(machines).toHaveLength(wanted);
        expect(machines.every((each) => each.upToDate)).toBe(true);
      },
    ),
  );
});
