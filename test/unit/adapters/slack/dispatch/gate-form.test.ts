import { expect, test } from 'vitest';
import type { Modal } from '../../../../../src/adapters/slack/render/modal.ts';
import { openGate } from '../../../../../src/core/run-state.ts';
import type { DraftGate } from '../../../../../src/core/runbook.ts';
import { createFakeSlack } from '../../../../fakes/slack-client.ts';
import { botOf, postCard, press } from '../../../../support/bot-scene.ts';
import { approver } from '../../../../support/engine-harness.ts';
import { sampleDraftGate } from '../../../../support/run-samples.ts';
import { createScriptedScene, DONE, type ScriptedScene } from '../../../../support/scripted-runbook.ts';

/** A run that waits at the gate before its second step, and whose first one cut something. */
async function behindTheCut(
  commits: boolean,
  over: Partial<DraftGate> = {},
): Promise<{ readonly scene: ScriptedScene; readonly runId: string }> {
  const gates = [sampleDraftGate({ id: 'host', beforeStep: 1, ...over })];
  const scene = createScriptedScene({ risks: ['irreversible', 'disruptive'], commits, gates });
  scene.script.run = async (context) => {
    await context.act({ item: 'a', action: 'cut', facts: null }, async () => await Promise.resolve());
    await context.observed({ result: 'done', note: '', evidence: null });
    return DONE;
  };
  scene.script.verify = () => ({ kind: 'done', output: { stuck: [{ words: 'pod web/db-0 <!channel>' }] }, note: '' });
  const runId = await scene.harness.start(['cluster/prod/valves']);
  await scene.harness.drive(runId);
  await scene.harness.approve(runId);
  expect(openGate(await scene.harness.drive(runId))?.spec.id).toBe('host');
  await postCard(scene, runId);
  return { scene, runId };
}

/** The form that opens when somebody presses a button of the gate. */
async function formOf(
  { harness, store }: ScriptedScene,
  runId: string,
  action: 'gate.reject' | 'gate.answer',
): Promise<Modal | null> {
  const opened: Modal[] = [];
  const slack = createFakeSlack(harness.clock);
  async function openModal(_trigger: string, view: Modal) {
    opened.push(view);
    return await Promise.resolve({ kind: 'ok', value: null } as const);
  }
  const bot = botOf({ harness, store }, { slack: { ...slack, openModal } });
  const hash = (await harness.state(runId)).planHash ?? '';
  const value = `${runId}|host|${hash.slice(0, 16)}`;
  await harness.through(press(bot, approver, { action, value, trigger: '1.000002' }));
  return opened[0] ?? null;
}

test.each([
  ['behind a call that commits it', true, 'End this run'],
  ['else', false, 'Reject this plan'],
] as const)('whoever rejects a run %s reads: %s %s', async (_where, commits, title) => {
  const { scene, runId } = await behindTheCut(commits);
  const form = await formOf(scene, runId, 'gate.reject');

  expect(form?.title.text).toBe(title);
  expect(JSON.stringify(form?.blocks).includes('What it removed is not replaced then')).toBe(commits);
});

test('whoever answers a gate about what came up reads it above the word to type', async () => {
  const { scene, runId } = await behindTheCut(false, { kind: 'typed', expect: 'm-4', about: 'stuck' });
  const form = await formOf(scene, runId, 'gate.answer');

  expect(form?.blocks.map(({ type }) => type)).toEqual(['section', 'input']);
  expect(JSON.stringify(form?.blocks[0])).toContain('pod web/db-0 &lt;!channel&gt;');
  expect(JSON.stringify(form?.blocks[1])).toContain('Type m-4');
});
