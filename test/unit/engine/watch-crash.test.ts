import { expect, test } from 'vitest';
import { TRIGGER_POINTS } from '../../../src/core/ports/runtime.ts';
import { RunEvent } from '../../../src/core/run-event.ts';
import { openGate } from '../../../src/core/run-state.ts';
import type { Harness } from '../../support/engine-harness.ts';
import { sampleDraftGate } from '../../support/run-samples.ts';
import { createScriptedScene } from '../../support/scripted-runbook.ts';

const LOCK = 'cluster/prod/valves';
const MINUTE_MS = 60_000;
const ROUNDS = 40;

/** One wake-up, to its end or to the crash that was asked for. */
async function wake(harness: Harness, runId: string, worker: string): Promise<void> {
  const crashed = harness.crashAt === null ? () => false : () => harness.crashAt === null;
  const progress = { over: false };
  const over = (): void => {
    progress.over = true;
  };
  harness.engine(worker).advance(runId, new AbortController().signal).then(over, over);
  for (let round = 0; round < 500 && !progress.over && !crashed(); round += 1) await harness.clock.advanceToNext();
}

/** What can be reached by a run whose steps announce nothing and put nothing back. */
const REACHED = TRIGGER_POINTS.filter((point) => !/^(?:intent|call|observed|again|cleanup)/.test(point));

test.each(REACHED)(
  'a worker that dies at %s: the gate is settled once by what is seen, and the run ends well',
  async (point) => {
    const watch = { kind: 'scripted.watch@1', input: { host: 'm-4' } } as const;
    const scene = createScriptedScene({
      risks: ['read', 'disruptive', 'disruptive'],
      gateFirst: true,
      gates: [sampleDraftGate({ id: 'host', beforeStep: 2, watch })],
    });
    const { harness, store } = scene;
    const runId = await harness.start([LOCK]);
    harness.crashAt = { point, count: point === 'claimed' || point === 'parked' || point === 'gate-opened' ? 2 : 1 };
    let looks = 0;
    scene.script.look = () => {
      looks += 1;
      return looks > 2 ? { seen: 'm-4 is there' } : null;
    };
    for (let round = 0; round < ROUNDS && (await harness.state(runId)).ended === null; round += 1) {
      await wake(harness, runId, `w${round}`);
      if (openGate(await harness.state(runId))?.spec.id === 'approve') await harness.approve(runId);
      await harness.clock.advance(MINUTE_MS);
    }
    const events = (await store.read(runId))?.events.map((event) => RunEvent.parse(event)) ?? [];
    const settled = events.filter((event) => event.type === 'gate-settled' && event.gate === 'host');

    expect(harness.crashAt).toBeNull();
    expect(settled).toMatchObject([{ by: [], observed: 'm-4 is there' }]);
    expect((await harness.state(runId)).ended).toMatchObject({ outcome: 'succeeded' });
    expect(await store.locks()).toEqual([]);
  },
);
