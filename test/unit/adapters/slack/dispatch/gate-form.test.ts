import { expect, test } from 'vitest';
import { commands } from '../../../../../commands/index.ts';
import { createDispatcher } from '../../../../../src/adapters/slack/dispatch/dispatcher.ts';
import type { Modal } from '../../../../../src/adapters/slack/render/modal.ts';
import { openGate } from '../../../../../src/core/run-state.ts';
import type { DraftGate } from '../../../../../src/core/runbook.ts';
import { createFakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakePeople } from '../../../../fakes/people.ts';
import { createFakeSlack } from '../../../../fakes/slack-client.ts';
import { approver, silentLog, TEAM } from '../../../../support/engine-harness.ts';
import { noAudit } from '../../../../support/no-audit.ts';
import { NO_CONTROL } from '../../../../support/no-control.ts';
import { sampleDraftGate } from '../../../../support/run-samples.ts';
import { sampleCluster } from '../../../../support/sample-cluster.ts';
import { createScriptedScene, DONE, type ScriptedScene } from '../../../../support/scripted-runbook.ts';

const CHANNEL = 'C0';
const CARD_TS = '1.000001';

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
  await createFakeCardStore(scene.store).save({
    runId,
    channel: CHANNEL,
    threadTs: null,
    ts: CARD_TS,
    posting: false,
    shownVersion: -1,
    shownDigest: '',
    shownUrgency: '',
    doubts: 0,
    replaces: null,
    threadEvents: 0,
    final: false,
  });
  return { scene, runId };
}

/** The form that opens when somebody presses a button of the gate. */
async function formOf(
  { harness, store }: ScriptedScene,
  runId: string,
  action: 'gate.reject' | 'gate.answer',
): Promise<Modal | null> {
  const opened: Modal[] = [];
  const dispatcher = createDispatcher({
    desk: harness.desk,
    audit: noAudit,
    control: () => NO_CONTROL,
    runs: store,
    cards: createFakeCardStore(store),
    slack: {
      ...createFakeSlack(harness.clock),
      openModal: async (_trigger, view) => {
        opened.push(view);
        return await Promise.resolve({ kind: 'ok', value: null });
      },
    },
    commands,
    clusters: [sampleCluster()],
    clock: harness.clock,
    log: silentLog,
    policy: () => harness.policy,
    identity: () => ({ team: TEAM, botUser: 'U0BOT', botId: 'B0BOT' }),
    people: createFakePeople([approver.user]),
    nonce: () => 'n',
  });
  const hash = (await harness.state(runId)).planHash ?? '';
  await harness.through(
    dispatcher.click({
      user: { id: approver.user, team_id: TEAM },
      team: { id: TEAM },
      trigger_id: '1.000002',
      channel: { id: CHANNEL },
      container: { message_ts: CARD_TS },
      actions: [{ action_id: action, value: `${runId}|host|${hash.slice(0, 16)}` }],
    }),
  );
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
