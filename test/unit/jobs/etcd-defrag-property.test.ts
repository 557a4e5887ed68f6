import { array, assert, asyncProperty, boolean, constantFrom, integer, option, record } from 'fast-check';
import { expect, test } from 'vitest';
import { quorumOf } from '../../../src/core/etcd/quorum.ts';
import type { FakeEtcd } from '../../fakes/etcd.ts';
import { type DefragScene, defragScene, portError } from '../../support/defrag-scene.ts';
import { MIB } from '../../support/etcd-reading.ts';

/** What happens to a ring while a member has its turn, or in the pause after it. */
const disturbance = record({
  turn: integer({ min: 1, max: 5 }),
  delayMs: constantFrom(0, 500, 3000, 20_000, 40_000),
  what: constantFrom('freeze', 'kill', 'heal', 'lead', 'nobody-leads', 'corrupt', 'elsewhere'),
  member: integer({ min: 0, max: 4 }),
});

const fault = record({
  member: integer({ min: 0, max: 4 }),
  code: constantFrom('unknown-outcome' as const, 'refused' as const, 'unreachable' as const, 'cancelled' as const),
  happens: boolean(),
});

const story = record({
  sizes: array(integer({ min: 70, max: 4000 }), { minLength: 1, maxLength: 5 }),
  leader: integer({ min: 0, max: 4 }),
  moveLeader: boolean(),
  defragMs: constantFrom(500, 12_000, 700_000),
  disturbances: array(disturbance, { maxLength: 4 }),
  faults: array(fault, { maxLength: 2 }),
  crash: option(
    record({
      point: constantFrom('intent-stored' as const, 'call-made' as const, 'observed-stored' as const),
      nth: integer({ min: 1, max: 5 }),
    }),
  ),
  cancelAtTurn: option(integer({ min: 1, max: 5 }), { freq: 8 }),
});
type Story = Parameters<Parameters<typeof story.map>[0]>[0];

function disturb(etcd: FakeEtcd, each: Story['disturbances'][number]): void {
  const { name } = etcd.ring.members[each.member % etcd.ring.members.length] ?? { name: 'm-1' };
  switch (each.what) {
    case 'freeze':
    case 'kill':
    case 'heal':
      etcd[each.what](name);
      return;
    case 'lead':
      etcd.changeLeader(name);
      return;
    case 'nobody-leads':
      etcd.changeLeader(null);
      return;
    case 'corrupt':
      etcd.raise(name, 'CORRUPT');
      return;
    case 'elsewhere':
      etcd.defragmentElsewhere(name, 5000);
  }
}

/** What must hold at the moment a member is asked to defragment; each entry is a broken rule. */
function brokenRules(etcd: FakeEtcd, name: string, foreign: ReadonlySet<number>): readonly string[] {
  const { members, leader } = etcd.ring;
  const others = members.filter((each) => each.name !== name);
  const target = etcd.member(name);
  const broken: string[] = [];
  const done = target.dbSizeBytes === target.dbSizeInUseBytes && !foreign.has(members.indexOf(target));
  if (done) broken.push(`${name} was defragmented before`);
  if (others.some((each) => each.busyUntilMs !== null)) broken.push(`${name} while another member is at work`);
  const up = others.filter((each) => each.health === 'up').length;
  if (members.length > 2 && up < quorumOf(members.length)) broken.push(`${name} without quorum of the others`);
  if (leader === target && others.some((each) => each.dbSizeBytes > each.dbSizeInUseBytes))
    broken.push(`leader ${name} before the others`);
  if (etcd.ring.alarms.length > 0) broken.push(`${name} under an alarm`);
  return broken;
}

async function play(
  told: Story,
): Promise<{ readonly broken: readonly string[]; readonly scene: DefragScene; readonly end: string }> {
  const holder: { scene: DefragScene | null } = { scene: null };
  const broken: string[] = [];
  // A file that somebody else made small is no sign of a second call of ours.
  const foreign = new Set(
    told.disturbances.flatMap((each) => (each.what === 'elsewhere' ? [each.member % told.sizes.length] : [])),
  );
  let turns = 0;
  const scene = await defragScene(
    {
      etcd: {
        members: told.sizes.map((mib) => ({ dbSizeBytes: mib * MIB, dbSizeInUseBytes: 20 * MIB })),
        leader: `m-${(told.leader % told.sizes.length) + 1}`,
        defragMs: told.defragMs,
        quotaBytes: 8000 * MIB,
        onCall: (call) => {
          const { scene: own } = holder;
          if (own === null || call.method !== 'defragment' || call.member === null) return;
          turns += 1;
          broken.push(...brokenRules(own.harness.etcd, call.member, foreign));
          if (told.cancelAtTurn === turns) own.harness.cancel();
          for (const each of told.disturbances.filter(({ turn }) => turn === turns)) {
            void own.harness.clock.sleep(each.delayMs).then(() => disturb(own.harness.etcd, each));
          }
        },
      },
    },
    { moveLeader: told.moveLeader },
  );
  holder.scene = scene;
  for (const { member, code, happens } of told.faults) {
    scene.harness.etcd.failOnce({ method: 'defragment', member: `m-${member + 1}`, error: portError(code), happens });
  }
  if (told.crash !== null) scene.harness.crashAt(told.crash.point, told.crash.nth);
  return { broken, scene, end: (await scene.run()).reason };
}

test('whatever happens: one member at a time, once, leader last, never without quorum', async () => {
  const ends = new Set<string>();
  await assert(
    asyncProperty(story, async (told) => {
      const { broken, scene, end } = await play(told);
      ends.add(end);
      const turns = scene.turns();
      const repeats = turns.length - new Set(turns).size;

      expect(broken).toEqual([]);
      expect(repeats).toBeLessThanOrEqual(scene.harness.deaths());
      expect(scene.harness.acts.every((act) => act.observed !== null)).toBe(true);
      const files = scene.harness.etcd.ring.members.map((each) => each.dbSizeBytes - each.dbSizeInUseBytes);
      expect(end !== 'done' || files.every((free) => free === 0)).toBe(true);
    }),
    { numRuns: 150 },
  );

  expect(ends.has('done')).toBe(true);
  expect(ends.size).toBeGreaterThan(2);
});
