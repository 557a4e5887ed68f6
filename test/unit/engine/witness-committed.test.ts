import { describe, expect, it } from 'vitest';
import { RunEvent } from '../../../src/core/run-event.ts';
import type { RunState } from '../../../src/core/run-state.ts';
import { createFakeWitness, type FakeWitness } from '../../fakes/witness.ts';
import { operator } from '../../support/engine-harness.ts';
import { createScriptedScene, DONE, type ScriptContext, type ScriptedScene } from '../../support/scripted-runbook.ts';

const MINUTE_MS = 60_000;
const AWAY = 'Lease drydock-x got no answer within 3 s';

interface Cut extends ScriptedScene {
  readonly witness: FakeWitness;
  /** Calls that were made, in their order. */
  readonly made: string[];
  /** How many announcements of its calls the last attempt of the second step saw. */
  readonly seen: number[];
}

/** A run that cuts in its first step and mends in its second; only the cut commits it. */
function cutScene(commits = true): Cut {
  const scene = createScriptedScene({ risks: ['irreversible', 'disruptive'], commits });
  const witness = createFakeWitness();
  scene.harness.witness = witness;
  const cut: Cut = { ...scene, witness, made: [], seen: [] };
  scene.script.run = async (context) => {
    const isCut = context.idempotencyKey.endsWith('/0');
    if (!isCut) cut.seen.push(context.acts.length);
    if (!context.stopping && context.acts.length === 0) await call(cut, context, isCut ? 'cut' : 'mend');
    return DONE;
  };
  return cut;
}

async function call({ made }: Cut, context: ScriptContext, action: string): Promise<void> {
  await context.act({ item: 'a', action, facts: null }, async () => {
    made.push(action);
    await Promise.resolve();
  });
  await context.observed({ result: 'done', note: '', evidence: null });
}

async function approved({ harness }: Cut): Promise<string> {
  const runId = await harness.start(['cluster/prod/valves']);
  await harness.drive(runId);
  await harness.approve(runId);
  return runId;
}

/** The cluster cannot be told of anything from the second call on, for so long, ms. */
function awayFor({ witness, harness }: Cut, ms: number): void {
  let sinceMs: number | null = null;
  let announced = 0;
  witness.onAnnounce = () => {
    announced += 1;
    if (announced > 1) sinceMs ??= harness.clock.nowMs();
    witness.away = sinceMs !== null && harness.clock.nowMs() - sinceMs < ms ? AWAY : null;
  };
}

function results({ acts }: RunState): readonly string[] {
  return acts.map(({ observed }) => observed?.withheld ?? observed?.result ?? 'open');
}

describe('behind a call that commits the run', () => {
  it('a cluster that cannot be told of the next one is waited for; nothing is called, and the card says so', async () => {
    const scene = cutScene();
    const runId = await approved(scene);
    awayFor(scene, 8 * MINUTE_MS);

    const waiting = await scene.harness.drive(runId, 'w', 20);
    expect(waiting.ended).toBeNull();
    expect(scene.made).toEqual(['cut']);
    expect(waiting.scratch?.note).toBe(
      `Waiting, nothing is called: the cluster could not be told of it: ${AWAY}; it is tried for up to 15 min, because stopping here would leave the cluster worse off.`,
    );

    const end = await scene.harness.drive(runId, 'x', 2000);
    expect(end.ended).toMatchObject({ outcome: 'succeeded' });
    expect(scene.made).toEqual(['cut', 'mend']);
    expect(results(end).slice(0, 3)).toEqual(['done', 'untold', 'still-untold']);
    expect(results(end).at(-1)).toBe('done');
    // A call that was never made does not count as one for the step that asks how often it made it.
    expect(new Set(scene.seen)).toEqual(new Set([0]));
  });

  it('the wait is over after 15 min', async () => {
    const scene = cutScene();
    const runId = await approved(scene);
    awayFor(scene, 60 * MINUTE_MS);

    const end = await scene.harness.drive(runId, 'w', 3000);
    expect(end.ended).toMatchObject({
      outcome: 'needs-a-person',
      reason: 'left-midway',
      note: `It stopped with "witness-unavailable": ${AWAY} (tried for 15 min 0 s)`,
    });
    expect(scene.made).toEqual(['cut']);
  });

  it('a cancel ends the wait', async () => {
    const scene = cutScene();
    const runId = await approved(scene);
    awayFor(scene, 60 * MINUTE_MS);
    await scene.harness.drive(runId, 'w', 20);
    await scene.harness.desk.cancel({ runId, actor: operator, idempotencyKey: 'c' });

    const end = await scene.harness.drive(runId, 'x', 100);
    expect(end.ended).toMatchObject({ outcome: 'cancelled' });
    expect(scene.made).toEqual(['cut']);
  });

  it('without that commitment it ends at once, as before', async () => {
    const scene = cutScene(false);
    const runId = await approved(scene);
    awayFor(scene, 8 * MINUTE_MS);

    const end = await scene.harness.drive(runId, 'w', 200);
    expect(end.ended).toMatchObject({ outcome: 'failed', reason: 'witness-unavailable', note: AWAY });
    expect(results(end)).toEqual(['done', 'untold']);
  });

  it('so it does at the call that would commit it', async () => {
    const scene = cutScene();
    const runId = await approved(scene);
    scene.witness.away = AWAY;

    const end = await scene.harness.drive(runId, 'w', 200);
    expect(end.ended).toMatchObject({ reason: 'witness-unavailable' });
    expect(scene.made).toEqual([]);
  });
});

it('an announcement that was given up as too old is no call that the step made, and is stored as what it is', async () => {
  const scene = cutScene();
  const runId = await approved(scene);
  let slow = 3;
  scene.witness.onAnnounce = async () => {
    slow -= 1;
    if (slow >= 0) await scene.harness.clock.sleep(8000);
  };

  const end = await scene.harness.drive(runId, 'w', 200);
  expect(end.ended).toMatchObject({ outcome: 'succeeded' });
  expect(results(end)).toEqual(['late', 'late', 'late', 'done', 'done']);
  expect(scene.made).toEqual(['cut', 'mend']);
  const events = (await scene.store.read(runId))?.events.map((event) => RunEvent.parse(event)) ?? [];
  expect(events.filter((event) => event.type === 'observed' && event.withheld === 'late')).toHaveLength(3);
});
