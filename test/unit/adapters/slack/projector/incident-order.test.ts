import { beforeEach, describe, expect, test } from 'vitest';
import type { SlackFailure } from '../../../../../src/adapters/slack/result.ts';
import { at, eventAt, SAMPLE_EVENTS, sampleRequest } from '../../../../support/sample-run.ts';
import { createIncidentScene, failed, type IncidentScene, reported } from './incident-scene.ts';

let scene: IncidentScene;

beforeEach(() => {
  scene = createIncidentScene();
});

/** Changes in the incidents channel get this answer until it is lifted. */
function refuseUpdates(failure: SlackFailure): () => void {
  const real = { ...scene.slack };
  let on = true;
  scene.slack.update = async (where, message, metadata) =>
    on && where.channel === 'C0INC' ? failure : await real.update(where, message, metadata);
  return () => {
    on = false;
  };
}

function states(): readonly unknown[] {
  return scene.incidents().map(({ metadata }) => metadata?.event_payload);
}

describe('a failure that is looked at after what came later', () => {
  test('is told as closed, by the first report that said afterwards that the cluster is healthy', async () => {
    await scene.tell('r-3', reported(70));
    await scene.tell('r-2', reported(60));
    await scene.tell('r-1', failed(30));

    expect(scene.incidents().map(({ metadata }) => metadata?.event_payload)).toEqual([
      { incident: 'r-1', cluster: 'prod', state: 'closed' },
    ]);
    expect(scene.textOf()).toContain('*What had happened:*');
    expect((await scene.cards.incident('prod'))?.incident.closed).toMatchObject({ run: 'r-2', at: at(60) });
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('is told as closed also when an older incident was closed by an earlier report', async () => {
    await scene.tell('r-0', failed(30));
    await scene.tell('r-1', reported(40));
    await scene.tell('r-3', reported(60));
    await scene.tell('r-2', failed(50));

    expect(scene.incidents().map(({ metadata }) => metadata?.event_payload)).toEqual([
      { incident: 'r-0', cluster: 'prod', state: 'closed' },
      { incident: 'r-2', cluster: 'prod', state: 'closed' },
    ]);
  });

  test('is not told as open in an incident of something else, when it is over', async () => {
    for (const id of ['b-1', 'b-2']) {
      const request = sampleRequest({ runbook: 'etcd-backup', origin: { channel: 'C0OPS', threadTs: null } });
      const event = eventAt(0, { type: 'requested', request });
      const facts = { cluster: 'prod', runbook: 'etcd-backup', idempotencyKey: id, audit: [], nowMs: 0 };
      await scene.runs.create({ id, ...facts, event });
    }
    await scene.tell('r-1', failed(30));
    await scene.tell('b-2', reported(60));
    await scene.tell('b-1', failed(50));
    expect((await scene.cards.incident('prod'))?.incident).toMatchObject({ cause: { run: 'r-1' }, also: [] });

    await scene.tell('r-2', reported(70));
    expect((await scene.cards.incident('prod'))?.incident.closed).toMatchObject({ run: 'r-2' });
  });

  test.each([
    ['the report is older than the failure', reported(20)],
    ['the other run had no report', SAMPLE_EVENTS.slice(1, 6)],
    ['the report says that the cluster is not healthy', reported(60, false)],
  ])('opens an incident when %s', async (_when, other) => {
    await scene.tell('r-2', other);
    await scene.tell('r-1', failed(30));

    expect(scene.textOf()).toMatch(/failed|not healthy/);
  });

  test('opens an incident when the report is of another cluster', async () => {
    await scene.request('r-2', 'C0OPS', 'staging');
    await scene.tell('r-2', reported(60));
    await scene.tell('r-1', failed(30));

    expect(scene.textOf()).toContain('*Open*');
  });

  test('opens an incident also while the record of another run cannot be read', async () => {
    await scene.tell('r-2', [eventAt(2, { type: 'ending', reason: 'done', note: '' })]);
    scene.runs.memory.runs.get('r-2')?.events.push('{');
    await scene.tell('r-1', failed(30));

    expect(scene.textOf()).toContain('*Open*');
  });
});

describe('an older incident whose closing Slack refused', () => {
  const BOTH = [
    { incident: 'r-1', cluster: 'prod', state: 'closed' },
    { incident: 'r-3', cluster: 'prod', state: 'open' },
  ];

  test.each<SlackFailure>([
    { kind: 'channel-gone', error: 'is_archived' },
    { kind: 'refused', error: 'missing_scope' },
    { kind: 'unavailable', error: 'HTTP status 500' },
    { kind: 'rate-limited', retryAfterMs: 30_000 },
  ])('is closed when Slack takes it again, although a newer one began: $kind', async (failure) => {
    await scene.tell('r-1', failed(30));
    const lift = refuseUpdates(failure);
    await scene.tell('r-2', reported(60));
    await scene.tell('r-3', failed(90));
    expect(scene.textOf(0)).toContain('*Open*');
    lift();
    await scene.rounds(120_000);

    expect(states()).toEqual(BOTH);
    expect(scene.textOf(0)).toContain('healthy again: 3 of 3 members healthy');
    expect((await scene.cards.incident('prod'))?.older).toEqual([]);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('is closed by a successor too', async () => {
    await scene.tell('r-1', failed(30));
    const lift = refuseUpdates({ kind: 'channel-gone', error: 'is_archived' });
    await scene.tell('r-2', reported(60));
    await scene.tell('r-3', failed(90));
    await scene.succeed();
    lift();
    await scene.rounds(120_000);

    expect(states()).toEqual(BOTH);
  });

  test('whose message somebody deleted stays away', async () => {
    await scene.tell('r-1', failed(30));
    const lift = refuseUpdates({ kind: 'refused', error: 'missing_scope' });
    await scene.tell('r-2', reported(60));
    await scene.tell('r-3', failed(90));
    const index = scene.slack.messages.findIndex((each) => each.ts === scene.incidents()[0]?.ts);
    scene.slack.messages.splice(index, 1);
    lift();
    await scene.rounds(120_000);

    expect(states()).toEqual(BOTH.slice(1));
    expect((await scene.cards.incident('prod'))?.older).toEqual([]);
  });

  test('whose message cannot be edited any more has its end in a message of its own', async () => {
    await scene.tell('r-1', failed(30));
    const lift = refuseUpdates({ kind: 'refused', error: 'missing_scope' });
    await scene.tell('r-2', reported(60));
    await scene.tell('r-3', failed(90));
    lift();
    scene.slack.failNext('update', { kind: 'message-gone', error: 'edit_window_closed' });
    await scene.rounds(120_000);

    expect(states()).toEqual([{ ...BOTH[0], state: 'open' }, BOTH[1], BOTH[0]]);
    expect(await scene.cards.dirty(10)).toEqual([]);
  });

  test('holds up nothing of the newer one', async () => {
    await scene.tell('r-1', failed(30));
    const first = scene.incidents()[0]?.ts;
    const real = { ...scene.slack };
    scene.slack.update = async (where, message, metadata) =>
      where.ts === first ? { kind: 'refused', error: 'missing_scope' } : await real.update(where, message, metadata);
    await scene.tell('r-2', reported(60));
    await scene.tell('r-3', failed(90));
    await scene.tell('r-4', reported(120));

    expect(states()).toEqual([
      { ...BOTH[0], state: 'open' },
      { ...BOTH[1], state: 'closed' },
    ]);
  });
});
