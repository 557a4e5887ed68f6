import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { allCards } from '../../playground/demo/sightings.ts';
import { waitFor } from '../../playground/waiting.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createRedisControlStore } from '../../src/adapters/redis/control-store.ts';
import { JsonObject } from '../../src/core/json.ts';
import type { ControlStore } from '../../src/core/ports/control-store.ts';
import { Schedule } from '../../src/core/schedule.ts';
import { StandingApproval, type StandingGrant } from '../../src/core/standing-approval.ts';
import { explainFailures, type Scene, startScene, textOf } from '../support/e2e-scene.ts';
import { testSeal } from '../support/test-seal.ts';

vi.setConfig({ testTimeout: 240_000 });

let scene: Scene;
let redis: ReturnType<typeof connectRedis>;
let control: ControlStore;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'standing approvals', configuration: { approvals: 2 } });
  redis = connectRedis(scene.redis.url, 'store');
  await redis.connect();
  control = createRedisControlStore({ redis, seal: testSeal });
}, 120_000);

afterAll(async () => {
  redis.disconnect();
  await scene.stop();
});

async function schedule(): Promise<Schedule> {
  const [record] = await control.list('schedule');
  return Schedule.parse(record?.value);
}

/** Puts the next time of the schedule to now, and waits for the card of the run that is proposed then. */
async function fire(): Promise<string> {
  const known = new Set(allCards(scene.workspace).map(({ run }) => run));
  await waitFor('the schedule to be put to now', async () => {
    const [record] = await control.list('schedule');
    if (record === undefined) return false;
    const value = JsonObject.parse({ ...Schedule.parse(record.value), nextAt: new Date().toISOString() });
    const { key, revision } = record;
    return (await control.write({ kind: 'schedule', key, seen: revision, value, audit: [] })).kind === 'ok';
  });
  return await waitFor('the card of the proposed run', () => {
    return allCards(scene.workspace).find(({ run }) => !known.has(run))?.run;
  });
}

/** What the one record of standing approvals says. */
async function granted(): Promise<StandingGrant | null> {
  const [record] = await control.list('standing');
  return StandingApproval.parse(record?.value).granted;
}

test('a standing approval is asked for, granted by two, used by a firing, revoked, and then people are asked', async () => {
  const question = await scene.ask('/kube schedule prod defrag --all --cron "0 3 1 1 *" --tz UTC --standing 30d');
  await scene.approve(question, 'approver-1');
  await scene.approve(question, 'approver-2');
  const asked = await scene.ended(question);
  expect(asked.state.ended).toMatchObject({ outcome: 'planned', reason: 'approved-in-advance' });
  expect(scene.turns.begun()).toEqual([]);
  await waitFor('the grant to be kept', async () => (await granted()) !== null);

  const first = await fire();
  const { state, card } = await scene.ended(first, 120_000);
  const { id } = await schedule();
  expect(state.ended).toMatchObject({ outcome: 'succeeded' });
  expect(state.gates.map(({ votes, settled }) => [votes, settled?.verdict, settled?.inAdvance?.schedule])).toEqual([
    [[], 'approved', id],
  ]);
  expect(textOf(card)).toMatch(/Approved in advance by <@U0APPROVER1> and <@U0APPROVER2> .*, for schedule sched-/);
  expect(scene.turns.begun()).toHaveLength(3);

  await scene.refill();
  await scene.workspace.person('approver-1').command(`/kube standing ${id} --revoke`);
  await waitFor('the revocation', async () => ((await granted())?.over ?? null) !== null);
  const second = await fire();
  const waiting = await scene.gate(second);
  expect(textOf(waiting)).toContain('does not count, because it was revoked by <@U0APPROVER1>');
  expect(scene.turns.begun()).toEqual([]);
  await scene.press(second, 'run.cancel', 'operator');
  expect((await scene.ended(second)).state.ended).toMatchObject({ outcome: 'cancelled' });

  const entries = (await scene.runs.auditEntries(0, 1000)).map(({ entry }) => entry);
  const actions = entries.map(({ action }) => action).filter((each) => each.startsWith('standing'));
  expect(actions).toEqual(['standing-ask', 'standing-grant', 'standing-revoke']);
  expect(entries.filter(({ run, action }) => run === question && action === 'vote')).toHaveLength(2);
  expect(entries.filter(({ run, action }) => run === first && action === 'decision')).toMatchObject([
    { detail: { standing: id, grantedIn: question } },
  ]);
});
