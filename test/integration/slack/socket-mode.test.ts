import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSlackApp, type SlackApp } from '../../../src/adapters/slack/app.ts';
import { readClick, readEvent, readSlash, readSubmission } from '../../../src/adapters/slack/payloads.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { type SocketModeServer, startSocketModeServer } from '../../support/socket-mode-server.ts';

let server: SocketModeServer;
let app: SlackApp;
let seen: unknown[];

beforeEach(async () => {
  server = await startSocketModeServer();
  seen = [];
  app = createSlackApp({
    transport: { kind: 'socket', appToken: 'xapp-1-test' },
    apiUrl: server.apiUrl,
    dispatcher: {
      slash: async (body) => void seen.push(readSlash(body)),
      event: async (body) => void seen.push(readEvent(body)),
      click: async (body) => void seen.push(readClick(body)),
      submission: async (body) => void seen.push(readSubmission(body)),
      pageAfter: () => null,
    },
    log: silentLog,
    identity: () => ({ team: 'T1', botUser: 'U0BOT', botId: 'B0BOT' }),
    onAck: () => undefined,
  });
  await app.start();
});

afterEach(async () => {
  await app.stop(100);
  server.stop();
});

test('commands, mentions, clicks and modals reach the same listeners as over HTTP, and are acknowledged', async () => {
  const user = { id: 'U1', team_id: 'T1' };
  const team = { id: 'T1', domain: 'x' };
  await server.send({
    type: 'slash_commands',
    envelope_id: 'e-1',
    accepts_response_payload: true,
    payload: {
      command: '/kube',
      text: 'status prod',
      team_id: 'T1',
      user_id: 'U1',
      channel_id: 'C1',
      trigger_id: '1.2.a',
    },
  });
  await server.send({
    type: 'events_api',
    envelope_id: 'e-2',
    payload: {
      type: 'event_callback',
      team_id: 'T1',
      event: { type: 'app_mention', user: 'U1', text: '<@U0BOT> help', ts: '17.1', channel: 'C1' },
    },
  });
  await server.send({
    type: 'interactive',
    envelope_id: 'e-3',
    payload: {
      type: 'block_actions',
      user,
      team,
      trigger_id: '1.2.b',
      channel: { id: 'C1' },
      container: { message_ts: '17.2' },
      actions: [{ type: 'button', action_id: 'gate.approve', block_id: 'b', value: 'r|approve|0123456789abcdef' }],
    },
  });
  await server.send({
    type: 'interactive',
    envelope_id: 'e-4',
    payload: {
      type: 'view_submission',
      user,
      team,
      view: { id: 'V1', callback_id: 'gate.reject', private_metadata: 'x', state: { values: {} } },
    },
  });
  await expect.poll(() => seen.length, { timeout: 10_000, interval: 20 }).toBe(4);
  await expect.poll(() => server.acks.length, { timeout: 10_000, interval: 20 }).toBe(4);

  expect(new Set(server.tokens)).toEqual(new Set(['Bearer xapp-1-test']));
  expect(server.acks.toSorted((a, b) => a.localeCompare(b))).toEqual(['e-1', 'e-2', 'e-3', 'e-4']);
  expect(seen).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ text: 'status prod' }),
      expect.objectContaining({ text: '<@U0BOT> help' }),
      expect.objectContaining({ action: 'gate.approve', messageTs: '17.2' }),
      expect.objectContaining({ callback: 'gate.reject' }),
    ]),
  );
});
