import { App, HTTPReceiver } from '@slack/bolt';
import { z } from 'zod';
import { freePort } from '../../../playground/ports.ts';
import type { Workspace } from '../../../playground/workspace/workspace.ts';
import { SILENT } from './silent-logger.ts';

/** How the stand-in behaves. */
export interface StandIn {
  /** Votes its gate wants; 0: no gate. */
  readonly votes: number;
  /** How its runs end when nobody rejects. */
  readonly outcome: string;
  stop(): Promise<void>;
}

interface RunOfStandIn {
  readonly id: string;
  readonly requester: string;
  readonly channel: string;
  ts: string;
  version: number;
  readonly approved: Set<string>;
}

const Posted = z.object({ ts: z.string() });

/**
 * A bot that does nothing but keep the contract between Drydock's cards and whoever reads them: metadata of the card,
 * action ids, block ids of direct answers, the end of the thread. `/kube defrag` has a gate, `/kube help` an answer, others are mistakes.
 */
export async function startStandInBot(workspace: Workspace, how: Omit<StandIn, 'stop'>): Promise<StandIn> {
  const receiver = new HTTPReceiver({ signingSecret: workspace.signingSecret, logger: SILENT });
  const clientOptions = { logger: SILENT, slackApiUrl: workspace.apiUrl, retryConfig: { retries: 0 } };
  const app = new App({ receiver, token: workspace.botToken, logger: SILENT, clientOptions });
  const runs: RunOfStandIn[] = [];

  async function show(run: RunOfStandIn, state: string, more: Record<string, string> = {}): Promise<void> {
    run.version += 1;
    const payload = { run: run.id, version: run.version, state, ...more };
    const content = {
      channel: run.channel,
      text: `${run.id} ${state}`,
      blocks: [section(`head.${run.version}`, `${run.id}: *${more['outcome'] ?? state}*`), ...buttons(run, state)],
      metadata: { event_type: 'drydock_run', event_payload: payload },
    };
    if (run.ts !== '') await app.client.chat.update({ ...content, ts: run.ts });
    else run.ts = Posted.parse(await app.client.apiCall('chat.postMessage', content)).ts;
    if (state !== 'ended') return;
    const last = `*${state}*, 1 of 1 steps done.`;
    await app.client.apiCall('chat.postMessage', { channel: run.channel, thread_ts: run.ts, text: last });
  }
  async function answer(run: Pick<RunOfStandIn, 'channel'>, user: string, kind: string): Promise<void> {
    const blocks = [section(`answer.${kind}.1.0`, `answer: ${kind}`)];
    await app.client.chat.postEphemeral({ channel: run.channel, user, text: kind, blocks });
  }
  app.command('/kube', async ({ ack, command }) => {
    await ack();
    const { channel_id: channel, user_id: requester, text } = command;
    if (requester === 'U0STRANGER') await answer({ channel }, requester, 'refused');
    else if (text === 'help') await answer({ channel }, requester, 'ok');
    else if (!text.startsWith('defrag')) await answer({ channel }, requester, 'mistake');
    else {
      const id = `defrag-prod-${runs.length}`;
      const run: RunOfStandIn = { id, requester, channel, ts: '', version: 0, approved: new Set() };
      runs.push(run);
      await show(run, 'planning');
      if (how.votes === 0) await show(run, 'ended', { outcome: how.outcome });
      else await show(run, 'waiting-for-people', { gate: 'plan' });
    }
  });
  app.action('gate.approve', async ({ ack, body }) => {
    await ack();
    const run = runs.find((one) => 'message' in body && body.message?.ts === one.ts);
    if (run === undefined) return;
    if (body.user.id === run.requester) {
      await answer(run, body.user.id, 'refused');
      return;
    }
    run.approved.add(body.user.id);
    if (run.approved.size < how.votes) await show(run, 'waiting-for-people', { gate: 'plan' });
    else {
      await show(run, 'running');
      await show(run, 'ended', { outcome: how.outcome });
    }
  });
  app.action('gate.reject', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions') return;
    await client.views.open({ trigger_id: body.trigger_id, view: rejectModal(body.message?.ts ?? '') });
  });
  app.view('gate.reject', async ({ ack, view }) => {
    await ack();
    const run = runs.find((one) => one.ts === view.private_metadata);
    if (run !== undefined) await show(run, 'ended', { outcome: 'rejected' });
  });
  const port = await freePort();
  await app.start(port);
  workspace.bot.connect(`http://127.0.0.1:${port}`);
  return {
    ...how,
    async stop() {
      await app.stop();
    },
  };
}

function section(blockId: string, text: string) {
  return { type: 'section', block_id: blockId, text: { type: 'mrkdwn' as const, text } };
}

function buttons(run: RunOfStandIn, state: string) {
  if (state !== 'waiting-for-people') return [];
  const elements = ['approve', 'reject'].map((verb) => ({
    type: 'button' as const,
    action_id: `gate.${verb}`,
    value: run.id,
    text: { type: 'plain_text' as const, text: verb === 'approve' ? 'Approve' : 'Reject …' },
  }));
  return [{ type: 'actions', block_id: `buttons.${run.version}`, elements }];
}

function rejectModal(ts: string) {
  return {
    type: 'modal' as const,
    callback_id: 'gate.reject',
    private_metadata: ts,
    title: { type: 'plain_text' as const, text: 'Reject the plan' },
    submit: { type: 'plain_text' as const, text: 'Reject' },
    blocks: [
      {
        type: 'input',
        block_id: 'reason',
        label: { type: 'plain_text' as const, text: 'Why' },
        element: { type: 'plain_text_input' as const, action_id: 'reason' },
      },
    ],
  };
}
