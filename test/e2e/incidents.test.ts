import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Message } from '../../playground/workspace/model.ts';
import { CHANNELS } from '../../playground/workspace/seed.ts';
import { reportOf } from '../../src/core/run-report.ts';
import { nextFollower, runToFirstPause } from '../support/e2e-faults.ts';
import { explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';

let scene: Scene;

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'incidents' });
}, 120_000);

afterAll(async () => {
  await scene.stop();
});

function incidents(): readonly Message[] {
  return scene.workspace
    .messages(CHANNELS.incidents)
    .filter((message) => message.metadata?.event_type === 'drydock_incident');
}

async function incidentIs(state: string): Promise<Message> {
  return await scene.workspace.waitFor(
    `the incident to be ${state}`,
    () => incidents().find((message) => message.metadata?.event_payload['state'] === state),
    60_000,
  );
}

/** Asks until the worker sees the member that is back: its connection may still wait before it tries again. */
async function seenHealthy(): Promise<string> {
  for (;;) {
    const run = await scene.ask('/kube status prod');
    const { state } = await scene.ended(run);
    if (reportOf(state)?.healthy === true) return run;
  }
}

test('a member dies in the middle of a run: the incident opens, and closes when the ring is seen healthy', async () => {
  const run = await runToFirstPause(scene);
  const victim = await nextFollower(scene);
  await scene.ring.member(victim).kill();
  const end = await scene.ended(run);
  const opened = await incidentIs('open');

  expect(end.state.ended.outcome).toBe('failed');
  expect(opened.text).toContain('prod: Defragment etcd: failed');
  expect(opened.text).toContain('No further member was touched.');
  expect(opened.text).toContain(victim);
  expect(JSON.stringify(opened.blocks)).toContain(`/archives/${CHANNELS.ops}/p`);

  const sick = await scene.ask('/kube status prod');
  await scene.ended(sick);
  expect(incidents().map((message) => message.metadata?.event_payload['state'])).toEqual(['open']);

  await scene.ring.member(victim).start();
  await scene.ring.waitHealthy();
  const well = await seenHealthy();
  const closed = await incidentIs('closed');

  expect(closed.ts).toBe(opened.ts);
  expect(closed.text).toContain('healthy again: 3 of 3 members are healthy');
  expect(JSON.stringify(closed.blocks)).toContain(well);
  expect(incidents()).toHaveLength(1);
});
