import { array, assert, asyncProperty, boolean, constantFrom, integer, option, record } from 'fast-check';
import { expect, test } from 'vitest';
import { etcdReplace } from '../../../jobs/etcd-replace/runbook.ts';
import { quorumOf } from '../../../src/core/etcd/quorum.ts';
import type { FakeCall, FakeEtcd } from '../../fakes/etcd.ts';
import { removeFrom } from '../../fakes/etcd-membership.ts';
import { type ReplaceScene, replaceScene } from '../../support/replace-scene.ts';

/** What somebody or something does to the ring between two steps. */
const event = record({
  before: integer({ min: 2, max: 11 }),
  what: constantFrom('kill', 'heal', 'cut', 'freeze', 'lead', 'add', 'remove', 'corrupt', 'nobody-leads'),
  member: integer({ min: 0, max: 6 }),
});
const fault = record({
  method: constantFrom('removeMember' as const, 'addMember' as const, 'promote' as const),
  code: constantFrom('unknown-outcome' as const, 'refused' as const, 'unreachable' as const),
  happens: boolean(),
});
const story = record({
  count: integer({ min: 1, max: 7 }),
  target: integer({ min: 0, max: 6 }),
  sickness: constantFrom('broken', 'broken', 'dead', 'cut', 'frozen', 'none'),
  alsoDead: option(integer({ min: 0, max: 6 }), { freq: 4 }),
  events: array(event, { maxLength: 2 }),
  faults: array(fault, { maxLength: 1 }),
  crash: option(
    record({
      point: constantFrom('intent-stored' as const, 'call-made' as const, 'observed-stored' as const),
      nth: integer({ min: 1, max: 9 }),
    }),
  ),
});
type Story = Parameters<Parameters<typeof story.map>[0]>[0];

function nameOf(at: number, count: number): string {
  return `m-${(at % count) + 1}`;
}

function sicken(scene: ReplaceScene, name: string, how: Story['sickness']): void {
  const { etcd } = scene.harness;
  if (how === 'broken') scene.breakData(name);
  if (how === 'dead') scene.machine(name).powerOff();
  if (how === 'cut') etcd.cut(name);
  if (how === 'frozen') etcd.freeze(name);
}

function happen({ harness: { etcd } }: ReplaceScene, { what, member }: Story['events'][number]): void {
  const { members } = etcd.ring;
  const one = members[member % members.length];
  if (one === undefined) return;
  // Who was never started has no name to be called by.
  const name = one.name === '' ? one.id : one.name;
  if (what === 'add') etcd.addLearner({ name: 'm-9' });
  else if (what === 'remove') removeFrom(etcd.ring, one.id);
  else if (what === 'corrupt') etcd.raise(name, 'CORRUPT');
  else if (what === 'nobody-leads') etcd.changeLeader(null);
  else if (what === 'lead') etcd.changeLeader(one.health === 'up' && !one.isLearner ? name : null);
  else etcd[what](name);
}

const QUIET: Story = {
  count: 3,
  target: 1,
  sickness: 'broken',
  alsoDead: null,
  events: [],
  faults: [],
  crash: null,
};

/** What must hold at the moment of a call that changes the list; each entry is a broken rule. */
function brokenRules({ ring }: FakeEtcd, call: FakeCall, known: ReadonlySet<string>): readonly string[] {
  const voters = ring.members.filter(({ isLearner }) => !isLearner);
  const alive = voters.filter(({ health }) => health === 'up' || health === 'cut');
  // Whoever is to go is out of the list before anybody is added: with a dead voter in it one more may cost the quorum.
  if (call.method === 'addMember')
    return voters
      .filter((each) => known.has(each.id) && !alive.includes(each))
      .map(({ name }) => `a member was added beside ${name}, which is dead`);
  if (call.method !== 'removeMember') return [];
  const target = ring.members.find(({ id }) => id === call.detail);
  if (target === undefined) return [];
  // A learner that is ours, or was left over.
  if (target.isLearner) return [];
  const others = alive.filter((each) => each !== target).length;
  const broken: string[] = [];
  if (others < quorumOf(voters.length - 1)) broken.push(`${target.name} without quorum of the others`);
  if (others < quorumOf(voters.length)) broken.push(`${target.name} though it could not be committed by the others`);
  if (target.health === 'up' || target.health === 'cut') broken.push(`${target.name}, which votes`);
  if (ring.leader === target) broken.push(`${target.name}, which leads`);
  if (!known.has(target.id)) broken.push(`${target.name}, which nobody asked for`);
  return broken;
}

async function play(
  told: Story,
): Promise<{ readonly broken: readonly string[]; readonly scene: ReplaceScene; readonly end: string }> {
  const holder: { scene: ReplaceScene | null; known: ReadonlySet<string> } = { scene: null, known: new Set() };
  const broken: string[] = [];
  const onCall = (call: FakeCall): void => {
    if (holder.scene !== null) broken.push(...brokenRules(holder.scene.harness.etcd, call, holder.known));
  };
  const scene = replaceScene({
    count: told.count,
    etcd: { onCall },
    replace: { watchMs: 15_000, joinedMs: 60_000, caughtUpMs: 60_000 },
  });
  const name = nameOf(told.target, told.count);
  holder.known = new Set([scene.harness.etcd.member(name).id]);
  holder.scene = scene;
  sicken(scene, name, told.sickness);
  const other = told.alsoDead === null ? name : nameOf(told.alsoDead, told.count);
  if (other !== name) scene.machine(other).powerOff();
  const draft = await scene.plan({ target: { kind: 'member', name } });
  if (draft.steps.length === 0) return { broken, scene, end: 'blocked' };
  for (const { method, code, happens } of told.faults)
    scene.harness.etcd.failOnce({ method, error: { code, message: 'it went wrong' }, happens });
  if (told.crash !== null) scene.harness.crashAt(told.crash.point, told.crash.nth);
  const end = await scene.run(draft, {
    before: (index) => {
      for (const each of told.events.filter(({ before }) => before === index)) happen(scene, each);
    },
  });
  return { broken, scene, end: end.reason };
}

test('whatever happens: nobody who votes is removed, never without quorum, each call once, no learner is left behind', async () => {
  const ends = new Set<string>();
  await assert(
    asyncProperty(story, async (told) => {
      const { broken, scene, end } = await play(told);
      ends.add(end);
      const done = scene.harness.acts
        .filter(({ observed }) => observed?.result === 'done')
        .map(({ item, action }) => `${action} of ${item}`);

      expect(broken).toEqual([]);
      expect(new Set(done).size).toBe(done.length);
      expect(scene.harness.acts.every(({ observed }) => observed !== null)).toBe(true);
      const left = await scene.harness.restoreCleanups(etcdReplace);
      const learners = scene.harness.etcd.ring.members.filter(({ isLearner, name }) => isLearner && name !== 'm-9');
      // A ring without quorum takes nothing out; then that is what is told.
      expect(left.size > 0 || learners.length === 0).toBe(true);
      expect(end !== 'done' || scene.harness.etcd.ring.members.every(({ isLearner }) => !isLearner)).toBe(true);
    }),
    // So that there is always one in which nothing happens.
    { numRuns: 40, examples: [[QUIET]] },
  );

  expect(ends.has('done')).toBe(true);
  expect(ends.has('blocked')).toBe(true);
  expect(ends.size).toBeGreaterThan(3);
});
