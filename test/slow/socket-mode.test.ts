import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, startService } from '../../playground/service.ts';
import { waitFor } from '../../playground/waiting.ts';
import { CHANNELS } from '../../playground/workspace/seed.ts';
import { explainFailures, type Scene, startScene } from '../support/e2e-scene.ts';
import { ONCE, postedFor } from '../support/e2e-slack.ts';
import { envelopeOf, type SocketModeServer, startSocketModeServer } from '../support/socket-mode-server.ts';

let scene: Scene;
let server: SocketModeServer;
let bots: readonly Service[];

explainFailures(() => scene);

beforeAll(async () => {
  scene = await startScene({ name: 'Socket Mode', fill: { megabytes: 8, keep: 0.4 } });
  // Only bots in Socket Mode are left: what is carried out came over a connection.
  await scene.bot.stop();
  server = await startSocketModeServer({ webApi: scene.workspace.apiUrl });
  bots = await Promise.all([startBot(), startBot()]);
}, 120_000);

afterAll(async () => {
  await Promise.all(bots.map(async (bot) => await bot.stop(5000)));
  server.stop();
  await scene.stop();
});

async function startBot(): Promise<Service> {
  return await startService({
    role: 'bot',
    repository: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      PATH: process.env['PATH'],
      LOG_LEVEL: 'info',
      REDIS_URL: scene.redis.url,
      DRYDOCK_CONFIG: scene.configPath,
      SLACK_BOT_TOKEN: scene.workspace.botToken,
      SLACK_APP_TOKEN: 'xapp-1-playground',
      SLACK_API_URL: server.apiUrl,
    },
  });
}

test('two bots in Socket Mode: a run is asked for, approved and ended while connections are renewed and a bot dies', async () => {
  const links = await server.standing(4);
  const request = scene.workspace.person('operator').commandRequest('/kube defrag prod --all --pause 1s');
  for (const [index, link] of links.entries()) link.send(envelopeOf(`asked-${index}`, request));
  const run = await waitFor('the card', () => scene.newestRun() !== '' && scene.newestRun());
  const { channel, ts } = (await scene.gate(run)).message;
  links[0]?.disconnect('refresh_requested');
  links[3]?.disconnect('warning');
  const click = scene.workspace.person('approver-1').clickRequest({ channel, ts, actionId: 'gate.approve' });
  for (const [index, link] of (await server.standing(2)).entries()) link.send(envelopeOf(`pressed-${index}`, click));
  await scene.until('the decision', run, (state) => state.gates.some((gate) => gate.settled !== null));
  await server.standing(4);
  await bots[0]?.kill();
  await server.standing(2);
  await server.send(envelopeOf('show', scene.workspace.person('operator').commandRequest(`/kube show ${run}`)));
  const { state } = await scene.ended(run, 60_000);
  await waitFor('the acknowledgement', () => server.acks.includes('show'));

  expect(state.ended.outcome).toBe('succeeded');
  expect(state.gates.flatMap((gate) => gate.votes)).toHaveLength(1);
  expect(postedFor(scene.workspace, run, CHANNELS.ops)).toEqual(ONCE);
  expect(await scene.runs.list({ cluster: null, limit: 10 })).toHaveLength(1);
  expect(server.acks).toEqual(expect.arrayContaining(['asked-0', 'asked-3', 'pressed-0', 'pressed-1']));
});
