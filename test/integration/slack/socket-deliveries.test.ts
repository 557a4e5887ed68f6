import { describe, expect, type TestContext, test } from 'vitest';
import { waitFor } from '../../../playground/waiting.ts';
import type { SlackRequest } from '../../../playground/workspace/bot-link.ts';
import {
  envelopeOf,
  type SocketModeConnection,
  type SocketModeServer,
  startSocketModeServer,
} from '../../support/socket-mode-server.ts';
import { startTestBot, type TestBot } from './bot.ts';
import { cardNow, cardsOf, openGateOf, stateOf, target, votesOn, type Waiting } from './waiting-run.ts';

/** Two bot processes of one app, each with its connections. The first one writes the cards. */
interface Pair {
  readonly server: SocketModeServer;
  readonly first: TestBot;
  readonly second: TestBot;
  /** Connections of the first process, then of the second. */
  readonly links: readonly [SocketModeConnection, SocketModeConnection, SocketModeConnection, SocketModeConnection];
}

/** Tests run at the same time here, because a renewed connection takes 5 s: each names its own end. */
async function startPair({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<Pair> {
  const server = await startSocketModeServer();
  const first = await startTestBot({ socketMode: server });
  const ofFirst = await server.standing(2);
  const second = await startTestBot({ socketMode: server, beside: first, projector: false });
  const all = await server.standing(4);
  onTestFinished(async () => {
    await second.stop();
    await first.stop();
    server.stop();
  });
  const [c, d] = all.filter((each) => !ofFirst.includes(each));
  const [a, b] = ofFirst;
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four were to stand');
  return { server, first, second, links: [a, b, c, d] };
}

function commandOf(pair: Pair): SlackRequest {
  return pair.first.workspace.person('operator').commandRequest('/kube defrag prod');
}

async function onlyRun(pair: Pair): Promise<string> {
  return await waitFor('a run', async () => (await pair.first.runIds())[0]);
}

/** Waits for these acknowledgements, in whatever order. */
async function acknowledged(pair: Pair, ids: readonly string[]): Promise<void> {
  await waitFor(`acknowledgements of ${ids.join(', ')}`, () => ids.every((id) => pair.server.acks.includes(id)));
}

async function decided(pair: Pair, run: Waiting): Promise<void> {
  await pair.first.workspace.waitFor('the decision', () => stateOf(cardNow(pair.first, run)) === 'running');
}

/** A run asked for through a connection, at its gate. */
async function runThrough(pair: Pair, link: SocketModeConnection): Promise<Waiting> {
  link.send(envelopeOf('asked', commandOf(pair)));
  return await openGateOf(pair.first, await onlyRun(pair));
}

describe.concurrent('Socket Mode with two processes', () => {
  test('any process carries out what reaches it: command at one, click at the other, modal at the first again', async (context) => {
    const pair = await startPair(context);
    const [a, , c] = pair.links;
    const { workspace } = pair.first;
    const run = await runThrough(pair, c);
    const approver = workspace.person('approver-1');
    c.send(envelopeOf('pressed', approver.clickRequest(target(run, 'gate.reject'))));
    const view = await workspace.waitFor('the modal', () => approver.view());
    const before = workspace.bot.deliveries.length;
    await approver.submit(view, { reason: 'not today' }, { to: 'http://127.0.0.1:1' });
    const submission = workspace.bot.deliveries[before]?.request;
    if (submission === undefined) throw new Error('nothing was submitted');
    a.send(envelopeOf('submitted', submission));
    await workspace.waitFor('the reason', () => JSON.stringify(cardNow(pair.first, run)?.blocks).includes('not today'));

    expect(c.acks.map((ack) => ack.id)).toEqual(['asked', 'pressed']);
    expect(a.acks.map((ack) => ack.id)).toEqual(['submitted']);
    expect(cardsOf(pair.first)).toHaveLength(1);
    expect(pair.second.calls.map((call) => call.method)).toContain('views.open');
    expect(pair.second.calls.map((call) => call.method)).not.toContain('chat.postMessage');
  });

  test('an envelope delivered on both connections of a process, and to another one, makes one run and one vote', async (context) => {
    const pair = await startPair(context);
    const [a, b, c, d] = pair.links;
    const request = commandOf(pair);
    for (const [index, link] of [a, b, c, d].entries()) link.send(envelopeOf(`asked-${index}`, request, 0));
    await acknowledged(pair, ['asked-0', 'asked-1', 'asked-2', 'asked-3']);
    const run = await openGateOf(pair.first, await onlyRun(pair));
    const click = pair.first.workspace.person('approver-1').clickRequest(target(run, 'gate.approve'));
    for (const [index, link] of [d, a, b].entries()) link.send(envelopeOf(`pressed-${index}`, click));
    await decided(pair, run);
    await acknowledged(pair, ['pressed-0', 'pressed-1', 'pressed-2']);
    await pair.second.stop();

    expect(await pair.first.runIds()).toEqual([run.runId]);
    expect(cardsOf(pair.first)).toHaveLength(1);
    expect(await votesOn(pair.first, run.runId)).toHaveLength(1);
    // Whoever pressed once is not told that it was decided already.
    const told = pair.first.workspace.person('approver-1').sees('C0OPS');
    expect(told.filter((message) => message.ephemeralFor !== undefined)).toEqual([]);
  });

  test('a mention that Slack delivers again, because it saw no acknowledgement, makes one run', async (context) => {
    const pair = await startPair(context);
    const [a, , c] = pair.links;
    const { workspace } = pair.first;
    await workspace.person('operator').mention('defrag prod', { to: 'http://127.0.0.1:1' });
    const request = workspace.bot.deliveries.at(-1)?.request;
    if (request === undefined) throw new Error('nothing was sent');
    for (const retry of [0, 1, 2, 3]) (retry === 2 ? c : a).send(envelopeOf(`told-${retry}`, request, retry));
    await acknowledged(pair, ['told-0', 'told-1', 'told-2', 'told-3']);
    const run = await onlyRun(pair);
    await workspace.waitFor('the card', () => cardsOf(pair.first).length > 0);
    await openGateOf(pair.first, run);

    expect(await pair.first.runIds()).toEqual([run]);
    expect(cardsOf(pair.first)).toHaveLength(1);
  });

  test.for(['warning', 'refresh_requested'] as const)(
    'Slack renews a connection (%s): the others take what comes, and a new one stands soon',
    async (reason, context) => {
      const pair = await startPair(context);
      const [a, b] = pair.links;
      a.disconnect(reason);
      await pair.server.standing(3);
      b.send(envelopeOf('meanwhile', commandOf(pair)));
      const run = await onlyRun(pair);
      await acknowledged(pair, ['meanwhile']);
      const all = await pair.server.standing(4);
      const approve = pair.first.workspace.person('approver-1');
      const waiting = await openGateOf(pair.first, run);
      all.at(-1)?.send(envelopeOf('later', approve.clickRequest(target(waiting, 'gate.approve'))));
      await decided(pair, waiting);

      expect(all.at(-1)).toBe(pair.server.connections[4]);
      expect(pair.server.connections[4]?.acks.map((ack) => ack.id)).toEqual(['later']);
    },
  );

  test('a connection that breaks before the acknowledgement: the envelope comes again elsewhere, one run is made', async (context) => {
    const pair = await startPair(context);
    const [a, , c] = pair.links;
    const request = commandOf(pair);
    a.send(envelopeOf('asked', request));
    a.drop();
    c.send(envelopeOf('asked', request, 1));
    const run = await onlyRun(pair);
    const all = await pair.server.standing(4);
    all.at(-1)?.send(envelopeOf('asked-again', request, 2));
    await acknowledged(pair, ['asked', 'asked-again']);
    await openGateOf(pair.first, run);

    expect(await pair.first.runIds()).toEqual([run]);
    expect(cardsOf(pair.first)).toHaveLength(1);
  });

  test('Slack gives no connection for a while: the process tries until it does', async (context) => {
    const pair = await startPair(context);
    const [a, b, c, d] = pair.links;
    pair.server.refuseConnections(500, 2);
    for (const link of [a, b, c, d]) link.drop();
    await pair.server.standing(4);
    const run = await waitingThrough(pair);

    expect(cardNow(pair.first, run)).toBeDefined();
  });

  test('envelopes are acknowledged while Slack answers none of our calls', async (context) => {
    const pair = await startPair(context);
    const [a, , c] = pair.links;
    pair.first.workspace.faults.set('*', { kind: 'hang' });
    const person = pair.first.workspace.person('operator');
    a.send(envelopeOf('form', person.commandRequest('/kube')));
    c.send(envelopeOf('elsewhere', person.commandRequest('/kube status prod', { channel: 'C0RANDOM' })));
    await acknowledged(pair, ['form', 'elsewhere']);
    pair.first.workspace.faults.clear();

    expect([...pair.first.acks, ...pair.second.acks].map((ack) => ack.kind)).toEqual(['command', 'command']);
    expect(a.acks.map((ack) => ack.payload)).toEqual([{}]);
  });
});

async function waitingThrough(pair: Pair): Promise<Waiting> {
  await pair.server.send(envelopeOf('asked', commandOf(pair)));
  return await openGateOf(pair.first, await onlyRun(pair));
}
