import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allCards } from '../../playground/demo/sightings.ts';
import { canariesIn, pemWith } from '../support/canaries.ts';
import { answerTo, begin, type CanaryScene, cardIn, startCanaryScene } from '../support/canary-scene.ts';
import { envelopeOf } from '../support/socket-mode-server.ts';

let scene: CanaryScene;

beforeAll(async () => {
  scene = await startCanaryScene();
}, 120_000);

afterAll(async () => {
  await scene.stop();
});

/** What came out so far has none of the secrets. */
async function expectClean(): Promise<void> {
  const key = await readFile(scene.ring.tls.key, 'utf8');
  const secrets = { ...scene.canaries, clientKeyInUse: key.split('\n')[1] ?? key };
  const found = Object.entries(await scene.findings()).flatMap(([outlet, text]) =>
    canariesIn(text, secrets).map((place) => `${place} in ${outlet}`),
  );
  expect(found).toEqual([]);
}

/** Reads a cluster and answers the card. */
async function status(cluster: string, verb = 'status'): Promise<string> {
  const run = await begin(scene.workspace, `/kube ${verb} ${cluster}`);
  return await cardIn(scene.workspace, run, 'ended');
}

test('secrets that clusters and their files hold or repeat come out nowhere', async () => {
  const { canaries, workspace, api, etcd } = scene;
  await status('prod', 'members');
  const told = {
    etcd: await status('hostile'),
    key: await status('bad-key'),
    token: await status('by-token'),
    clientKey: await status('by-key'),
    proxy: await status('by-proxy'),
    plugin: await status('by-plugin'),
  };
  const everything = JSON.stringify(workspace.calls.map(({ args }) => args));

  // Each was used, and what is shown of it has the mark.
  expect(api.seen.map(({ headers }) => headers.authorization)).toContain(`Bearer ${canaries.kubeconfigToken}`);
  expect(etcd.calls()).toBeGreaterThan(0);
  expect(await scene.pluginRan()).toBe(true);
  expect(everything).toContain('upstream said: password=[redacted]');
  expect(everything).toContain('login failed: password=[redacted]');
  expect(everything).toContain('client-token=[redacted]');
  for (const card of Object.values(told)) expect(card).toContain('Not healthy');
  await expectClean();
});

test('reasons for a rejection that look like a secret come out nowhere', async () => {
  const { canaries, workspace } = scene;
  const rejected = await begin(workspace, '/kube defrag prod --all');
  await cardIn(workspace, rejected, 'waiting-for-people');
  await rejectInForm(rejected, `it has ${pemWith(canaries.rejectionInForm)}`);
  const words = [await cardIn(workspace, rejected, 'ended')];
  const typed = await begin(workspace, '/kube defrag prod --all');
  await cardIn(workspace, typed, 'waiting-for-people');
  await workspace
    .person('approver-1')
    .command(`/kube reject ${typed} AWS_SECRET_ACCESS_KEY=${canaries.rejectionTyped}`);
  words.push(await cardIn(workspace, typed, 'ended'));

  for (const each of words) expect(each).toContain('[redacted]');
  await expectClean();
});

test('a defragmentation that fails shows what etcd said, and no key, value or certificate', async () => {
  const { workspace, ring } = scene;
  const run = await begin(workspace, '/kube defrag prod --all');
  await cardIn(workspace, run, 'waiting-for-people');
  const leader = (await ring.leader()).name;
  const victim = ring.members.find(({ name }) => name !== leader);
  await victim?.kill();
  await workspace.person('approver-1').click({ ...cardOf(run), actionId: 'gate.approve' });
  const card = await cardIn(workspace, run, 'ended');
  await victim?.start();
  await ring.waitHealthy();

  expect(card).toContain('Failed');
  await expectClean();
});

test('a bot in Socket Mode tells nothing either, also while Slack gives it no connection', async () => {
  const { canaries, workspace, socket } = scene;
  const operator = workspace.person('operator');
  async function answer(id: string, line: string): Promise<string> {
    return await answerTo(workspace, 'operator', async () => {
      await socket.send(envelopeOf(id, operator.commandRequest(line)));
    });
  }
  const words = [
    await answer('typed', `/kube status prod ghp_${canaries.typedInSocket}`),
    await answer('times', `/kube schedule prod defrag --cron "token=${canaries.scheduleTimes} * * *" --tz UTC`),
  ];
  const run = await begin(workspace, '/kube defrag prod --all');
  await cardIn(workspace, run, 'waiting-for-people');
  const rejection = `/kube reject ${run} Authorization: Bearer ${canaries.rejectionInSocket}`;
  await socket.send(envelopeOf('rejected', workspace.person('approver-1').commandRequest(rejection)));
  words.push(await cardIn(workspace, run, 'ended'));
  socket.refuseConnections(500, 2);
  for (const link of await socket.standing(2)) link.drop();
  await socket.standing(2);

  expect(socket.tokens.length).toBeGreaterThan(2);
  expect(socket.tokens).toContain(`Bearer xapp-1-A0-${canaries.appToken}`);
  for (const each of words) expect(each).toContain('[redacted]');
  await expectClean();
});

test('what people type that looks like a secret comes out nowhere', async () => {
  const { canaries, workspace } = scene;
  const operator = workspace.person('operator');
  const words = [
    await answerTo(workspace, 'operator', () => operator.command(`/kube status prod ghp_${canaries.typedWord}`)),
    await answerTo(workspace, 'operator', () => operator.mention(`locks Bearer ${canaries.typedMention}`)),
    await answerTo(workspace, 'operator', () => operator.message(`show xoxp-1-${canaries.typedDirect}`)),
  ];
  words.push(
    await answerTo(workspace, 'operator', () => operator.command(`/kube lock prod "password: ${canaries.lockReason}"`)),
    await answerTo(workspace, 'operator', () =>
      operator.command(`/kube freeze prod --until 1h "https://me:${canaries.freezeReason}@vault.example"`),
    ),
  );

  for (const each of words) expect(each).toContain('[redacted]');
  await expectClean();
});

/** Where the card of a run is. */
function cardOf(run: string): { readonly channel: string; readonly ts: string } {
  const card = allCards(scene.workspace).find((each) => each.run === run);
  return { channel: card?.message.channel ?? '', ts: card?.message.ts ?? '' };
}

async function rejectInForm(run: string, reason: string): Promise<void> {
  const { workspace } = scene;
  const approver = workspace.person('approver-1');
  await approver.click({ ...cardOf(run), actionId: 'gate.reject' });
  await approver.submit(await workspace.waitFor('the form', () => approver.view()), { reason });
}

test('an ordinary word is found in every outlet, so the search can find', async () => {
  const { workspace } = scene;
  const operator = workspace.person('operator');
  const marker = { marker: 'ordinary-word-8e9e05c52164694d' };
  await answerTo(workspace, 'operator', () => operator.command('/kube thaw prod'));
  const run = await begin(workspace, '/kube status prod');
  await cardIn(workspace, run, 'ended');
  await answerTo(workspace, 'operator', () => operator.command(`/kube freeze prod --until 1h ${marker.marker}`));
  await expect
    .poll(async () => canariesIn((await scene.findings()).mirror, marker), { timeout: 20_000 })
    .toEqual(['marker']);
  await operator.command('/kube audit prod --export');
  await workspace.waitFor('the export', () =>
    [...workspace.state.files.values()].some(({ content }) => content !== undefined),
  );
  await expect.poll(async () => (await scene.findings()).anchors, { timeout: 20_000 }).not.toBe('');
  const found = await scene.findings();

  expect(canariesIn(found.slack, marker)).toEqual(['marker']);
  expect(canariesIn(found.redis, marker)).toEqual(['marker']);
  expect(found['files in slack']).toContain('[redacted]');
  expect(found['files in slack']).toContain(run);
  expect(found.logs).toContain(run);
  expect(found.http).toContain('drydock_');
  await expectClean();
});
